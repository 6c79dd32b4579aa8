/* A result in words: those of the app, from the same record. As malt_core/attack_run/story.py, near_miss.py, words.py,
   way.py and malt_core/linearity/words.py; a test compares them sentence by sentence. */

const GUESSING = 0.2; // confidence below which an answer is called a guess
const [STRAIGHT, BENT, FLAT] = [0.1, 0.25, 0.1];
const UNSEEN = 1.001 / 255;
const FALLS = {
  straight: "almost in a straight line",
  "slightly bent": "in a slightly bent line",
  bent: "in anything but a straight line",
};
export const NO_PNG = "No PNG can hold this change: within ε there is no picture of whole steps of 1/255 but the "
  + "original. The smallest ε that a PNG can hold is 1/255.";

/** As Python's :.3g. */
const three = (value) => String(Number(value.toPrecision(3)));
export const length = (value, norm) => (norm === "linf" ? `${three(value * 255)}/255` : three(value));
export const steps = (n) => `${n.toLocaleString("en")} ${n === 1 ? "step" : "steps"}`;

export function percent(share) {
  if (share > 0.9995) return "over 99.9%";
  return `${(100 * share).toFixed(share >= 0.985 || share < 0.015 ? 1 : 0)}%`;
}

/** truth: class indices that name what the picture shows; null where nobody said. */
function outcome(record, truth) {
  const before = record.clean_label.index;
  const after = record.success ? record.adversarial_label.index : before;
  const changed = before !== after;
  if (truth === null) return changed ? "fooled_unchecked" : "withstood";
  const [right, now] = [before, after].map((index) => truth.includes(index));
  if (right) return !changed ? "withstood" : now ? "renamed" : "fooled";
  return !changed ? "wrong" : now ? "corrected" : "moved";
}

export function headline(record, truth) {
  const [before, after] = [record.clean_label, record.adversarial_label].map(({ name }) => `“${name}”`);
  const became = `${before} became ${after}`;
  const guess = record.clean_label.confidence < GUESSING;
  return {
    fooled: `${guess ? "Fooled out of a lucky guess" : "Fooled"}: ${became}.`,
    fooled_unchecked: guess ? `A guess turned into another: ${became}.` : `${became}.`,
    renamed: `Right before and after: ${became}, and the picture shows both.`,
    corrected: `Corrected, not fooled: ${became}, and that is right.`,
    moved: `From one wrong answer to another: ${became}.`,
    wrong: `Wrong from the start, and still: ${before}.`,
    withstood: `Withstood: the network still says ${before}.`,
  }[outcome(record, truth)];
}

/** What follows the headline: how sure it was, how far the attack went, what a PNG keeps. */
export function told(record, truth) {
  return [first(record, truth), how(record), saved(record), near(record)].filter(Boolean).join(" ");
}

function first(record, truth) {
  const sure = percent(record.clean_label.confidence);
  const guess = record.clean_label.confidence < GUESSING;
  const became = outcome(record, truth);
  if (["corrected", "moved", "wrong"].includes(became)) {
    const was = guess ? "a guess, and wrong without any attack" : "wrong without any attack";
    return `The first answer was ${was} (${sure} sure), so this is not fooling.`;
  }
  if (guess) return `The first answer was but a guess: ${sure} sure.`;
  return became === "fooled_unchecked" ? "Fooled, if the first answer was right. Was it?" : "";
}

function how(record) {
  const linf = record.norm === "linf";
  if (record.success) {
    const found = record.steps ? `Found in ${steps(record.steps)}` : "Found at the random start";
    const moved = length(record.perturbation_norm, record.norm);
    return `${found}; ${linf ? `no colour value changed by more than ${moved}` : `the change has length ${moved}`}.`;
  }
  const tried = record.ranking.filter((target) => target.tried).length;
  const radius = length(record.eps, record.norm);
  return `Nothing was found within ${linf ? radius : `a change of length ${radius}`}: `
    + `${tried === 1 ? "1 wrong class" : `${tried} wrong classes`} tried, ${steps(record.steps_total)}.`;
}

function saved(record) {
  if (!record.success) return "";
  if (record.survives_png) return "Saved as a PNG, the changed picture gets the new answer, too.";
  if (record.eps <= 0.999 / 255) return NO_PNG;
  return "Saved as a PNG, it may get the first answer again: a PNG holds whole steps of 1/255 only, and rounding to "
    + "them brings it back to the boundary.";
}

/** How near a failed attack came, and what the straight line says. */
export function near(record) {
  if (record.success || record.margin_left === null) return "";
  const eps = length(record.eps, record.norm);
  const came = record.margin_left >= 0.995
    ? `The closest try took nothing off the lead of “${record.label.name}”.`
    : `The closest try left ${(100 * record.margin_left).toFixed(0)}% of the lead of “${record.label.name}”.`;
  const nearest = nearestOf(record);
  if (!nearest) return `${came} No class has a slope to follow.`;
  const distance = length(nearest.predicted_distance, record.norm);
  const line = `the straight line puts the nearest boundary, to “${nearest.name}”, at ${distance}`;
  return nearest.predicted_distance > record.eps
    ? `${came} No wonder: ${line}, and ε was ${eps}.`
    : `${came} Yet ${line}, within ε = ${eps}: here the margin bends.`;
}

