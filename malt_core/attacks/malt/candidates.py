"""The order of attack for a batch of images, with as few gradients as it takes.

The Jacobian's rows are most of what an easy image costs. Candidates come by confidence, that is with growing
margins, and gradient norms differ little between classes; so a class whose margin is too large for any norm
seen so far cannot be among the nearest, nor can any that follow, and their gradients need not be computed.
Of the nearest class the gradient itself is kept: an attack's first step goes along it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from malt_core.attacks.malt import targeting
from malt_core.attacks.malt.budget import REACH
from malt_core.attacks.types import AttackConfig
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.gradients import Network, Passes

LONGEST_NORM = 1.2  # gradient norms still to come are taken to be at most so many times the largest so far
LONGER = 1.2  # ... and more by so much over the number of those so far, as few say little of the largest
EASY = 0.5  # an image with a class nearer than so many times eps falls, whichever class is the nearest
FEW = 2  # classes whose gradients are taken at first


class CandidateScores:
    """Candidate classes of N images, scored as far as was asked.

    x: (N, C, H, W); y: (N,) their labels; z: (N, K) their logits. forward_of, backward_of: (N,), the passes
    spent on each image. gradient_of: by image, see `find_nearest`; whoever uses one takes it out. With naive
    targeting the order is that of confidence, and nothing is spent.
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
        self.gradient_of: dict[int, Tensor] = {}

    @property
    def backward_of(self) -> Tensor:
        return self.scored

    def find_nearest(self, images: Tensor) -> None:
        """Score candidates of the images (I,), of which none is scored yet, until the nearest is known.

        Of an image with a class so near that it falls anyway (EASY), a nearer one is not looked for. The
        gradient to the nearest class is put into `gradient_of`, if it is finite.
        """
        upto = FEW
        while len(images):
            self.extend(images, upto, keep=True)
            easy = self.score[images].amin(1) < EASY * self.config.eps
            images = images[~easy & self._may_miss(images, 1)]
            upto *= 2

    def extend(self, images: Tensor, upto: int, *, keep: bool = False) -> None:
        """Score the first `upto` candidates of the images (I,), which are all scored equally far so far.

        keep: put the gradient to the nearest class among them into `gradient_of`.
        """
        upto = min(upto, self.candidates.shape[1])
        begin = int(self.scored[images[:1]].sum())
        if self.config.targeting == "naive" or begin >= upto or not len(images):
            return
        self.begin()
        for index in images.split(self.batch_size):
            for column, gradient in enumerate(self._gradients(index, begin, upto), start=begin):
                nearest = self.score[index].amin(1)
                sizes = norms.dual_size(gradient, self.config.norm)
                self.sizes[index, column] = sizes
                self.score[index, column] = targeting.scores(self.margins[index, column], sizes)
                if keep:
                    for row in (self.score[index, column] < nearest).nonzero()[:, 0].tolist():
                        self.gradient_of[int(index[row])] = gradient[row]
        self.scored[images] = upto
        self.forward_of[images] += 1

    def _gradients(self, index: Tensor, begin: int, upto: int) -> Iterator[Tensor]:
        return gradients.margin_gradients(
            self.model,
            gradients.match_memory_format(self.model, self.x[index]),
            self.y[index],
            self.candidates[index, begin:upto],
            self.passes,
            bfloat16=self.bfloat16,
        )

    def extend_while_near(self, images: Tensor) -> None:
        """Score more candidates of the images, for each until none of the nearest can be missing."""
        last = min(self.config.n_targets, self.candidates.shape[1])
        while len(images := images[self._may_miss(images, last)]):
            for scored in self.scored[images].unique().tolist():
                self.extend(images[self.scored[images] == scored], max(2 * scored, FEW))

    def _may_miss(self, images: Tensor, place: int) -> Tensor:
        """Return for each image (I,) whether its next candidate could be among the `place` nearest."""
        n_candidates, scored = self.candidates.shape[1], self.scored[images]
        if self.config.targeting == "naive":
            return torch.zeros_like(images, dtype=torch.bool)
        longest = self.sizes[images].nan_to_num(0.0, 0.0, 0.0).amax(1)
        longest *= (1 + LONGER / scored.clamp(min=1)).clamp(min=LONGEST_NORM)
        following = self.margins[images, scored.clamp(max=n_candidates - 1)]
        farthest = self.score[images].sort(dim=1).values[:, place - 1].clamp(max=REACH * self.config.eps)
        return (scored < n_candidates) & (following < farthest * longest)

    def near(self, image: int) -> int:
        """Return how many candidates of an image are predicted to be within reach; all if none is scored."""
        if self.config.targeting == "naive":
            return self.candidates.shape[1]
        return int((self.score[image] <= REACH * self.config.eps).sum())

    def order(self, image: int) -> list[int]:
        """Return all candidates of an image, the nearest first, those without a score last."""
        by_score = targeting.order_by_score(self.candidates[image, None], self.score[image, None])
        return by_score[0].tolist()
