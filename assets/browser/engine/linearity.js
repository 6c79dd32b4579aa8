/* How straight the margin falls on the way x(t) = clip(x0 + t (x_adv - x0), 0, 1): the linear prediction against the
   truth. As malt_core/linearity/measurement.py, at fewer places. */

import { slopeOf } from "./apgd.js";
import { along } from "./attack.js";
import { largest, softmax } from "./logits.js";

const COARSE = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5];
const FINE = 16; // places up to twice the crossing

export function pointAt(x0, x1, t) {
  return x0.map((value, i) => Math.min(1, Math.max(0, value + t * (x1[i] - value))));
}

/** The first t at which a margin reaches 0, by straight lines between the places; null if it never does. */
export function firstCrossing(t, margin) {
  if (margin[0] <= 0) return t[0];
  for (let i = 1; i < t.length; i++) {
    if (margin[i] <= 0) return t[i - 1] + ((t[i] - t[i - 1]) * margin[i - 1]) / (margin[i - 1] - margin[i]);
  }
  return null;
}

/** Follows the margin of y over `target` from x0 to x1 and beyond. slopes: known margins and gradients at x0. */
export async function measured(asks, x0, z0, x1, y, target, slopes, tell) {
  const slope = slopes.get(target) ?? (await slopeOf(asks, z0, x0, y, target));
  const places = new Map();
  let total = COARSE.length + FINE;
  const look = async (t) => {
    if (places.has(t)) return;
    const x = pointAt(x0, x1, t);
    const z = t === 0 ? z0 : await asks.logits(x);
    places.set(t, { z, truth: z[y] - z[target], line: along(slope, x, x0) });
    tell({ kind: "way", done: places.size, total });
  };
  for (const t of COARSE) await look(t);
  const column = (name) => sorted(places).map(([, place]) => place[name]);
  const coarse = sorted(places).map(([t]) => t);
  const crossing = firstCrossing(coarse, column("truth"));
  const until = crossing ? Math.min(2 * crossing, COARSE.at(-1)) : COARSE.at(-1);
  for (let i = 1; i <= FINE; i++) await look(Number(((until * i) / FINE).toFixed(6)));
  const all = sorted(places);
  return report(all.map(([t]) => t), column("truth"), column("line"), all.map(([, { z }]) => softmax(z)), target);
}

function sorted(places) {
  return [...places].sort(([a], [b]) => a - b);
}

export function report(t, truth, line, probabilities, target) {
  const crossing = firstCrossing(t, truth);
  const [r2, deviation] = fitUntil(1, t, truth, line);
  const near = crossing && crossing <= 1 ? fitUntil(crossing, t, truth, line) : [r2, deviation];
  return {
    target, t, truth, line, probabilities, answers: probabilities.map(largest),
    r2, deviation, r2ToCrossing: near[0], deviationToCrossing: near[1],
    trueCrossing: crossing, predictedCrossing: firstCrossing(t, line),
  };
}

/** R² of the prediction on 0 to `end`, and its largest deviation as a share of the margin's drop. */
function fitUntil(end, t, truth, line) {
  const between = (values) => {
    const i = t.findIndex((v) => v >= end);
    const share = (end - t[i - 1]) / (t[i] - t[i - 1]);
    return [...values.slice(0, i), values[i - 1] + share * (values[i] - values[i - 1])];
  };
  const [places, a, b] = [t, truth, line].map(between);
  const area = (of) => places.slice(1).reduce((sum, p, i) => sum + ((p - places[i]) * (of[i] + of[i + 1])) / 2, 0);
  const mean = area(a) / places.at(-1);
  const spread = area(a.map((v) => (v - mean) ** 2));
  const errors = a.map((v, i) => Math.abs(v - b[i]));
  const worst = Math.max(...errors);
  const drop = a[0] - a.at(-1);
  return [
    spread > 0 ? 1 - area(errors.map((v) => v * v)) / spread : Number(worst === 0),
    drop > 0 ? worst / drop : Infinity,
  ];
}
