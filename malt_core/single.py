"""MALT on one image, as a stream of events that a page can draw as they come."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from malt_core import apgd, gradients, losses, norms, targeting
from malt_core.errors import BadConfig, BadImage
from malt_core.gradients import Network, Passes
from malt_core.types import (
    AttackConfig,
    AttackEvent,
    AttackResult,
    Finished,
    Ranked,
    RankedTarget,
    Ranking,
    Sample,
    Step,
    TargetDone,
)

COPIES = 10  # of an image of up to 64 x 64 pixels, ranked side by side; larger ones fill a processor alone
PATIENCE = 20  # further steps granted to an image that fools, until it fools when rounded to 8 bits as well


@dataclass
class _Best:
    """The best image so far: one that fools when saved beats one that fools, beats the smallest margin."""

    x: Tensor
    target: RankedTarget | None = None
    steps: int = 0
    margin: float = float("inf")
    fools: bool = False
    survives: bool = False


def _row(sample: Sample) -> Tensor:
    x = sample.x
    if x.dim() != 3 or x.dtype != torch.float32:
        raise BadImage(f"The sample must be float32 (3, H, W), not {x.dtype} {tuple(x.shape)}.")
    if x.numel() == 0:
        raise BadImage(f"The sample of shape {tuple(x.shape)} holds no pixels.")
    if not x.isfinite().all() or x.min() < 0 or x.max() > 1:
        raise BadImage("The sample has values outside 0 to 1; divide 8-bit values by 255.")
    return x[None].detach().clone()


def _rank(
    model: Network, x0: Tensor, y: Tensor, z0: Tensor, config: AttackConfig, passes: Passes
) -> Iterator[Ranking | tuple[RankedTarget, ...]]:
    """Yield progress, then every candidate in the order of attack."""
    candidates = targeting.confident_classes(z0, y, config.n_candidates)
    table = _in_rows(candidates[0], x0)
    copies = x0.expand(len(table), -1, -1, -1)
    total = candidates.shape[1]
    sizes = []
    for column in targeting.gradient_norms(model, copies, y.expand(len(table)), table, config.norm, passes):
        sizes.append(column)
        yield Ranking(done=min(len(sizes) * len(table), total), total=total)
    norms_of = torch.stack(sizes, dim=1).flatten()[:total]
    yield targeting.rank(z0[0], int(y), candidates[0], norms_of, config.targeting)


def _in_rows(candidates: Tensor, x0: Tensor) -> Tensor:
    """Return the candidates (c,) as a table (rows, columns), one copy of a small image for each row.

    A pass over several copies takes little longer than one over one. What is left of the table is filled
    with the last candidate. x0: (1, C, H, W).
    """
    copies = max(1, min(COPIES, COPIES * 64 * 64 // (x0.shape[2] * x0.shape[3])))
    columns = math.ceil(len(candidates) / copies)
    rows = math.ceil(len(candidates) / columns)
    filling = candidates[-1:].expand(rows * columns - len(candidates))
    return torch.cat([candidates, filling]).view(rows, columns)


def _attack_target(
    model: Network,
    x0: Tensor,
    y: Tensor,
    target: RankedTarget,
    order: int,
    config: AttackConfig,
    passes: Passes,
    best: _Best,
) -> Iterator[Step | TargetDone]:
    """Run APGD towards one class, keep the best image in `best`, stop when that fools (and survives)."""
    t = torch.full_like(y, target.index)
    m0, g0 = gradients.margin_and_gradient(model, x0, y, t, passes)
    source = apgd.generator(config.seed, 0, target.index)
    start = norms.random_start(x0, config.norm, config.eps, [source])
    rows = apgd.begin(torch.zeros_like(y), x0, y, t, start, eps=config.eps, n_iter=config.n_iter)
    # Below 1/255 no 8-bit image but the original is in the ball, so there is nothing to wait for.
    eight_bit = config.eight_bit and config.eps > 0.999 / 255
    fooled_at = None
    for step in range(config.n_iter + 1):
        x, z = apgd.visit(model, rows, norm=config.norm, eps=config.eps, passes=passes)
        margin = float(losses.best_margin(z, y))
        yield Step(
            target=target.index,
            order=order,
            step=step,
            true_margin=float(losses.margin_to(z, y, t)),
            linear_margin=float(m0 + (g0 * (x - x0)).sum()),
            best_margin=margin,
        )
        fools = bool(z.argmax(1) != y)
        survives = False
        if fools and eight_bit:
            rounded = norms.eight_bit_image(x, x0, config.norm, config.eps)
            survives = bool(gradients.logits(model, rounded, passes).argmax(1) != y)
            x = rounded if survives else x
        if (survives, fools, -margin) > (best.survives, best.fools, -best.margin):
            best.x, best.target, best.steps, best.margin = x, target, step, margin
            best.fools, best.survives = fools, survives
        if fools and fooled_at is None:
            fooled_at = step
        if fooled_at is not None and (survives or not eight_bit or step >= fooled_at + PATIENCE):
            break
    yield TargetDone(target=target.index, order=order, steps=step, fooled=fooled_at is not None)


@torch.inference_mode(False)  # gradients are needed, whatever mode the caller is in
def attack(model: Network, sample: Sample, config: AttackConfig) -> Iterator[AttackEvent]:
    """Attack one image and yield what happens: Ranking..., Ranked, (Step..., TargetDone)..., Finished.

    model maps (B, 3, H, W) in [0, 1] to logits (B, K >= 2); it is evaluated in float32, in evaluation mode,
    and left as it was when the iterator ends or is closed. The label is sample.label, else the model's own
    prediction; an image that the model gets wrong already yields Finished at once, unattacked. Targets are
    attacked one after the other, and the first success ends the attack (arXiv 2407.02240, algorithm 1).
    Closing the iterator stops the work.

    Randomness comes from config.seed alone, so equal arguments give equal results, whoever else attacks.
    Raises BadImage for a sample of the wrong type or range, BadConfig for a label or model that does not fit.
    """
    with gradients.evaluation_mode(model):
        yield from _attack(model, sample, config)


def _attack(model: Network, sample: Sample, config: AttackConfig) -> Iterator[AttackEvent]:
    started, passes = time.perf_counter(), Passes()
    x0 = _row(sample)
    z0 = gradients.logits(model, x0, passes)
    clean = int(z0.argmax(1))
    label = clean if sample.label is None else sample.label
    if not 0 <= label < z0.shape[1]:
        raise BadConfig(f"Label {label} is out of range: the model has classes 0 to {z0.shape[1] - 1}.")
    y = torch.full_like(z0.argmax(1), label)
    confidence = float(z0.softmax(1)[0, clean])
    best, ranking, attempts, trace = _Best(x0), (), [], []

    if clean == label:
        for ranking in _rank(model, x0, y, z0, config, passes):
            if isinstance(ranking, Ranking):
                yield ranking
        yield Ranked(
            label=label,
            clean_index=clean,
            clean_confidence=confidence,
            targets=ranking,
            n_targets=min(config.n_targets, len(ranking)),
        )
        for order, target in enumerate(ranking[: config.n_targets], start=1):
            for event in _attack_target(model, x0, y, target, order, config, passes, best):
                (trace if isinstance(event, Step) else attempts).append(event)
                yield event
            if best.fools:
                break

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
            adversarial=best.x[0],
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
            loss=losses.loss_name(z0.shape[1]),
            ranking=ranking,
            n_targets=min(config.n_targets, len(ranking)),
            attempts=tuple(attempts),
            trace=tuple(trace),
        )
    )
