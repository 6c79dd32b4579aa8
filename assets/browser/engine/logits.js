/* Rows of logits: answers, margins, and the loss that APGD maximises. As malt_core/numerics/losses.py. */

/** The place of the largest number, of equals the first. */
export function largest(z) {
  let best = 0;
  for (let i = 1; i < z.length; i++) if (z[i] > z[best]) best = i;
  return best;
}

/** All places, the largest number first; of equals the earlier place. */
export function descending(z) {
  return Array.from(z, (_, i) => i).sort((a, b) => z[b] - z[a]);
}

export function softmax(z) {
  const top = z[largest(z)];
  const shares = Array.from(z, (value) => Math.exp(value - top));
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}

/** By how much class y leads class t, in logits. */
export function marginTo(z, y, t) {
  return Math.fround(z[y] - z[t]);
}

/** By how much class y leads the likeliest other: below 0 where the network is fooled. */
export function bestMargin(z, y) {
  let other = -Infinity;
  for (let i = 0; i < z.length; i++) if (i !== y && z[i] > other) other = z[i];
  return Math.fround(z[y] - other);
}

/**
 * AutoAttack's targeted difference of logits ratio (arXiv 2003.01690, section 4.2), and its slope in each logit;
 * below four classes the margin, with its sign turned.
 */
export function targetedLoss(z, y, t) {
  const slope = new Float32Array(z.length);
  const margin = z[y] - z[t];
  if (z.length < 4) {
    slope[y] -= 1;
    slope[t] += 1;
    return { loss: Math.fround(-margin), slope };
  }
  const [first, , third, fourth] = topFour(z);
  const ratio = z[first] - 0.5 * (z[third] + z[fourth]) + 1e-12;
  slope[y] -= 1 / ratio;
  slope[t] += 1 / ratio;
  const turn = margin / (ratio * ratio);
  slope[first] += turn;
  slope[third] -= 0.5 * turn;
  slope[fourth] -= 0.5 * turn;
  return { loss: Math.fround(-margin / ratio), slope };
}

/** What to ask a network for the gradient of a margin: weights of its logits. */
export function marginWeights(classes, y, t) {
  const weights = new Float32Array(classes);
  weights[y] = 1;
  weights[t] = -1;
  return weights;
}

function topFour(z) {
  const top = [];
  for (let i = 0; i < z.length; i++) {
    let place = top.length;
    while (place > 0 && z[i] > z[top[place - 1]]) place--;
    if (place < 4) {
      top.splice(place, 0, i);
      top.length = Math.min(top.length, 4);
    }
  }
  return top;
}