function nearestOf(record) {
  const known = record.ranking.filter((target) => target.predicted_distance !== null);
  return known.reduce((a, b) => (a && a.predicted_distance <= b.predicted_distance ? a : b), null);
}

/** The smallest round ε worth a try after one that failed, as a number; null where there is none. */
export function nextEps(record) {
  const nearest = record.success ? null : nearestOf(record);
  if (!nearest) return null;
  const { norm, eps } = record;
  const distance = nearest.predicted_distance;
  const unit = norm === "linf" ? 1 / 255 : 10 ** (Math.floor(Math.log10(Math.max(distance, eps))) - 1);
  const count = Math.max(Math.ceil(distance / unit - 1e-6), Math.floor(eps / unit + 1e-6) + 1);
  const value = norm === "linf" ? count / 255 : Number((count * unit).toPrecision(6));
  return value <= (norm === "linf" ? 1 : 100) ? value : null;
}

export function visibility(record) {
  const { largest_change: largest, ssim } = record;
  let verdict = "Plain to see";
  if (largest <= UNSEEN || (ssim !== null && ssim >= 0.99)) verdict = "Hardly visible";
  else if (ssim !== null && ssim >= 0.95) verdict = "Visible if one looks for it";
  const alike = ssim === null ? "" : `, structural similarity (SSIM) ${ssim.toFixed(3)}, where 1 is the same picture`;
  return `${verdict}: largest change of a colour value ${length(largest, "linf")}${alike}.`;
}

const reaches = (way) => way.true_crossing !== null && way.true_crossing <= 1;
const fall = (way) => way.true_margin[0] - way.true_margin[way.t.indexOf(1)];
function shape(way, deviation) {
  if (!reaches(way) && fall(way) <= FLAT) return null;
  if (deviation === null) return "bent";
  return deviation <= STRAIGHT ? "straight" : deviation <= BENT ? "slightly bent" : "bent";
}

/** How straight the margin falls, in one sentence without numbers. way: a record's linearity. */
export function straightness(way) {
  const near = shape(way, way.max_deviation_to_crossing);
  const whole = shape(way, way.max_deviation);
  if (near === null || whole === null) {
    const falls = fall(way) > 0 ? "hardly falls" : "does not fall";
    return `The margin ${falls} on this way, so there is no telling how straight it falls.`;
  }
  if (!reaches(way)) return `To the end of the way the margin falls ${FALLS[near]}; it does not reach the boundary.`;
  if (near === whole) {
    if (near === "bent") return "The margin does not fall in a straight line, not even up to the boundary.";
    return `Up to the boundary, and on to the end of the way, the margin falls ${FALLS[near]}.`;
  }
  const order = Object.keys(FALLS);
  const then = order.indexOf(near) < order.indexOf(whole) ? "; beyond, it leaves that line"
    : `; on the whole way, ${FALLS[whole]}`;
  return `Up to the boundary the margin falls ${FALLS[near]}${then}.`;
}

/** R² and the largest deviation: up to the boundary first, then of the whole way. */
export function measured(way) {
  const whole = fitted(way.r2, way.max_deviation);
  if (!reaches(way)) return `The straight line, on the whole way: ${whole} (R² 1 is a perfect line).`;
  const near = fitted(way.r2_to_crossing, way.max_deviation_to_crossing);
  return `The straight line, up to the boundary: ${near} (R² 1 is a perfect line); on the whole way: ${whole}.`;
}

function fitted(r2, deviation) {
  const fit = r2 < 0 ? "below 0, worse than a level line" : r2 >= 0.9995 ? "over 0.999" : r2.toFixed(3);
  return `R² ${fit}, off by at most ${share(deviation)}`;
}

function share(deviation) {
  if (deviation === null) return "more than the margin falls";
  if (deviation >= 0.995) return `${deviation.toFixed(1)} times what the margin falls`;
  const words = deviation < 0.001 ? "0.1%" : `${(100 * deviation).toFixed(deviation < 0.0995 ? 1 : 0)}%`;
  return `${words} of what the margin falls`;
}

/** Where the margin reaches zero by the straight line and in truth. */
export function crossings(record) {
  const { linearity: way, label, success } = record;
  const { predicted_crossing: line, true_crossing: truth, target } = way;
  const whole = (t, digits = 0) => `${(100 * t).toFixed(digits)}%`;
  const end = whole(way.t.at(-1));
  const path = `of the way to the ${success ? "adversarial image" : "closest try"}`;
  const overtakes = `“${target.name}” to overtake “${label.name}”`;
  if (line === null && truth === null) {
    return `“${target.name}” overtakes “${label.name}” neither by the straight line nor in truth, as far as the path `
      + `was followed: ${end} ${path}.`;
  }
  const digits = line && truth && Math.abs(line - truth) < 0.02 ? 1 : 0;
  const expected = line === null
    ? `The straight line does not expect ${overtakes} before ${end} ${path}`
    : `The straight line expects ${overtakes} at ${whole(line, digits)} ${path}`;
  const found = truth === null ? `it does not before ${end}` : `it does at ${whole(truth, digits)}`;
  return `${expected}; in truth ${found}.`;
}

export function happened(target) {
  if (!target.tried) return "";
  return target.reached ? "reached" : target.succeeded ? "became another" : "no";
}
