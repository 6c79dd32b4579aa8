/* The page of `malt site`: choose, look, attack, take away. Everything that computes is in ../engine, in a worker. */

import { Engine, pixelsOf } from "../client/engine.js";
import { bytesOf, lacking, unpacked64 } from "../client/loading.js";
import { percent } from "../client/words.js";
import { showResult, showVerdict } from "./result.js";
import { address, options, readAddress, showUnit, suggested } from "./state.js";

const element = (id) => document.getElementById(id);
const site = JSON.parse(element("site-data").textContent);
const base = new URL(".", location.href);

function makeWorker() {
  const inside = document.getElementById("file:worker");
  if (!inside) return new Worker(new URL("../engine/worker.js", import.meta.url), { type: "module" });
  const script = new Blob([unpacked64(inside.textContent)], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(script));
}

const engine = new Engine({ wasm: site.wasm, networks: site.networks, base, version: site.version, makeWorker });
window.malt = engine;
for (const name of ["attack", "classify", "open", "memory"]) engine[name] = engine[name].bind(engine);

/* What is seen now. photo: {id, name, credit, truth, image}; truth: what is known of it; shown: the result. */
const now = { photo: null, truth: null, shown: null, running: null, looks: 0 };

function say(text) {
  element("status").textContent = text;
}

function problem(error) {
  element("problem").textContent = error ? error.message : "";
  if (error) {
    say("");
    element("progress").hidden = true;
  }
}

