"""One method at work, from one event to the next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from torch import Tensor

from malt_core.answers.judge import Judge
from malt_core.answers.oracle import Oracle
from malt_core.answers.types import METHODS, SEES, AnswersConfig, Ended, Heard, MethodId
from malt_core.attacks import autoattack
from malt_core.attacks.decisions import Nearer, Spent
from malt_core.attacks.evolution import evolution
from malt_core.attacks.hop_skip_jump import hop_skip_jump
from malt_core.harness import verdict
from malt_core.harness.stepwise import stepwise
from malt_core.numerics import losses
from malt_core.numerics.random import row_generator

EVERY = 20  # queries between two events where nothing has changed


@dataclass
class Method:
    """One method at work. best: its image so far, (1, C, H, W); value: see Heard; start, within: see Ended,
    the latter with the image and the answer to it. told: queries at the last event.
    """

    method: MethodId
    judge: Judge
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
