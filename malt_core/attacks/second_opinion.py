"""A second opinion on images that an attack by gradients has left: one attack without, one without bounds.

Square (Andriushchenko et al., arXiv 1912.00049), through pyautoattack, asks the network for its answers only:
where it fools what gradients did not, it was the gradients that failed. An attack with ε = 1 may make any
image of any other, so that nothing withstands it: where it fails, the attack is at fault (Carlini et al.,
arXiv 1902.06705, section 5; Pintor et al., arXiv 2106.09947).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from malt_core.attacks import autoattack
from malt_core.attacks.types import Asking, Begin, ignore_stage
from malt_core.harness import verdict
from malt_core.harness.counting import CountingModel
from malt_core.harness.stepwise import Turn, stepwise
from malt_core.numerics import gradients, losses
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust.flags import Flag, of_opinion
from malt_core.trust.opinion import SecondOpinion
from malt_core.types import Norm

QUERIES = 500  # for each image, at most
IMAGES = 8  # of those left, the first
# Of the attack with ε = 1: long enough to go through the whole box, then shorter and shorter, since long ones
# may lead to and fro between two corners of it.
BOX_STEPS = tuple(0.25 * 0.9**k for k in range(40))
LEAST_SIDE = 5  # pixels; Square's L2 form cuts the side of an image into fifths
TURN = 0.1  # seconds between two pauses

Answers = Callable[[Tensor], Tensor]
"""What the network answers to points (R, C, H, W), for a verdict: logits (R, K)."""


@dataclass(frozen=True)
class Opinion:
    """What came of it. All images are those asked about, A of them, by place.

    record: in numbers; flags: what it raises. adversarial: (A, C, H, W), where the network is fooled, the
    original elsewhere; fooled: (A,) bool, judged afresh. forward_of, backward_of: (A,) int64, passes.
    """

    record: SecondOpinion
    flags: tuple[Flag, ...]
    adversarial: Tensor
    fooled: Tensor
    forward_of: Tensor
    backward_of: Tensor


def first_left(left: Tensor) -> Tensor:
    """Return the places of the images to ask about, (A,), of those that left (B,) says."""
    return left.nonzero()[:IMAGES, 0]


def ask(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm,
    eps: float,
    seed: int,
    queries: int,
    passes: Passes,
    answers: Answers | None = None,
    shared: losses.SharedLogits | None = None,
    begin: Begin = ignore_stage,
) -> Opinion:
    """Ask for a second opinion on images x (A, C, H, W) in [0, 1] with labels y (A,), all answered rightly.

    model: in evaluation mode, from (B, C, H, W) to logits (B, K). norm, eps: the ball in which Square looks,
    with at most `queries` calls for each image. seed: fixes its random numbers. passes: gets what is sent
    through the model. answers: what passes the verdict, by default the model's logits in full precision.
    shared: as losses.shared_logits returns it. begin: called ahead of the stages "square" and "unbounded",
    with how often each calls the model at most.
    """
    started, before = time.perf_counter(), replace(passes)
    answers = answers or (lambda points: gradients.logits(model, points, passes, any_number=True))
    together = _together(x)
    begin("square", queries * -(-len(x) // together))
    points, asked = _square(model, x, y, norm, eps, queries, seed, passes, shared)
    points = verdict.what_counts(points, x, norm, eps)
    z = answers(points)
    fooled = (z.argmax(1) != y) & gradients.finite_rows(z)
    begin("unbounded", len(BOX_STEPS) * -(-len(x) // together))
    fell, steps = _unbounded(model, x, y, passes, shared)
    record = SecondOpinion(
        queries=queries,
        images=tuple(range(len(x))),
        fooled=tuple(fooled.nonzero()[:, 0].tolist()),
        unbounded_failed=tuple((~fell).nonzero()[:, 0].tolist()),
        n_forward=passes.forward - before.forward,
        n_backward=passes.backward - before.backward,
        seconds=time.perf_counter() - started,
    )
    return Opinion(
        record=record,
        flags=of_opinion(record),
        adversarial=torch.where(fooled[:, None, None, None], points, x),
        fooled=fooled,
        forward_of=asked + steps + 1,
        backward_of=steps,
    )


def ask_in_turns(model: Network, x: Tensor, y: Tensor, **how) -> Generator[Asking, None, Opinion]:
    """Yield Asking now and then, and return what `ask` does; closing the generator ends it at once."""
    stage, total, calls = "square", how["queries"], 0

    def begin(now: str, most: int | None) -> None:
        nonlocal stage, total, calls
        stage, total, calls = now, most, 0

    def call(pause: Callable[[Asking], None]) -> Opinion:
        turn = Turn(TURN)

        def count() -> None:
            nonlocal calls
            if turn.over:
                pause(Asking(stage=stage, done=min(calls, total), total=total))
                turn.begin()
            calls += 1

        watched = CountingModel(model, Passes(), count)
        return ask(watched, x, y, begin=begin, **how)

    return (yield from stepwise(call, x.device))


def _together(x: Tensor) -> int:
    """Return how many of the images x (A, C, H, W) to send through the model at a time."""
    return gradients.worth_a_pass(x, IMAGES) if x.device.type == "cpu" else IMAGES


def _square(
    model: Network,
    x: Tensor,
    y: Tensor,
    norm: Norm,
    eps: float,
    queries: int,
    seed: int,
    passes: Passes,
    shared: losses.SharedLogits | None,
) -> tuple[Tensor, Tensor]:
    """Return where Square has come to (A, C, H, W), unjudged, and how often it asked about each, (A,)."""
    if norm == "l2" and min(x.shape[2:]) < LEAST_SIDE:  # within the L2 ball lies a smaller one of linf
        norm, eps = "linf", eps / x[0].numel() ** 0.5
    if shared is not None:  # a margin of 0 to a class that says the same would be taken for success
        y = torch.searchsorted(shared.distinct, shared.same_as[y])

    def predict(points: Tensor) -> Tensor:
        parts = [
            gradients.logits(
                model, gradients.match_memory_format(model, part.to(x.dtype)), passes, any_number=True
            )
            for part in points.split(_together(x))
            if len(part)
        ]
        z = torch.cat(parts).float() if parts else points.new_empty(0, 2)
        return z if shared is None or not parts else z[:, shared.distinct]

    return autoattack.square(predict, x, y, norm=norm, eps=eps, queries=queries, seed=seed)


def _unbounded(
    model: Network, x: Tensor, y: Tensor, passes: Passes, shared: losses.SharedLogits | None
) -> tuple[Tensor, Tensor]:
    """Return which images steps down the margin fool, wherever they lead, (A,) bool, and how many, (A,)."""
    point, fell, steps = x.clone(), torch.zeros_like(y, dtype=torch.bool), torch.zeros_like(y)
    for length in BOX_STEPS:
        left = (~fell).nonzero()[:, 0]
        if not len(left):  # not every network takes a batch of none
            break
        for part in left.split(_together(x)):
            steps[part] += 1
            passes.backward += len(part)
            leaf = gradients.match_memory_format(model, point[part]).detach().requires_grad_()
            with torch.enable_grad():
                z = gradients.forward(model, leaf, passes, any_number=True)
                margin = losses.best_margin(z, y[part], shared)
                gradient = gradients.finite_or_zero(gradients.input_gradient(margin.sum(), leaf), leaf)
            fell[part] = (z.argmax(1) != y[part]) & gradients.finite_rows(z)
            point[part] = (point[part] - length * gradient.sign()).clamp(0, 1)
    return fell, steps
