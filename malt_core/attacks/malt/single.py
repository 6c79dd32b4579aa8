"""MALT on one image, as a stream of events that a page can draw as they come."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from malt_core.attacks.malt import targeting
from malt_core.attacks.malt.concurrent_targets import ConcurrentTargets, copies_of
from malt_core.attacks.types import (
    AttackConfig,
    AttackEvent,
    AttackResult,
    Finished,
    Ranked,
    RankedTarget,
    RankingProgress,
    Step,
)
from malt_core.numerics import gradients, losses, norms, soundness
from malt_core.numerics.checks import check_class, check_image
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Sample


def _rank(
    model: Network,
    x0: Tensor,
    y: Tensor,
    z0: Tensor,
    config: AttackConfig,
    passes: Passes,
    shared: losses.SharedLogits | None,
) -> Iterator[RankingProgress | tuple[RankedTarget, ...]]:
    """Yield progress, then every candidate in the order of attack."""
    candidates = targeting.confident_classes(z0, y, config.n_candidates, shared)
    table = _in_rows(candidates[0], x0)
    copies = x0.expand(len(table), -1, -1, -1)
    total = candidates.shape[1]
    sizes = []
    for column in targeting.gradient_norms(model, copies, y.expand(len(table)), table, config.norm, passes):
        sizes.append(column)
        yield RankingProgress(done=min(len(sizes) * len(table), total), total=total)
    norms_of = torch.stack(sizes, dim=1).flatten()[:total]
    yield targeting.rank(z0[0], int(y), candidates[0], norms_of, config.targeting)


def _in_rows(candidates: Tensor, x0: Tensor) -> Tensor:
    """Return the candidates (c,) as a table (rows, columns), one copy of a small image for each row.

    What is left of the table is filled with the last candidate. x0: (1, C, H, W).
    """
    columns = math.ceil(len(candidates) / copies_of(x0))
    rows = math.ceil(len(candidates) / columns)
    filling = candidates[-1:].expand(rows * columns - len(candidates))
    return torch.cat([candidates, filling]).view(rows, columns)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def attack(model: Network, sample: Sample, config: AttackConfig) -> Iterator[AttackEvent]:
    """Attack one image and yield what happens: Ranking..., Ranked, (Step..., TargetDone)..., Finished.

    model maps (B, C, H, W) in [0, 1] to logits (B, K >= 2); it is evaluated in float32 (float64 if all its
    weights are), in evaluation mode, and left as it was when the iterator ends or is closed
    (numerics/guard.py says what is promised where attacks overlap). sample.x: (C, H, W), of any kind that
    `malt` takes. The label is sample.label, else the model's own prediction; an image that the model gets
    wrong already yields Finished at once, unattacked. Targets are attacked one after the other, and the first
    success ends the attack (arXiv 2407.02240, algorithm 1); of a small image, later targets share passes
    (concurrent_targets.py), which changes the time, not what happens. Closing the iterator stops the work.

    Randomness comes from config.seed alone, so equal arguments give equal results, whoever else attacks.
    Raises BadImage for a sample of the wrong type or range, BadConfig for a label or model that does not fit;
    warns and refuses as soundness.try_out says, which costs seven forward passes and a backward one.
    """
    with gradients.evaluation_mode(model):
        yield from _attack(model, sample, config)


def _attack(model: Network, sample: Sample, config: AttackConfig) -> Iterator[AttackEvent]:
    started, passes = time.perf_counter(), Passes()
    given = check_image(sample.x, "The sample")
    x0 = gradients.placed(model, given).clone()
    tried = soundness.try_out(model, x0)
    model = tried.network
    z0 = gradients.logits(model, x0, passes)
    clean = int(z0.argmax(1))
    label = clean if sample.label is None else check_class(sample.label, z0.shape[1])
    shared = losses.shared_logits(torch.cat((z0, tried.logits)))
    y = torch.full_like(z0.argmax(1), label)
    confidence = float(z0.softmax(1)[0, clean])
    runs, ranking, attempts, trace = ConcurrentTargets(model, x0, y, config, passes, shared), (), [], []

    if clean == label:
        for ranking in _rank(model, x0, y, z0, config, passes, shared):
            if isinstance(ranking, RankingProgress):
                yield ranking
        yield Ranked(
            label=label,
            clean_index=clean,
            clean_confidence=confidence,
            targets=ranking,
            n_targets=min(config.n_targets, len(ranking)),
        )
        for event in runs.attack(ranking[: config.n_targets]):
            (trace if isinstance(event, Step) else attempts).append(event)
            yield event

    best = runs.best
    # The verdict is passed afresh, on the image that is returned, not taken from the attack's own steps.
    z = gradients.logits(model, best.x, passes)
    rounded = norms.eight_bit_image(best.x, x0, config.norm, config.eps)
    z_png = z if best.survives else gradients.logits(model, rounded, passes)
    yield Finished(
        result=AttackResult(
            label=label,
            clean_index=clean,
            clean_confidence=confidence,
            already_wrong=clean != label,
            success=clean == label and bool(z.argmax(1) != y),
            adversarial=best.x[0].to(given.device),
            adversarial_index=int(z.argmax(1)),
            adversarial_confidence=float(z.softmax(1).amax(1)),
            survives_png=bool(z_png.argmax(1) != y),
            target=best.target,
            steps=best.steps,
            steps_total=sum(a.steps for a in attempts),
            n_forward=passes.forward,
            n_backward=passes.backward,
            seconds=time.perf_counter() - started,
            perturbation_norm=float(norms.size(best.x - x0, config.norm)),
            loss=losses.loss_name(z0.shape[1] if shared is None else len(shared.distinct)),
            ranking=ranking,
            n_targets=min(config.n_targets, len(ranking)),
            attempts=tuple(attempts),
            trace=tuple(trace),
        )
    )
