"""Who watches an attack: what it costs, and which images have fallen. No attack's own word counts here."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from malt_core.harness.counting import CountingModel
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.race.types import Fell, LaneName, Progress, RaceConfig, StageName

TURN = 0.05  # seconds of work after which an attack pauses; waking a thread can take milliseconds


class Clock:
    """Seconds of work, without the pauses."""

    def __init__(self, device: torch.device) -> None:
        self.seconds = 0.0
        self._device, self._since = device, 0.0

    def start(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> None:
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
    """

    def __init__(
        self,
        lane: LaneName,
        model: Network,
        x: Tensor,
        y: Tensor,
        *,
        numbers: tuple[int, ...],
        config: RaceConfig,
    ) -> None:
        super().__init__(model, Passes(), self._before_forward)
        self.lane, self.x, self.y, self.numbers, self.config = lane, x, y, numbers, config
        self.pause: Callable[[], None] = lambda: None
        self.clock = Clock(x.device)
        self.adversarial = x.clone()
        self.standing = set(range(len(x)))
        self.news: list[Progress | Fell] = []
        self.begin("clean", None)

    def begin(self, stage: StageName, most: int | None) -> None:
        """Say what the attack does from now on; most: how often it calls the model for that at most."""
        self.stage: StageName = stage
        self._most, self._calls, self._turn_over = most, 0, 0.0

    def at_the_originals(self, x: Tensor) -> bool:
        """Whether every point of x (R, C, H, W) is one of the images attacked."""
        return all(bool((self.x == point).flatten(1).all(1).any()) for point in x)

    def forward(self, x: Tensor) -> Tensor:
        z = super().forward(x)
        self._calls += 1
        self.clock.stop()
        self._look(x.detach(), z.detach())
        self.clock.start()
        return z

    def examine(self, x: Tensor) -> None:
        """Look at what the attack has returned, (B, C, H, W): the model may not have seen it yet."""
        self._look(x, gradients.logits(self.model, x, Passes()))

    def _before_forward(self) -> None:
        self.clock.stop()
        if self.clock.seconds >= self._turn_over:
            self.news.append(Progress(stage=self.stage, calls=self._calls, most=self._most, **self._so_far()))
            self.pause()
            self._turn_over = self.clock.seconds + TURN
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
        wrong = z.argmax(1)[:, None] != self.y[standing]
        if not wrong.any():
            return
        found = wrong & self._inside(x, self.x[standing])
        for i, points in zip(standing.tolist(), found.T, strict=True):
            if points.any():
                self._judge(i, x[points])

    def _inside(self, points: Tensor, centres: Tensor) -> Tensor:
        """Return which points (R, C, H, W) lie in [0, 1] and in the balls around centres (S, C, H, W)."""
        points, centres = points.flatten(1), centres.flatten(1)
        p = torch.inf if self.config.norm == "linf" else 2.0
        distance = torch.cdist(points, centres, p, compute_mode="donot_use_mm_for_euclid_dist")
        near = distance <= self.config.eps * (1 + 1e-5) + 2e-7  # float32 may round a projection outwards
        return near & ((points.amin(1) >= 0) & (points.amax(1) <= 1))[:, None]

    def _judge(self, i: int, points: Tensor) -> None:
        """Let image i fall if any of these points inside its ball, (R, C, H, W), fools the network."""
        classes = self._classes(points)
        fooled = (classes != self.y[i]).nonzero()[:, 0]
        if not len(fooled):
            return
        point = points[fooled[:1]]
        rounded = norms.eight_bit_image(point, self.x[i : i + 1], self.config.norm, self.config.eps)
        self.adversarial[i] = point[0]
        self.standing.discard(i)
        self.news.append(
            Fell(
                image=self.numbers[i],
                stage=self.stage,
                into=int(classes[fooled[0]]),
                survives_png=bool(self._classes(rounded) != self.y[i]),
                **self._so_far(),
            )
        )

    def _classes(self, points: Tensor) -> Tensor:
        return gradients.logits(self.model, points, Passes()).argmax(1)
