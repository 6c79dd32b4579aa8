/* Where networks compute, so that the page stays awake. Messages in: {id, do, ...}; out: {id, event} any number of
   times, then {id, done} or {id, failed}. One thing at a time, in the order of asking; `stop` comes at once. */

import * as ort from "../runtime/ort.wasm.bundle.min.js";
import { digestOf } from "../client/loading.js";
import { playerPayload } from "../client/payload.js";
import { runRecord } from "../client/record.js";
import { attack } from "./attack.js";
import { similarity } from "./likeness.js";
import { measured } from "./linearity.js";
import { largest, softmax } from "./logits.js";
import { openNetwork } from "./network.js";
import { Passes } from "./passes.js";
import { centred, toPixels, toPlanes } from "./resize.js";

const networks = new Map();
const signals = new Map();
const memories = [];
let turn = Promise.resolve();

/* WebAssembly's memory never shrinks; what was taken is told to whoever asks. */
const Memory = WebAssembly.Memory;
WebAssembly.Memory = function (...how) {
  const memory = new Memory(...how);
  memories.push(memory);
  return memory;
};
WebAssembly.Memory.prototype = Memory.prototype;

const DO = {
  start({ wasm }) {
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.proxy = false;
    ort.env.wasm.wasmBinary = wasm;
    ort.env.logLevel = "fatal";
  },

  async open({ key, bytes }) {
    const network = networks.get(key) ?? (await openNetwork(ort, new Uint8Array(bytes)));
    networks.set(key, network);
    return network.facts;
  },

  async close({ key }) {
    await networks.get(key)?.close();
    networks.delete(key);
  },

  async answers({ key, image, top }) {
    const network = networks.get(key);
    const rgba = centred(image, network);
    const shares = softmax(await new Passes(network).logits(toPlanes(rgba)));
    const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, top);
    const named = order.map((index) => ({ index, name: network.classes[index], confidence: shares[index] }));
    return { top: named, image: { data: rgba, width: network.width, height: network.height } };
  },

  async attack({ key, image, settings, about }, tell, signal) {
    const began = performance.now();
    const network = networks.get(key);
    const rgba = centred(image, network);
    const x0 = toPlanes(rgba);
    const asks = new Passes(network, signal);
    const z = await asks.logits(x0);
    const label = largest(z);
    const shares = softmax(z);
    const { slopes, x, ...found } = await attack(asks, x0, z, settings, ({ x: at, ...event }) => {
      const picture = event.kind === "step" ? toPixels(at) : undefined;
      tell({ ...event, picture, x: settings.starts && at }); // the exact point for comparisons alone
    });
    const target = found.success ? found.answer : found.target?.index;
    const way = await measured(asks, x0, z, x, label, target, slopes, tell);
    const all = {
      ...found, label, way, confidence: { before: shares[label], after: found.confidence },
      top: [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 5)
        .map((index) => ({ index, confidence: shares[index] })),
      original: rgba, adversarial: toPixels(x), pixels: { original: x0, adversarial: x },
      width: network.width, height: network.height,
      similarity: similarity(x0, x, network.channels, network.height, network.width),
      largestChange: x.reduce((most, value, i) => Math.max(most, Math.abs(value - x0[i])), 0),
      forward: asks.forward, backward: asks.backward, seconds: (performance.now() - began) / 1000,
    };
    const digest = await digestOf(rgba.filter((_, i) => i % 4 !== 3));
    const record = runRecord(all, { ...about, settings, facts: network.facts, digest });
    return { ...all, record, player: playerPayload(all, { ...about, settings, facts: network.facts, record }) };
  },

  memory() {
    return memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  },
};

self.onmessage = ({ data: { id, do: what, ...rest } }) => {
  if (what === "stop") {
    const signal = signals.get(rest.which);
    if (signal) signal.stopped = true;
    return;
  }
  const signal = { stopped: false };
  signals.set(id, signal);
  turn = turn.then(async () => {
    try {
      const done = await DO[what](rest, (event) => self.postMessage({ id, event }), signal);
      self.postMessage({ id, done });
    } catch (error) {
      self.postMessage({ id, failed: { name: error.name, message: String(error.message ?? error) } });
    } finally {
      signals.delete(id);
    }
  });
};
