/* APGD (Croce and Hein 2020, arXiv 2003.01690, algorithm 1), targeted, for one image. Step by step the numbers of
   malt_core/attacks/apgd.py, which says what is not in the paper. */

import { marginWeights, targetedLoss } from "./logits.js";

const MOMENTUM = 0.75; // the paper's alpha
const RHO = 0.75; // halve the step if fewer than this share of a window's steps raised the loss
const POOR = 0.3; // an outlook below which a run hardly rises any more
const SETTLED = 2; // so many poor outlooks in a row, and it has never been seen to

/** One run towards a target. Its arrays are never written to again, so that whoever visits may keep them. */
export class Apgd {
  /** ball: see ball.js. steps: that it may take, at most. start: where it stands first, not evaluated yet. */
  constructor({ ball, y, target, steps, start }) {
    const share = (part) => Math.max(Math.floor(part * steps), 1);
    Object.assign(this, { ball, y, target, x: start, before: start, best: start });
    this.gradient = this.bestGradient = null;
    this.loss = 0;
    this.bestLoss = -Infinity;
    this.checkpointLoss = 0;
    this.stepSize = 2 * ball.eps;
    this.window = share(0.22);
    this.shrink = share(0.03);
    this.least = share(0.06);
    this.evaluations = this.since = this.rises = this.settled = 0;
    this.halved = true;
  }

  /** One that stands at x0, where its margin and the gradient of it are known: the first step takes no other pass. */
  static informed({ ball, y, target, steps, z, margin, gradient }) {
    const run = new Apgd({ ball, y, target, steps, start: ball.x0 });
    run.gradient = run.bestGradient = gradient.map((value) => -value);
    run.bestLoss = targetedLoss(z, y, target).loss;
    run.evaluations = 1;
    run.settled = ball.rise(run.gradient, ball.x0) < POOR * margin ? 1 : 0;
    return run;
  }

  /** Whether it has ended where it will not get any further. */
  get hopeless() {
    return this.settled >= SETTLED;
  }

  /**
   * Moves one step (at first: stays at its start) and looks at the network there.
   * asks: see passes.js. Returns the point that was visited and its logits.
   */
  async visit(asks) {
    const fresh = this.evaluations === 0;
    const here = this.x;
    this.x = fresh ? here : this.#next();
    this.before = here;
    const z = await asks.logits(this.x);
    const { loss, slope } = targetedLoss(z, this.y, this.target);
    this.gradient = await asks.gradient(this.x, slope);
    const visited = this.x;
    const outlook = loss < 0 ? this.ball.rise(this.gradient, visited) / -loss : Infinity;
    this.settled = outlook < POOR ? this.settled + 1 : 0;
    if (loss > this.bestLoss) {
      this.best = visited;
      this.bestGradient = this.gradient;
      this.bestLoss = loss;
    }
    if (!fresh && loss > this.loss) this.rises += 1;
    this.loss = fresh ? 0 : loss; // AutoAttack compares the first step with an unset 0, not with the start
    if (!fresh) this.since += 1;
    this.evaluations += 1;
    this.#checkpoint();
    return { x: visited, z };
  }

  /** A projected gradient step, mixed with the step before. */
  #next() {
    const { x, before, ball } = this;
    const plain = ball.moved(x, this.gradient, this.stepSize);
    const keep = this.evaluations > 1 ? MOMENTUM : 1;
    return ball.project(plain.map((value, i) => x[i] + keep * (value - x[i]) + (1 - keep) * (x[i] - before[i])));
  }

  /** Halves the step, and goes back to the best point, where the loss swings or has stopped rising. */
  #checkpoint() {
    if (this.since !== this.window) return;
    const swinging = this.rises <= RHO * this.window;
    const stuck = !this.halved && this.checkpointLoss >= this.bestLoss;
    this.halved = swinging || stuck;
    this.checkpointLoss = this.bestLoss;
    if (this.halved) {
      this.stepSize /= 2;
      this.x = this.best;
      this.gradient = this.bestGradient;
    }
    this.window = Math.max(this.window - this.shrink, this.least);
    this.since = this.rises = 0;
  }
}

/** The margin of y over t at x0, and its gradient. */
export async function slopeOf(asks, z, x0, y, t) {
  return { margin: Math.fround(z[y] - z[t]), gradient: await asks.gradient(x0, marginWeights(z.length, y, t)) };
}
