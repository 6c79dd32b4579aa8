/* What the path player shows of an attack: the payload of malt_core/attack_run/player.py. */

import { measured, straightness } from "./words.js";

const TOP = 5;
const MOST = 256; // times that the change is amplified

function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** Planes (3, H, W) in [0, 1] to (H, W, 3) in steps of 1/255, not rounded. */
function interleaved(x) {
  const plane = x.length / 3;
  return Float32Array.from(x, (_, i) => 255 * x[(i % 3) * plane + Math.floor(i / 3)]);
}

/** The largest power of two that keeps the change in the range of colours. */
function amplification(largest) {
  if (!largest) return 1;
  return Math.min(MOST, Math.max(1, 2 ** Math.floor(Math.log2(128.5 / 255 / largest))));
}

function delta(before, after) {
  if (after.every((value) => Math.abs(value - Math.round(value)) < 1e-3)) {
    const change = Int16Array.from(after, (value, i) => Math.round(value) - Math.round(before[i]));
    const small = change.every((value) => Math.abs(value) <= 127);
    const stored = small ? Int8Array.from(change) : change;
    return { delta: base64(new Uint8Array(stored.buffer)), delta_type: small ? "int8" : "int16" };
  }
  const change = Float32Array.from(after, (value, i) => (value - before[i]) / 255);
  return { delta: base64(new Uint8Array(change.buffer)), delta_type: "float32" };
}

/** found: what the worker returned. about: {facts, name, settings, record}. */
export function playerPayload(found, { facts, name, settings, record }) {
  const { way } = found;
  const before = interleaved(found.pixels.original);
  const after = interleaved(found.pixels.adversarial);
  const likeliest = (row) => [...row.keys()].sort((a, b) => row[b] - row[a]).slice(0, TOP);
  const classes = [...new Set([found.label, way.target, ...way.probabilities.flatMap(likeliest)])].sort((a, b) => a - b);
  const named = (index) => ({ index, name: facts.classes[index] });
  const crossing = way.trueCrossing ?? way.predictedCrossing;
  const near = crossing ? way.t.find((t) => t >= 2 * crossing - 1e-9) ?? way.t.at(-1) : way.t.at(-1);
  const end = found.success ? "adversarial image" : "attack's closest try";
  const [label, target] = [facts.classes[found.label], facts.classes[way.target]];
  return {
    id: `${record.image.sha256.slice(0, 8)}-${performance.now()}`,
    width: found.width,
    height: found.height,
    original: base64(Uint8Array.from(before, Math.round)),
    ...delta(before, after),
    amplification: amplification(found.largestChange),
    t: way.t,
    true_margin: way.truth,
    linear_margin: way.line,
    classes: classes.map(named),
    probabilities: way.probabilities.map((row) => classes.map((index) => row[index])),
    label: named(found.label),
    target: named(way.target),
    near,
    crossings: { true: way.trueCrossing, predicted: way.predictedCrossing },
    eps: settings.eps,
    norm: settings.norm,
    success: found.success,
    model: facts.title,
    image: name,
    straightness: straightness(record.linearity),
    numbers: measured(record.linearity),
    alt: {
      original: `The original, ${name}, as the model sees it: ${found.width} × ${found.height} pixels.`,
      perturbation: "What the attack added to the original, magnified; grey means unchanged.",
      adversarial: `The ${end}: the original with the perturbation added, not magnified.`,
      chart: `Margin of ${label} over ${target} from the original to the ${end} and beyond: what the model really `
        + `answers, and the straight-line prediction. ${straightness(record.linearity)}`,
    },
  };
}
