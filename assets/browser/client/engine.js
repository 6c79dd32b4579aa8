/* The engine as a page sees it: networks by id, loaded when first asked for, computed with in a worker.
   Needs no element of the page, so that any page can have it (window.malt on the site; another way in the app). */

import { bytesOf, gunzipped, lacking } from "./loading.js";

const NORMS = ["linf", "l2"];
const DEFAULTS = { norm: "linf", targets: 9, candidates: 20, steps: 100, budget: "malt", start: 0 };
const LARGEST_SIDE = 4096; // pixels: more than a network ever sees, less than a phone's canvas breaks at

export class Engine {
  /**
   * files: {wasm, networks}: each file {name, bytes, sha256}; a network also {id, title, suggested_eps, size}.
   * base: the address that names are relative to. makeWorker: returns a Worker of worker.js. read: where files come
   * from otherwise, from a file and a listener for bytes to a Promise of its Uint8Array.
   */
  constructor({ wasm, networks, base, makeWorker, version = "", read = (file, told) => bytesOf(file, base, told) }) {
    Object.assign(this, { wasm, networks, makeWorker, version, read });
    this.calls = new Map();
    this.opened = new Map();
    this.number = 0;
    this.onLoading = () => {};
  }

  /** The facts of a network (classes, shape, ...), loaded if it is not there yet. */
  open(id = this.networks[0].id) {
    const file = this.networks.find((network) => network.id === id);
    if (!file) {
      const known = this.networks.map((network) => network.id).join(", ");
      return Promise.reject(new Error(`There is no network “${id}” here. There are: ${known}.`));
    }
    if (!this.opened.has(id)) {
      this.opened.set(id, this.#load(file).catch((error) => {
        this.opened.delete(id);
        throw error;
      }));
    }
    return this.opened.get(id);
  }

  async #load(file) {
    const lack = lacking();
    if (lack) throw new Error(lack);
    const loaded = { wasm: this.started ? this.wasm.bytes : 0, network: 0 };
    const total = this.wasm.bytes + file.bytes;
    const told = (what) => (bytes) => {
      loaded[what] = bytes;
      this.onLoading({ loaded: loaded.wasm + loaded.network, total });
    };
    this.started ??= this.#start(told("wasm"));
    this.started.catch(() => { this.started = undefined; });
    const [bytes] = await Promise.all([this.read(file, told("network")), this.started]);
    const facts = await this.#ask("open", { key: file.id, bytes: bytes.buffer }, { transfer: [bytes.buffer] });
    this.onLoading({ loaded: total, total });
    return facts;
  }

  async #start(told) {
    const packed = await this.read(this.wasm, told);
    const wasm = (await gunzipped(packed)).buffer;
    this.worker = await this.makeWorker();
    this.worker.onmessage = ({ data }) => this.#heard(data);
    this.worker.onerror = (event) => {
      const error = new Error(`The worker of this page failed: ${event.message ?? "it could not be started"}.`);
      for (const { fail } of this.calls.values()) fail(error);
      this.calls.clear();
      this.opened.clear();
      this.started = this.worker = undefined;
    };
    await this.#ask("start", { wasm }, { transfer: [wasm] });
  }

  #heard({ id, event, failed, done }) {
    const call = this.calls.get(id);
    if (!call) return;
    if (event) return call.onEvent?.(event);
    this.calls.delete(id);
    if (failed) call.fail(Object.assign(new Error(failed.message), { name: failed.name }));
    else call.go(done);
  }

  #ask(what, rest, { transfer = [], onEvent, signal } = {}) {
    const id = ++this.number;
    return new Promise((go, fail) => {
      this.calls.set(id, { go, fail, onEvent });
      this.worker.postMessage({ id, do: what, ...rest }, transfer);
      signal?.addEventListener("abort", () => this.worker.postMessage({ do: "stop", which: id }), { once: true });
    });
  }

  /** What a network says of an image: {top: [{index, name, confidence}], image: ImageData at its size}. */
  async classify({ image, model, top = 5 }) {
    const facts = await this.open(model);
    const { data, width, height } = await pixelsOf(image);
    const found = await this.#ask("answers", { key: facts.id, image: { data, width, height }, top });
    return { top: found.top, image: new ImageData(found.image.data, found.image.width, found.image.height) };
  }

  /**
   * Attacks an image. See docs/browser.md for options and result. Rejects with an Error whose message is for people:
   * of the name AbortError where options.signal has ended the work.
   */
  async attack(options) {
    const settings = checked(options);
    const facts = await this.open(options.model);
    const image = await pixelsOf(options.image);
    options.signal?.throwIfAborted();
    settings.eps ??= facts.suggested_eps;
    const about = { name: options.name ?? "picture", credit: options.credit ?? "", version: this.version };
    const found = await this.#ask("attack", { key: facts.id, image, settings, about }, {
      signal: options.signal,
      onEvent: (event) => options.onStep?.(event),
    });
    return resultOf(found, facts);
  }

  /** How many bytes of WebAssembly's memory the worker has taken. */
  memory() {
    return this.worker ? this.#ask("memory", {}) : Promise.resolve(0);
  }
}

