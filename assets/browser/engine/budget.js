/* How many APGD steps each target of an image is given: as published, or spent where they pay. The same as
   malt_core/attacks/malt/budget.py, which says why; a budget yields rounds of tries, [target, steps], and is sent
   what is left of the image's margin. */

export const REACH = 1.3; // a class that is predicted further off than so many times eps is not worth a try
const PROBE_STEPS = 20;
const HOPEFUL = 0.3; // what may be left after the probe for other targets to be tried
const PRESSED = 8; // how many others at the most
const CLOSE = 0.06; // what may be left then for an image to be finished
const FINISH = [[3, 30], [1, 100]]; // how many of the nearest targets, and steps for each, in turn

/** Every target in turn with all its steps (arXiv 2407.02240, algorithm 1). */
export function* published(targets, steps) {
  yield targets.map((target) => [target, steps]);
}

/** Steps where they pay. near: how many of the targets are predicted to be within reach. */
export function* frugal(targets, steps, near) {
  const few = Math.min(PROBE_STEPS, steps);
  let left = yield targets.slice(0, 1).map((target) => [target, few]);
  if (left <= HOPEFUL) {
    const others = targets.slice(0, near).slice(1, 1 + PRESSED);
    if (others.length) left = yield others.map((target) => [target, few]);
  }
  if (!(left <= CLOSE)) return;
  for (const [count, most] of FINISH) {
    yield targets.slice(0, count).map((target) => [target, Math.min(most, steps)]);
  }
}
