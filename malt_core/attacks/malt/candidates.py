"""The order of attack for a batch of images, with as few gradients as it takes.

The Jacobian's rows are most of what an easy image costs. Candidates come by confidence, that is with growing
margins, and gradient norms differ little between classes; so a class whose margin is too large for any norm
seen so far cannot be among the nearest, nor can any that follow, and their gradients need not be computed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from malt_core.attacks.malt import targeting
from malt_core.attacks.types import AttackConfig
from malt_core.numerics import gradients, losses
from malt_core.numerics.gradients import Network, Passes

LONGEST_NORM = 1.2  # gradient norms still to come are taken to be at most so many times the largest so far
REACH = 2.0  # a class that is predicted further off than so many times eps is not worth a gradient


class CandidateScores:
    """Candidate classes of N images, scored as far as was asked.

    x: (N, C, H, W); y: (N,) their labels; z: (N, K) their logits. forward_of, backward_of: (N,), the passes
    spent on each image. With naive targeting the order is that of confidence, and nothing is spent.
    shared: as losses.shared_logits returns it. begin: called ahead of the passes of each `extend`.
    """

    def __init__(
        self,
        model: Network,
        x: Tensor,
        y: Tensor,
        z: Tensor,
        config: AttackConfig,
        *,
        batch_size: int,
        bfloat16: bool,
        passes: Passes,
        shared: losses.SharedLogits | None = None,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.model, self.x, self.y, self.config, self.passes = model, x, y, config, passes
        self.begin = begin
        self.batch_size, self.bfloat16 = batch_size, bfloat16
        self.candidates = targeting.confident_classes(z, y, config.n_candidates, shared)
        self.margins = z.gather(1, y[:, None]) - z.gather(1, self.candidates)
        self.sizes = torch.zeros_like(self.margins)
        self.score = torch.full_like(self.margins, torch.inf)
        self.scored = torch.zeros_like(y)
        self.forward_of = torch.zeros_like(y)

    @property
    def backward_of(self) -> Tensor:
        return self.scored

    def extend(self, images: Tensor, upto: int) -> None:
        """Score the first `upto` candidates of the images (I,), which are all scored equally far so far."""
        upto = min(upto, self.candidates.shape[1])
        begin = int(self.scored[images[:1]].sum())
        if self.config.targeting == "naive" or begin >= upto or not len(images):
            return
        self.begin()
        for index in images.split(self.batch_size):
            columns = self.candidates[index, begin:upto]
            sizes = targeting.gradient_norms(
                self.model,
                gradients.match_memory_format(self.model, self.x[index]),
                self.y[index],
                columns,
                self.config.norm,
                self.passes,
                bfloat16=self.bfloat16,
            )
            self.sizes[index, begin:upto] = torch.stack(list(sizes), dim=1)
        self.score[images, begin:upto] = targeting.scores(
            self.margins[images, begin:upto], self.sizes[images, begin:upto]
        )
        self.scored[images] = upto
        self.forward_of[images] += 1

    def extend_while_near(self, images: Tensor) -> None:
        """Score more candidates of the images, for each until none of the nearest can be missing."""
        group = int(self.scored[images[:1]].sum())
        while len(images):
            images = images[self._may_miss(images)]
            group *= 2
            self.extend(images, group)

    def _may_miss(self, images: Tensor) -> Tensor:
        """Return for each image (I,) whether its next candidate could be among those to attack."""
        n_candidates, scored = self.candidates.shape[1], int(self.scored[images[0]])
        if scored == n_candidates or self.config.targeting == "naive":
            return torch.zeros_like(images, dtype=torch.bool)
        largest = self.sizes[images].nan_to_num(0.0, 0.0, 0.0).amax(1)
        nearest_possible = self.margins[images, scored] / (LONGEST_NORM * largest)
        last = min(self.config.n_targets, n_candidates) - 1
        last_target = self.score[images].sort(dim=1).values[:, last]
        return nearest_possible < last_target.clamp(max=REACH * self.config.eps)

    def order(self, image: int) -> list[int]:
        """Return all candidates of an image, the nearest first, those without a score last."""
        by_score = targeting.order_by_score(self.candidates[image, None], self.score[image, None])
        return by_score[0].tolist()