/** The settings among the options, complete. Throws an Error for people where one is out of range. */
export function checked(options) {
  const settings = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) if (options[name] !== undefined) settings[name] = options[name];
  settings.eps = options.eps;
  if (!NORMS.includes(settings.norm)) throw new Error(`Unknown norm “${settings.norm}”: choose linf or l2.`);
  if (settings.eps !== undefined) checkEps(settings.eps, settings.norm);
  for (const [name, most] of [["targets", 1000], ["candidates", 100000], ["steps", 10000]]) {
    if (!Number.isInteger(settings[name]) || settings[name] < 1 || settings[name] > most) {
      throw new Error(`${name} must be a whole number from 1 to ${most}, not ${settings[name]}.`);
    }
  }
  if (!["malt", "published"].includes(settings.budget)) {
    throw new Error(`Unknown budget “${settings.budget}”: choose malt or published.`);
  }
  const { start, ...others } = settings;
  if (start instanceof Map) return { ...others, seed: 0, starts: start };
  if (!Number.isInteger(start) || start < 0) throw new Error("start must be a whole number, or a Map of images.");
  return { ...others, seed: start };
}

export function checkEps(eps, norm) {
  if (typeof eps !== "number" || !Number.isFinite(eps)) throw new Error("ε must be a number, such as 4/255.");
  if (eps <= 0) throw new Error("ε is 0 or less, but an attack needs room to move: give a value over 0, such as 4/255.");
  if (norm === "linf" && eps > 1) {
    throw new Error(`ε is ${eps}, but colour values run from 0 to 1: in steps of an 8-bit picture write 4/255.`);
  }
}

/** The pixels {data, width, height} of an ImageData, an <img>, a bitmap, a Blob or a data address. */
export async function pixelsOf(image) {
  if (typeof image === "string") return pixelsOf(await (await fetch(image)).blob());
  if (image instanceof Blob) return ofBitmap(await decoded(image), true);
  if (image?.data instanceof Uint8ClampedArray) return { data: image.data, width: image.width, height: image.height };
  if (image instanceof HTMLImageElement) {
    await image.decode();
    return ofBitmap(await createImageBitmap(image), true);
  }
  if (image instanceof ImageBitmap || image instanceof HTMLCanvasElement) return ofBitmap(image, false);
  throw new Error("image must be an ImageData, an <img>, a canvas, a Blob or a data address.");
}

async function decoded(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  } catch {
    const heic = /hei[cf]/i.test(`${blob.type} ${blob.name ?? ""}`);
    throw new Error(heic
      ? "This browser does not read HEIC pictures. Save it as JPEG or PNG first, or use a browser that does (Safari)."
      : `${blob.name ?? "This file"} is no picture that this browser reads: take a JPEG, PNG or WebP file.`);
  }
}

function ofBitmap(bitmap, close) {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  if (close) bitmap.close();
  const { data } = pen.getImageData(0, 0, width, height);
  return { data, width, height };
}

function resultOf(found, facts) {
  const picture = (data) => new ImageData(data, found.width, found.height);
  const { record, player } = found;
  return {
    label: found.label, adversarialLabel: found.answer, target: found.target?.index ?? null, names: facts.classes,
    success: found.success, targets: record.ranking, steps: found.steps, stepsTotal: found.stepsTotal,
    t: found.way.t, margin: found.way.truth, linear: found.way.line,
    original: picture(found.original), adversarial: picture(found.adversarial), pixels: found.pixels,
    seconds: found.seconds, engine: "wasm", survivesPng: found.survivesPng, record, player,
  };
}
