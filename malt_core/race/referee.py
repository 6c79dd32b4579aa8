"""Who watches an attack: what it costs, and which images have fallen. No attack's own word counts here."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from malt_core.attacks.catalogue import AttackId
from malt_core.harness import verdict
from malt_core.harness.counting import CountingModel
from malt_core.harness.stepwise import Turn
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.race.types import Fell, Progress, RaceConfig, StageName

TURN = 0.05  # seconds of work after which an attack pauses; waking a thread can take milliseconds


class Clock:
    """Seconds of work, without the pauses. It stands until it is started."""

    def __init__(self, device: torch.device) -> None:
        self.seconds, self.running = 0.0, False
        self._device, self._since = device, 0.0

    def start(self) -> None:
        self._since, self.running = time.perf_counter(), True

    def stop(self) -> None:
        if not self.running:
            return
        self.running = False
        if self._device.type == "cuda":  # what has been launched is work, too
            torch.cuda.synchronize(self._device)
        self.seconds += time.perf_counter() - self._since


class Referee(CountingModel):
    """A network under attack: the same function, which looks at every point that is sent through it.

    A point is looked at for every image that still stands: if it lies inside that image's ball and is not
    given its label, it is judged once more in float32, apart from the attack. The looking counts neither as
    time nor as passes.

    x: (B, C, H, W), the images attacked, all classified as y (B,). numbers: what each is called in events.
    pause: set it to what is to be called, off the clock, ahead of the first pass of a stage and then ahead of
    one after every TURN seconds; what it raises ends the attack. news: events as they come, to be taken.
    adversarial: (B, C, H, W), where each image fell, the original where it stands; standing: which do.
    invalid: images, by place, of which a point inside the ball had logits that were not finite numbers.
    """

    def __init__(
        self,
        lane: AttackId,
        model: Network,
        x: Tensor,
        y: Tensor,
        *,
        numbers: tuple[int, ...],
        config: RaceConfig,
    ) -> None:
        super().__init__(model, Passes(), self._before_forward, x.dtype)
        self.lane, self.x, self.y, self.numbers, self.config = lane, x, y, numbers, config
        self.pause: Callable[[], None] = lambda: None
        self.clock = Clock(x.device)
        self.adversarial = x.clone()
        self.standing = set(range(len(x)))
        self.invalid: set[int] = set()
        self.news: list[Progress | Fell] = []
        self.stage: StageName = "clean"
        self._most: int | None = None
        self._calls = 0
        self._turn = Turn(TURN, lambda: self.clock.seconds)
        self._turn.end()

    def begin(self, stage: StageName, most: int | None) -> None:
        """Say what the attack does from now on; most: how often it calls the model for that at most.

        The first stage starts the clock: what the attack did before was preparation, such as importing.
        """
        self.stage, self._most, self._calls = stage, most, 0
        self._turn.end()
        if not self.clock.running:
            self.clock.start()

    def forward(self, x: Tensor) -> Tensor:
        z = super().forward(x)
        self._calls += 1
        self.clock.stop()
        self._look(x.detach().to(self.x.dtype), z.detach())
        self.clock.start()
        return z

    def examine(self, x: Tensor) -> None:
        """Look at what the attack has returned, (B, C, H, W): the model may not have seen it yet."""
        x = x.to(self.x.dtype)
        self._look(x, gradients.logits(self.model, x, Passes(), any_number=True))

    def _before_forward(self) -> None:
        self.clock.stop()
        if self._turn.over:
            self.news.append(Progress(stage=self.stage, calls=self._calls, most=self._most, **self._so_far()))
            self.pause()
            self._turn.begin()
        self.clock.start()

    def _so_far(self) -> dict:
        return {
            "lane": self.lane,
            "seconds": self.clock.seconds,
            "n_forward": self.passes.forward,
            "n_backward": self.passes.backward,
            "robust": len(self.standing),
        }

    @torch.no_grad()
    def _look(self, x: Tensor, z: Tensor) -> None:
        standing = torch.tensor(sorted(self.standing), dtype=torch.long, device=x.device)
        finite = gradients.finite_rows(z)[:, None]
        wrong = (z.argmax(1)[:, None] != self.y[standing]) | ~finite
        if not wrong.any():
            return
        found = wrong & verdict.inside_each(x, self.x[standing], self.config.norm, self.config.eps)
        for i, points in zip(standing.tolist(), found.T, strict=True):
            if points.any():
                self._judge(i, x[points])

    def _judge(self, i: int, points: Tensor) -> None:
        """Let image i fall if any of these points inside its ball, (R, C, H, W), fools the network."""
        classes, finite = self._classes(points)
        if not finite.all():
            self.invalid.add(i)
        fooled = ((classes != self.y[i]) & finite).nonzero()[:, 0]
        if not len(fooled):
            return
        point = points[fooled[:1]]
        rounded = norms.eight_bit_image(point, self.x[i : i + 1], self.config.norm, self.config.eps)
        self.adversarial[i] = point[0]
        self.standing.discard(i)
        into, sound = self._classes(rounded)
        self.news.append(
            Fell(
                image=self.numbers[i],
                stage=self.stage,
                into=int(classes[fooled[0]]),
                survives_png=bool(into != self.y[i] and sound),
                **self._so_far(),
            )
        )

    def _classes(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the classes of points (R, C, H, W), (R,), and whose logits are finite numbers, (R,) bool."""
        z = gradients.logits(self.model, points, Passes(), any_number=True)
        return z.argmax(1), gradients.finite_rows(z)