function bar(value, max) {
  Object.assign(element("progress"), { hidden: value >= max, value, max });
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
engine.onLoading = ({ loaded, total }) => {
  say(loaded < total ? `Loading the network: ${megabytes(loaded)} of ${megabytes(total)} MB` : "Loaded.");
  bar(loaded, total);
};

/** The photograph of the gallery, decoded once. */
async function photoOf(id) {
  const photo = site.photos.find((one) => one.id === id);
  photo.image ??= await pixelsOf(new Blob([await bytesOf(photo.file, base)], { type: photo.type }));
  return photo;
}

function knownTruth() {
  const known = now.photo?.truth?.[element("model").value];
  return known ?? null;
}

/** Shows what the network says of the photograph. */
async function look() {
  const mine = ++now.looks;
  const { photo } = now;
  now.truth = knownTruth();
  const { top, image } = await engine.classify({ image: photo.image, model: element("model").value });
  if (mine !== now.looks) return;
  const canvas = Object.assign(element("seen"), { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  canvas.classList.toggle("crisp", image.width < 200);
  canvas.setAttribute("aria-label", `${photo.name}, as the network sees it: ${image.width} × ${image.height} pixels.`);
  element("top").replaceChildren(...top.map(({ name, confidence }) => {
    const row = document.createElement("li");
    const [words, share, mark] = ["span", "span", "i"].map((kind) => document.createElement(kind));
    [words.textContent, share.textContent] = [name, percent(confidence)];
    mark.style.width = `${100 * confidence}%`;
    row.append(words, share, mark);
    return row;
  }));
  element("ask").hidden = now.truth !== null;
  now.answer = top[0].index;
  element("answers").hidden = false;
  if (!now.running) say(`The network says ${top[0].name}.`);
}

async function choose(photo) {
  problem(null);
  if (now.photo) now.running?.abort(); // what is looked at now is another picture
  now.photo = photo;
  await look();
}

/** What the page does when it is asked to; any error becomes a sentence. */
function doing(work) {
  return async (...given) => {
    try {
      await work(...given);
    } catch (error) {
      if (error.name === "AbortError") say("Stopped.");
      else problem(error);
    }
  };
}

function told(event) {
  if (event.kind === "ranking") {
    say(`Ranking the wrong classes: ${event.done} of ${event.total}`);
    bar(event.done, event.total);
  } else if (event.kind === "step") {
    say(`Target ${event.order}, step ${event.step}: the first answer leads by ${event.bestMargin.toFixed(2)}`);
    bar(event.step, Math.max(event.most, event.step + 1));
  } else if (event.kind === "way") {
    say(`Following the margin along the way: ${event.done} places`);
    bar(event.done, event.total);
  }
}

const run = doing(async () => {
  problem(null);
  now.running?.abort();
  const asked = options();
  const running = (now.running = new AbortController());
  element("stop").hidden = false;
  try {
    if (!now.photo) await choose(await photoOf(element("photos").querySelector(":checked").value));
    const { truth, photo } = now;
    const { name, credit, image } = photo;
    const found = await engine.attack({ ...asked, image, name, credit, signal: running.signal, onStep: told });
    const { record, player, original, adversarial } = found;
    now.shown = { record, player, original, adversarial, photo };
    showResult(now.shown, "Computed on this device", truth, again);
    say(`Done in ${found.seconds.toFixed(1)} s.`);
  } finally {
    if (now.running === running) {
      now.running = null;
      element("stop").hidden = true;
      element("progress").hidden = true;
    }
  }
});

function again(eps) {
  element("eps").value = String(Number((element("norm").value === "linf" ? 255 * eps : eps).toPrecision(6)));
  run();
}

/* ---- the form ---- */

function fill() {
  element("model").replaceChildren(...site.networks.map(({ id, title }) => new Option(title, id)));
  const radios = site.photos.map((photo) => {
    const label = document.createElement("label");
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: "photo", value: photo.id });
    const picture = Object.assign(document.createElement("img"), { src: photo.thumbnail, alt: photo.name });
    radio.addEventListener("change", doing(async () => choose(await photoOf(photo.id))));
    label.append(radio, picture);
    return label;
  });
  element("photos").append(...radios);
  element("licences").textContent = site.licences;
}

function listen() {
  for (const input of document.querySelectorAll(".own input")) {
    input.addEventListener("change", doing(async () => {
      const [file] = input.files;
      if (!file) return;
      const image = await pixelsOf(file);
      input.value = "";
      const checked = element("photos").querySelector(":checked");
      if (checked) checked.checked = false;
      await choose({ id: "", name: file.name, credit: "", image });
    }));
  }
  element("settings").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  element("settings").noValidate = true;
  element("stop").addEventListener("click", () => now.running?.abort());
  element("model").addEventListener("change", doing(async () => {
    const model = site.networks.find(({ id }) => id === element("model").value);
    element("eps").value = suggested(model);
    if (now.photo) await look();
  }));
  element("norm").addEventListener("change", () => {
    showUnit();
    element("eps").value = suggested(site.networks.find(({ id }) => id === element("model").value));
  });
  element("ask").addEventListener("click", ({ target }) => {
    if (!target.dataset.right) return;
    now.truth = target.dataset.right === "yes" ? [now.answer] : [];
    element("ask").hidden = true;
    const { shown } = now;
    if (shown?.photo === now.photo && shown.record.label.index === now.answer) showVerdict(shown.record, now.truth);
  });
  element("copy").addEventListener("click", doing(async () => {
    const link = address(now.photo ? now.photo.id : element("photos").querySelector(":checked")?.value);
    await navigator.clipboard.writeText(link).catch(() => window.prompt("The link:", link));
    element("copied").textContent = now.photo?.id === "" ? "Copied; your own photograph is not in it." : "Copied.";
  }));
  if (!matchMedia("(pointer: coarse)").matches) element("camera").hidden = true;
}

/** Tells a page around this one how high it is. */
function tellHeight() {
  if (parent === window) return;
  const tell = () => parent.postMessage({ type: "malt-height", height: document.documentElement.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
}

async function pixelsOfPng(text) {
  const { data, width, height } = await pixelsOf(new Blob([unpacked64(text)], { type: "image/png" }));
  return new ImageData(data, width, height);
}

async function showExample() {
  const { example } = site;
  const [original, adversarial] = await Promise.all([example.original_png, example.adversarial_png].map(pixelsOfPng));
  showResult({ ...example, original, adversarial }, "An example, computed beforehand", example.truth, again);
}

const start = doing(async () => {
  fill();
  const asked = readAddress(location.search, site);
  listen();
  document.documentElement.classList.toggle("embed", asked.embed);
  element("photos").querySelector(`[value="${CSS.escape(asked.photo)}"]`).checked = true;
  await showExample();
  tellHeight();
  const lack = lacking();
  if (lack) throw new Error(lack);
  if (asked.run) {
    await choose(await photoOf(asked.photo));
    await run();
  } else if (!asked.embed && !navigator.connection?.saveData) await choose(await photoOf(asked.photo));
});
start();
