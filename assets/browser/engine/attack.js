/* MALT on one image (arXiv 2407.02240): classes ranked by the straight line, APGD towards the nearest.
   Rounds, runs and patience are those of malt_core/attacks/malt/single.py and concurrent_targets.py. */

import { Apgd, slopeOf } from "./apgd.js";
import { Ball, eightBit, randomStart, size } from "./ball.js";
import { REACH, frugal, published } from "./budget.js";
import { bestMargin, largest, marginTo, softmax } from "./logits.js";
import { Random } from "./random.js";
import { ranked } from "./ranking.js";

const PATIENCE = 20; // further steps granted to an image that fools, until it fools when rounded to 8 bits as well
/** How far behind its rival the first answer must be in the saved picture: weights were rounded for the browser, which
    moves a margin by some hundredths, and the picture is to fool the unrounded network as well. */
export const SAFE = 0.1;

/**
 * Attacks x0, which the network answers rightly with y: `z` are its logits.
 * settings: norm, eps, targets, candidates, steps, budget ("malt" or "published"), seed, starts (a Map from class to
 * a starting point, for comparisons). tell: called with each event. Returns what was found.
 */
export async function attack(asks, x0, z, settings, tell) {
  const search = new Search(asks, x0, z, settings, tell);
  await search.rank();
  await search.run();
  return search.result();
}

class Search {
  constructor(asks, x0, z, settings, tell) {
    Object.assign(this, { asks, x0, z, settings, tell });
    this.y = largest(z);
    this.ball = new Ball(x0, settings.norm, settings.eps);
    this.margin0 = bestMargin(z, this.y);
    this.best = { x: x0, margin: Infinity, step: 0, target: null, fools: false, survives: false };
    this.left = 1;
    this.attempts = [];
    this.fits = settings.eps > 0.999 / 255; // below, no 8-bit image but the original is in the ball
  }

  async rank() {
    const { norm, candidates, targets } = this.settings;
    for await (const event of ranked(this.asks, this.x0, this.z, this.y, { norm, candidates, keep: targets })) {
      if (event.ranking) Object.assign(this, event);
      else this.tell({ kind: "ranking", ...event });
    }
    this.targets = this.ranking.slice(0, targets);
    this.tell({ kind: "ranked", ranking: this.ranking, targets: this.targets.length });
  }

  async run() {
    const { budget, steps, eps } = this.settings;
    const indices = this.targets.map(({ index }) => index);
    const near = this.targets.filter(({ distance }) => distance <= REACH * eps).length;
    const rounds = budget === "published" ? published(indices, steps) : frugal(indices, steps, near);
    let left;
    for (let round = 1; ; round++) {
      const { value: tries, done } = rounds.next(left);
      if (done) return;
      for (const [target, most] of tries) {
        await this.#towards(target, most, round);
        if (this.best.survives || this.best.fools) return;
      }
      left = this.left;
    }
  }

  /** One run of APGD. */
  async #towards(target, most, round) {
    const { asks, x0, z, y, ball, settings } = this;
    const frugally = settings.budget !== "published";
    const order = this.targets.findIndex(({ index }) => index === target) + 1;
    const slope = this.slopes.get(target) ?? (await slopeOf(asks, z, x0, y, target));
    this.slopes.set(target, slope);
    const way = { target, order, round, most, slope, wonAt: null, over: false };
    way.best = { x: x0, margin: Infinity, step: 0, target, answer: -1, fools: false, survives: false };
    let run, step;
    if (frugally && round === 1) {
      run = Apgd.informed({ ball, y, target, steps: most, z, ...slope });
      await this.#note(way, 0, x0, z, false);
      step = 1;
    } else {
      const start = settings.starts?.get(target)
        ?? randomStart(x0, settings.norm, settings.eps, new Random(`${settings.seed}/${target}`));
      run = new Apgd({ ball, y, target, steps: most, start });
      step = 0;
    }
    for (; !way.over; step++) {
      const seen = await run.visit(asks);
      await this.#note(way, step, seen.x, seen.z, frugally && run.hopeless);
    }
    this.left = Math.min(this.left, this.margin0 ? way.best.margin / this.margin0 : 0);
    if (beats(way.best, this.best)) this.best = way.best;
  }

  /** Puts down that a run has visited x, with logits z. */
  async #note(way, step, x, z, hopeless) {
    const { asks, x0, y, settings } = this;
    const margin = bestMargin(z, y);
    const fools = largest(z) !== y;
    let [kept, survives] = [x, false];
    this.tell({
      kind: "step", target: way.target, order: way.order, round: way.round, step, most: way.most,
      margin: marginTo(z, y, way.target), linear: along(way.slope, x, x0), bestMargin: margin, x,
    });
    if (fools && this.fits) {
      const rounded = eightBit(x, x0, settings.norm, settings.eps);
      survives = bestMargin(await asks.logits(rounded), y) < -SAFE;
      if (survives) kept = rounded;
    }
    const found = { x: kept, margin, step, target: way.target, answer: largest(z), fools, survives };
    if (beats(found, way.best)) way.best = found;
    if (fools && way.wonAt === null) way.wonAt = step;
    if (way.wonAt === null) way.over = step >= way.most || hopeless;
    else {
      const patient = this.fits && !survives && step < way.wonAt + PATIENCE;
      way.over = !patient || step >= Math.max(way.most, settings.steps);
    }
    if (!way.over) return;
    const { target, order, round, best } = way;
    this.attempts.push({ target, order, round, steps: step, fooled: best.fools, reached: best.answer === target });
    this.tell({ kind: "done", ...this.attempts.at(-1) });
  }

  async result() {
    const { asks, x0, y, best, settings } = this;
    const z = await asks.logits(best.x); // the verdict is passed afresh, on this very image
    const answer = largest(z);
    const shares = softmax(z);
    return {
      x: best.x, z, answer, confidence: shares[answer], success: answer !== y, survivesPng: best.survives,
      target: this.ranking.find(({ index }) => index === best.target) ?? null,
      reached: best.target !== null && answer === best.target,
      steps: best.step, stepsTotal: this.attempts.reduce((sum, { steps }) => sum + steps, 0),
      marginLeft: this.margin0 ? bestMargin(z, y) / this.margin0 : 0,
      perturbation: size(settings.norm, best.x, x0),
      ranking: this.ranking, nTargets: this.targets.length, attempts: this.attempts, slopes: this.slopes,
    };
  }
}

/** What the straight line from x0 predicts of a margin at x. */
export function along({ margin, gradient }, x, x0) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += gradient[i] * (x[i] - x0[i]);
  return margin + sum;
}

/** Whether one image is better than another: it survives rounding, fools, or has the smaller margin. */
function beats(a, b) {
  if (a.survives !== b.survives) return a.survives;
  if (a.fools !== b.fools) return a.fools;
  return a.margin < b.margin;
}
