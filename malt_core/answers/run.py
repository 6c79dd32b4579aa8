"""One picture attacked by answers alone, by three methods side by side, with MALT's cost as the yardstick."""

from __future__ import annotations

import time
from collections.abc import Iterator

from malt_core.answers.judge import Judge
from malt_core.answers.method import Method
from malt_core.answers.oracle import as_attacked
from malt_core.answers.types import METHODS, AnswersConfig, Began, Ended, Event, Measured
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, Finished
from malt_core.errors import BadConfig, MaltError
from malt_core.numerics import gradients, losses
from malt_core.numerics.checks import check_image
from malt_core.numerics.gradients import Network
from malt_core.types import Sample

LEAST_SIDE = 5  # pixels; Square's L2 form cuts the side of an image into fifths


def attack_by_answers(model: Network, sample: Sample, config: AnswersConfig) -> Iterator[Event]:
    """Attack one image without any gradient and yield what happens: Began, Measured, Heard..., Ended...

    model: from (B, C, H, W) in [0, 1] to logits (B, K >= 2), in evaluation mode meanwhile; nothing of it has
    to be differentiable. sample.x: (C, H, W); what the model answers to it is what is attacked, whatever
    sample.label says. MALT comes first; then the methods take turns, the one that has asked least so far
    next, until each has succeeded by its own measure (Square) or has spent its queries. Closing the iterator
    stops the work. Equal arguments give equal results. A picture that the network refuses has withstood.

    Raises BadImage for a sample of the wrong type or range, BadConfig where the model returns no logits,
    or no answer to the picture itself.
    """
    with gradients.evaluation_mode(model):
        yield from _attack(model, sample, config)


def _attack(model: Network, sample: Sample, config: AnswersConfig) -> Iterator[Event]:
    x0 = gradients.placed(model, check_image(sample.x, "The sample")).clone()
    x0 = gradients.match_memory_format(model, x0)
    if config.norm == "l2" and min(x0.shape[2:]) < LEAST_SIDE:
        raise BadConfig(f"Square's L2 form needs images of at least {LEAST_SIDE} pixels a side.")
    network = as_attacked(model, x0, config.levels)
    judge = Judge(network, x0, config.norm, config.eps)
    z = judge.z0
    yield Began(
        label=judge.label,
        confidence=float(z.softmax(1).amax()),
        margin=float(losses.best_margin(z, judge.y)),
    )
    yield _malt(network, sample, config, judge)
    runs = {method: Method(method, judge, config) for method in METHODS}
    going = dict(runs)
    try:
        while going:
            method = min(going, key=lambda one: going[one].oracle.queries)
            event = going[method].advance()
            yield event
            if isinstance(event, Ended):
                del going[method]
    finally:
        for run in runs.values():
            run.close()


def _malt(network: Network, sample: Sample, config: AnswersConfig, judge: Judge) -> Measured:
    """Return what MALT needs for the same; that it cannot be run is a result, too."""
    started = time.perf_counter()
    given = Sample(x=sample.x, name=sample.name, digest=sample.digest)
    how = AttackConfig(norm=config.norm, eps=config.eps, seed=config.seed, eight_bit=False)
    try:
        *_, finished = attack(network, given, how)
    except MaltError as error:
        return Measured(
            fooled=False, n_forward=0, n_backward=0, distance=None, answer=judge.label, flags=(), image=None,
            seconds=time.perf_counter() - started, reason=str(error),
        )  # fmt: skip
    assert isinstance(finished, Finished)
    result, opinion = finished.result, finished.result.second_opinion
    by_opinion = opinion is not None and bool(opinion.fooled)
    image = result.adversarial[None].to(judge.x0)
    answer = judge.label if by_opinion else judge.answer(image, config.eps)
    fooled = answer != judge.label
    return Measured(
        fooled=fooled,
        n_forward=result.n_forward - (opinion.n_forward if opinion else 0),
        n_backward=result.n_backward - (opinion.n_backward if opinion else 0),
        distance=judge.distance(image) if fooled else None,
        answer=answer,
        seconds=result.seconds - (opinion.seconds if opinion else 0.0),
        flags=result.flags,
        reason="",
        image=image[0].cpu() if fooled else None,
    )
