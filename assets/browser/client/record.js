/* What a finished attack leaves behind: run.json, as malt_core/attack_run/record.py has it. */

const finite = (value) => (Number.isFinite(value) ? value : null);

/** found: what the worker returned; about: {facts, settings, name, credit, version, digest}. */
export function runRecord(found, { facts, settings, name, credit, version, digest }) {
  const named = (index) => ({ index, name: facts.classes[index] });
  const { target, way } = found;
  const of = (index) => found.attempts.filter((attempt) => attempt.target === index);
  return {
    model: facts.id,
    dataset: facts.dataset,
    image: { name, source: name, crop: "centre", credit, sha256: digest, height: found.height, width: found.width },
    norm: settings.norm,
    eps: settings.eps,
    targeting: "malt",
    n_targets: found.nTargets,
    n_candidates: found.ranking.length,
    n_iter: settings.steps,
    faithful: settings.budget === "published",
    aim: null,
    loss: facts.classes.length < 4 ? "margin" : "dlr-targeted",
    label: named(found.label),
    clean_label: { ...named(found.label), confidence: found.confidence.before },
    clean_top: found.top.map(({ index, confidence }) => ({ ...named(index), confidence })),
    already_misclassified: false,
    success: found.success,
    reached: found.reached,
    margin_left: finite(found.marginLeft),
    adversarial_label: { ...named(found.answer), confidence: found.confidence.after },
    target: target && { ...named(target.index), rank: target.rank, confidence_rank: target.confidenceRank },
    steps: found.steps,
    steps_total: found.stepsTotal,
    n_forward: found.forward,
    n_backward: found.backward,
    seconds: found.seconds,
    device: "wasm",
    perturbation_norm: found.perturbation,
    largest_change: found.largestChange,
    ssim: found.similarity,
    survives_png: found.survivesPng,
    ranking: found.ranking.map((ranked) => ({
      ...named(ranked.index),
      rank: ranked.rank,
      margin: finite(ranked.margin),
      gradient_norm: finite(ranked.gradientNorm),
      predicted_distance: finite(ranked.distance),
      at_least: false,
      confidence_rank: ranked.confidenceRank,
      tried: of(ranked.index).length > 0,
      succeeded: of(ranked.index).some(({ fooled }) => fooled),
      reached: of(ranked.index).some(({ reached }) => reached),
    })),
    linearity: {
      target: named(way.target),
      t: way.t,
      true_margin: way.truth,
      linear_margin: way.line,
      r2_to_crossing: finite(way.r2ToCrossing),
      max_deviation_to_crossing: finite(way.deviationToCrossing),
      r2: finite(way.r2),
      max_deviation: finite(way.deviation),
      predicted_crossing: way.predictedCrossing,
      true_crossing: way.trueCrossing,
      gradient_drift: { t: [], relative_change: [], cosine: [], random_relative_change: [], random_cosine: [] },
    },
    seed: settings.seed,
    versions: { malt_lab: version, "onnxruntime-web": "1.30.0", browser: globalThis.navigator?.userAgent ?? "" },
  };
}
