/* The two balls that attacks stay in, linf and l2, and rounding to 8 bits. As malt_core/numerics/norms.py; images
   are Float32Arrays of C * H * W values in [0, 1]. */

/** The length of a - b (of a alone without b) in the norm. */
export function size(norm, a, b = null) {
  let found = 0;
  for (let i = 0; i < a.length; i++) {
    const value = Math.abs(b ? a[i] - b[i] : a[i]);
    if (norm === "linf") found = Math.max(found, value);
    else found += value * value;
  }
  return norm === "linf" ? found : Math.sqrt(found);
}

/** The dual norm of a gradient: L1 for linf, L2 for l2. */
export function dualSize(norm, gradient) {
  let sum = 0;
  for (const value of gradient) sum += norm === "linf" ? Math.abs(value) : value * value;
  return norm === "linf" ? sum : Math.sqrt(sum);
}

/** The eps-ball around x0, cut off at [0, 1]. */
export class Ball {
  constructor(x0, norm, eps) {
    Object.assign(this, { x0, norm, eps });
    if (norm === "linf") {
      const near = Math.fround(eps);
      this.low = x0.map((value) => Math.max(0, value - near));
      this.high = x0.map((value) => Math.min(1, value + near));
    }
  }

  /** Brings x into the ball, then into [0, 1], in place. */
  project(x) {
    const { x0, norm, eps, low, high } = this;
    if (norm === "linf") {
      for (let i = 0; i < x.length; i++) x[i] = x[i] < low[i] ? low[i] : x[i] > high[i] ? high[i] : x[i];
      return x;
    }
    const length = size("l2", x, x0);
    const factor = Math.min(length, eps) / (length + 1e-12);
    for (let i = 0; i < x.length; i++) x[i] = Math.min(1, Math.max(0, x0[i] + (x[i] - x0[i]) * factor));
    return x;
  }

  /** x moved by `length` along the direction in which a function of this gradient rises most, in the ball. */
  moved(x, gradient, length) {
    const to = new Float32Array(x.length);
    const scale = this.norm === "linf" ? 0 : length / (size("l2", gradient) + 1e-12);
    for (let i = 0; i < x.length; i++) {
      to[i] = x[i] + (this.norm === "linf" ? length * Math.sign(gradient[i]) : scale * gradient[i]);
    }
    return this.project(to);
  }

  /** The most that a linear function of this gradient rises within the ball, from x. */
  rise(gradient, x) {
    const { x0, norm, eps, low, high } = this;
    let sum = norm === "linf" ? 0 : eps * dualSize("l2", gradient);
    for (let i = 0; i < x.length; i++) {
      sum += norm === "linf"
        ? gradient[i] * ((gradient[i] > 0 ? high[i] : low[i]) - x[i])
        : -gradient[i] * (x[i] - x0[i]);
    }
    return sum;
  }
}

/** AutoAttack's random start: noise scaled to length eps, clipped to [0, 1]. */
export function randomStart(x0, norm, eps, random) {
  const noise = x0.map(() => (norm === "linf" ? 2 * random.uniform() - 1 : random.normal()));
  const factor = eps / (size(norm, noise) + 1e-12);
  return noise.map((value, i) => Math.min(1, Math.max(0, x0[i] + factor * value)));
}

/** x rounded to multiples of 1/255 without leaving the eps-ball around x0, which is rounded likewise. */
export function eightBit(x, x0, norm, eps) {
  const steps = (value) => Math.round(value * 255);
  const nearest = x.map((value) => steps(value) / 255);
  const base = x0.map((value) => steps(value) / 255);
  if (size(norm, nearest, base) <= eps + 1e-6) return nearest;
  return x.map((value, i) => {
    const change = (value - base[i]) * 255;
    return (steps(x0[i]) + Math.sign(change) * Math.floor(Math.abs(change) + 3e-5)) / 255;
  });
}
