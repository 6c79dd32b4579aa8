/* Which classes to attack, and in which order: those whose boundary the straight line puts nearest
   (arXiv 2407.02240, section 3). As malt_core/attacks/malt/targeting.py. */

import { slopeOf } from "./apgd.js";
import { dualSize } from "./ball.js";
import { descending } from "./logits.js";

/**
 * Ranks the `candidates` likeliest wrong classes. Yields {done, total}, and at last {ranking, slopes}: records by
 * place, and margins with their gradients of the `keep` nearest, by class.
 */
export async function* ranked(asks, x0, z, y, { norm, candidates, keep }) {
  const likeliest = descending(z).filter((i) => i !== y).slice(0, candidates);
  const found = [];
  let slopes = [];
  for (const [place, index] of likeliest.entries()) {
    const slope = await slopeOf(asks, z, x0, y, index);
    const length = Math.fround(dualSize(norm, slope.gradient));
    const distance = length > 0 && Number.isFinite(length) ? slope.margin / length : Infinity;
    const record = { index, confidenceRank: place + 1, margin: slope.margin, gradientNorm: length, distance };
    found.push(record);
    slopes.push({ ...slope, index, distance });
    slopes = slopes.sort((a, b) => a.distance - b.distance).slice(0, keep); // gradients are large
    yield { done: place + 1, total: likeliest.length };
  }
  found.sort((a, b) => a.distance - b.distance);
  yield {
    ranking: found.map((record, i) => ({ ...record, rank: i + 1 })),
    slopes: new Map(slopes.map(({ index, margin, gradient }) => [index, { margin, gradient }])),
  };
}
