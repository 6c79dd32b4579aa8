/* "Compute in this browser" on the Attack page: the engine in a worker of the reader's browser, as a component of
   Streamlit. The server sends settings, picture and addresses once, and is sent the result once. */

import { Engine } from "../client/engine.js";
import { bytesOf } from "../client/loading.js";

const SOON = 500; // milliseconds in which Streamlit may draw the component again before its work is ended
const MIB = 2 ** 20;
const SHOWN = 224; // pixels on screen, as far as whole factors reach

const kept = (globalThis.maltInApp ??= { runs: new Map() });

/** Where the app lies, whatever page of it is open, under any path. */
function appBase() {
  const script = document.querySelector('script[src*="static/js/"]');
  return script ? new URL("../../", script.src) : new URL(".", location.href);
}

/** One for all attacks of this tab, so that a network is loaded once. */
function engineOf({ wasm, worker, network, version }) {
  const base = appBase();
  const makeWorker = async () => {
    const script = new Blob([await bytesOf(worker, base)], { type: "text/javascript" });
    return new Worker(URL.createObjectURL(script));
  };
  kept.engine ??= new Engine({ wasm, networks: [], base, makeWorker, version });
  Object.assign(kept.engine, { wasm, makeWorker });
  kept.engine.networks = [...kept.engine.networks.filter(({ id }) => id !== network.id), network];
  return kept.engine;
}

function base64(floats) {
  const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

function imageOf({ pixels, width, height }) {
  const rgb = atob(pixels);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = rgb.charCodeAt(3 * i + c);
    image.data[4 * i + 3] = 255;
  }
  return image;
}

class Run {
  constructor(data) {
    Object.assign(this, { data, trace: [], classes: [], targets: 1, share: 0, text: "Starting …", error: "" });
    this.abort = new AbortController();
    this.image = imageOf(data.image);
    this.done = this.#work();
  }

  async #work() {
    const { settings, files, model } = this.data;
    try {
      const engine = engineOf(files);
      engine.onLoading = ({ loaded, total }) => {
        const share = 0.1 * (loaded / total);
        this.#say(`Loading what computes: ${(loaded / MIB).toFixed(1)} of ${(total / MIB).toFixed(1)} MB …`, share);
      };
      const { classes } = await engine.open(model);
      this.classes = classes;
      const signal = this.abort.signal;
      const onStep = (event) => this.#heard(event);
      const found = await engine.attack({ ...settings, model, image: this.image, signal, onStep });
      this.#say("Done.", 1);
      const { classes: named, probabilities } = found.player;
      const adversarial = base64(found.pixels.adversarial);
      const { near } = found.player;
      this.#tell("result", { record: found.record, classes: named, probabilities, near, adversarial, trace: this.trace });
    } catch (error) {
      if (error.name === "AbortError") this.#tell("stopped", { steps: this.trace.length });
      else this.#fail(error);
    }
  }

  #fail(error) {
    const memory = /out of memory|memory|allocation/i.test(String(error.message));
    this.error = memory
      ? "This browser has not enough memory for this network. Close other tabs and try again, or compute on the server."
      : String(error.message ?? error);
    this.#draw();
  }

  #heard(event) {
    if (event.kind === "ranking") {
      const share = 0.1 + 0.15 * (event.done / event.total);
      this.#say(`Measuring how far ${event.total} wrong classes are (${event.done} done) …`, share);
    } else if (event.kind === "ranked") this.targets = event.targets;
    else if (event.kind === "way") this.#say("Measuring how straight the way was …", 0.9 + (0.1 * event.done) / event.total);
    else if (event.kind === "step") {
      const { target, order, round, step, most } = event;
      const { margin: true_margin, linear: linear_margin, bestMargin: best_margin } = event;
      this.trace.push({ target, order, round, step, most, true_margin, linear_margin, best_margin });
      this.now = event.picture;
      const part = (order - 1 + Math.min(1, step / Math.max(1, most))) / this.targets;
      const share = Math.max(this.share, 0.25 + 0.65 * (1 - 2 ** (1 - round) + part * 2 ** -round));
      const lead = true_margin.toFixed(2);
      const name = this.classes[target];
      this.#say(`Target ${order} of ${this.targets}: “${name}”, step ${step} of at most ${most}. `
        + `Lead over it (margin): ${lead} logits`, share);
    }
  }

  #say(text, share) {
    Object.assign(this, { text, share });
    this.#draw();
  }

  #tell(name, value) {
    this.told = [name, value];
    this.setTriggerValue?.(name, value);
  }

  show(root, setTriggerValue) {
    Object.assign(this, { root, setTriggerValue });
    root.querySelector(".mb-stop").onclick = () => {
      this.abort.abort();
      this.#say("Stopping …", this.share);
    };
    root.querySelector(".mb-server").onclick = () => setTriggerValue("server", true);
    const { width, height } = this.image;
    for (const canvas of root.querySelectorAll("canvas")) {
      Object.assign(canvas, { width, height });
      canvas.style.width = `${width * Math.max(1, Math.floor(SHOWN / width))}px`;
      canvas.getContext("2d").putImageData(this.image, 0, 0);
    }
    root.querySelector(".mb-before").setAttribute("aria-label", this.data.alt);
    this.#draw();
  }

  #draw() {
    const { root } = this;
    if (!root) return;
    const part = (name) => root.querySelector(`.mb-${name}`);
    part("text").textContent = this.error ? "" : this.text;
    part("error").textContent = this.error;
    part("progress").value = this.share;
    part("progress").hidden = part("stop").hidden = Boolean(this.error);
    part("server").hidden = !this.error;
    if (!this.now) return;
    part("now").hidden = false;
    const { width, height } = this.image;
    part("after").getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(this.now), width, height), 0, 0);
  }

  /** Nobody looks any more. */
  end() {
    Object.assign(this, { root: null, setTriggerValue: null });
    this.abort.abort();
  }
}

/** Streamlit draws the component; the same attack again goes on. Returns what Streamlit calls when it is taken away. */
export function mount({ data, parentElement, setTriggerValue }) {
  if (!kept.runs.has(data.id)) kept.runs.set(data.id, new Run(data));
  const run = kept.runs.get(data.id);
  run.show(parentElement.querySelector(".malt-browser"), setTriggerValue);
  const call = (run.calls = (run.calls ?? 0) + 1);
  return () => setTimeout(() => {
    if (run.calls !== call) return;
    run.end();
    kept.runs.delete(data.id);
  }, SOON);
}
