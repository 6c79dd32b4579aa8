"""One picture attacked by answers alone, by three methods side by side, with MALT's cost as the yardstick."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

from torch import Tensor

from malt_core.answers.oracle import Levels, Oracle
from malt_core.answers.types import (
    METHODS,
    SEES,
    AnswersConfig,
    Began,
    Ended,
    Event,
    Heard,
    Measured,
    MethodId,
)
from malt_core.attacks import autoattack
from malt_core.attacks.decisions import Nearer, Spent
from malt_core.attacks.evolution import evolution
from malt_core.attacks.hop_skip_jump import hop_skip_jump
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, Finished
from malt_core.errors import BadConfig, MaltError
from malt_core.harness import verdict
from malt_core.harness.stepwise import stepwise
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.checks import check_image
from malt_core.numerics.gradients import Network, Passes
from malt_core.numerics.random import row_generator
from malt_core.types import Sample

EVERY = 20  # queries between two events where nothing has changed
LEAST_SIDE = 5  # pixels; Square's L2 form cuts the side of an image into fifths


def attack_by_answers(model: Network, sample: Sample, config: AnswersConfig) -> Iterator[Event]:
    """Attack one image without any gradient and yield what happens: Began, Measured, Heard..., Ended...

    model: from (B, C, H, W) in [0, 1] to logits (B, K >= 2), in evaluation mode meanwhile; nothing of it has
    to be differentiable. sample.x: (C, H, W); what the model answers to it is what is attacked, whatever
    sample.label says. MALT comes first; then the methods take turns, the one that has asked least so far
    next, until each has succeeded by its own measure (Square) or has spent its queries. Closing the iterator
    stops the work. Equal arguments give equal results.

    Raises BadImage for a sample of the wrong type or range, BadConfig where the model returns no logits.
    """
    with gradients.evaluation_mode(model):
        network = Levels(model, config.levels) if config.levels else model
        with gradients.evaluation_mode(network):
            yield from _attack(network, sample, config)


def _attack(network: Network, sample: Sample, config: AnswersConfig) -> Iterator[Event]:
    x0 = gradients.placed(network, check_image(sample.x, "The sample")).clone()
    x0 = gradients.match_memory_format(network, x0)
    if config.norm == "l2" and min(x0.shape[2:]) < LEAST_SIDE:
        raise BadConfig(f"Square's L2 form needs images of at least {LEAST_SIDE} pixels a side.")
    judge = _Judge(network, x0, config)
    z = judge.z0
    yield Began(
        label=judge.label,
        confidence=float(z.softmax(1).amax()),
        margin=float(losses.best_margin(z, judge.y)),
    )
    yield _malt(network, sample, config, judge)
    runs = {method: _Run(method, judge, config) for method in METHODS}
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


class _Judge:
    """Who says what counts: the network, asked afresh in float32 about one image, and no attack is charged.

    y: (1,), its answer to the original x0 (1, C, H, W), with logits z0 (1, K).
    """

    def __init__(self, network: Network, x0: Tensor, config: AnswersConfig) -> None:
        self.network, self.x0, self.norm, self.eps = network, x0, config.norm, config.eps
        self.z0 = self._logits(x0)
        gradients.check_finite(self.z0)
        self.y = self.z0.argmax(1)
        self.label = int(self.y)

    def _logits(self, image: Tensor) -> Tensor:
        image = gradients.match_memory_format(self.network, image)
        return gradients.logits(self.network, image, Passes(), any_number=True)

    def answer(self, image: Tensor, radius: float) -> int:
        """Return the class of an image (1, C, H, W); the label where it lies outside this radius."""
        counts = verdict.what_counts(image, self.x0, self.norm, radius)
        z = self._logits(counts)
        return int(z.argmax(1)) if bool(gradients.finite_rows(z)) else self.label

    def distance(self, image: Tensor) -> float:
        return float(norms.size(image - self.x0, self.norm))


def _malt(network: Network, sample: Sample, config: AnswersConfig, judge: _Judge) -> Measured:
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


@dataclass
class _Run:
    """One method at work. best: its image so far, (1, C, H, W); value: see Heard."""

    method: MethodId
    judge: _Judge
    config: AnswersConfig
    oracle: Oracle = field(init=False)
    best: Tensor | None = None
    value: float | None = None
    start: int | None = None
    within: tuple[int, Tensor, int] | None = None
    seconds: float = 0.0
    told: int = 0

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.judge.network, self.judge.label, self.config.queries)
        self._steps = self._score_steps() if SEES[self.method] == "scores" else self._class_steps()

    def advance(self) -> Heard | Ended:
        """Work up to the next event."""
        started = time.perf_counter()
        try:
            for changed in self._steps:
                if changed or self.oracle.queries - self.told >= EVERY:
                    self.told = self.oracle.queries
                    return Heard(method=self.method, queries=self.told, value=self.value)
            return self._ended(started)
        finally:
            self.seconds += time.perf_counter() - started

    def close(self) -> None:
        """Stop the work."""
        self._steps.close()

    def _class_steps(self) -> Generator[bool, None, None]:
        """Yield after queries whether a nearer image was found."""
        generator = row_generator(self.config.seed, 0, METHODS.index(self.method))
        search: Callable[..., Nearer] = hop_skip_jump if self.method == "hopskipjump" else evolution
        found = search(self._decide, self.judge.x0, self.config.norm, generator)
        while True:
            try:
                image = next(found)
            except (StopIteration, Spent):
                return
            nearer = image is not None and self._take(image)
            yield nearer

    def _decide(self, images: Tensor) -> Tensor:
        fools = self.oracle.fools(images)
        if self.start is None and bool(fools.any()):
            self.start = self.oracle.queries
        return fools

    def _take(self, image: Tensor) -> bool:
        distance = self.judge.distance(image)
        if self.value is not None and distance >= self.value:
            return False
        self.best, self.value = image.clone(), distance
        if self.within is None and verdict.inside(image, self.judge.x0, self.judge.norm, self.judge.eps):
            answer = self.judge.answer(image, self.judge.eps)
            if answer != self.judge.label:
                self.within = (self.oracle.queries, self.best, answer)
        return True

    def _score_steps(self) -> Generator[bool, None, None]:
        """Yield after queries whether the margin has become smaller."""
        judge, config = self.judge, self.config

        def call(pause: Callable[[bool], None]) -> Tensor:
            def predict(images: Tensor) -> Tensor:
                z = self.oracle.scores(images.to(judge.x0)).float()
                margin = float(losses.best_margin(z, judge.y))
                smaller = math.isfinite(margin) and (self.value is None or margin < self.value)
                if smaller:
                    self.best, self.value = images.clone(), margin
                    if margin < 0 and self.start is None:
                        self.start = self.oracle.queries
                pause(smaller)
                return z.clone()

            how = {"norm": config.norm, "eps": config.eps, "queries": config.queries, "seed": config.seed}
            return autoattack.square(predict, judge.x0, judge.y, **how)[0]

        final = yield from stepwise(call, judge.x0.device)
        final = final.to(judge.x0)
        answer = judge.answer(final, judge.eps)
        self.best = final
        if answer != judge.label:
            self.within = (self.oracle.queries, final, answer)

    def _ended(self, started: float) -> Ended:
        judge = self.judge
        image, answer = self.best, judge.label
        if image is not None:
            radius = judge.eps if self.method == "square" else judge.distance(image)
            answer = judge.answer(image, radius)
        if answer == judge.label and self.within is not None:
            _, image, answer = self.within
        fooled = answer != judge.label
        image = image if fooled and image is not None else judge.x0
        return Ended(
            method=self.method,
            queries=self.oracle.queries,
            n_backward=self.oracle.backward,
            fooled=fooled,
            distance=judge.distance(image) if fooled else None,
            within=self.within[0] if self.within else None,
            start=self.start,
            answer=answer,
            seconds=self.seconds + time.perf_counter() - started,
            image=image[0].cpu(),
        )
