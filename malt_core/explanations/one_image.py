"""One image and its network, tried out and placed once, as every explanation of it needs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from malt_core.attacks.malt import targeting
from malt_core.attacks.types import RankedTarget
from malt_core.errors import BadConfig
from malt_core.numerics import gradients, losses, norms
from malt_core.numerics.checks import check_class, check_image
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust import soundness
from malt_core.types import NORMS, Norm


@dataclass
class OneImage:
    """An image (1, C, H, W) with label y (1,) and logits z0 (1, K); model: in evaluation mode, tried out.

    shared: as losses.shared_logits returns it.
    """

    model: Network
    x0: Tensor
    y: Tensor
    z0: Tensor
    norm: Norm
    shared: losses.SharedLogits | None
    passes: Passes = field(default_factory=Passes)

    @classmethod
    def of(cls, model: Network, x0: Tensor, y: int | None, norm: Norm) -> OneImage:
        """Try the network out on x0 (C, H, W) in [0, 1]. y: its label, None for the model's own answer.

        The model has to be in evaluation mode. Raises BadImage, BadConfig as `malt_core.attack` does.
        """
        if norm not in NORMS:
            raise BadConfig(f"Unknown norm {norm!r}: choose linf or l2.")
        x = gradients.match_memory_format(model, gradients.placed(model, check_image(x0)).clone())
        tried = soundness.try_out(model, x)
        passes = Passes()
        z = gradients.logits(tried.network, x, passes)
        label = z.argmax(1) if y is None else torch.full_like(z.argmax(1), check_class(y, z.shape[1]))
        shared = losses.shared_logits(torch.cat((z, tried.logits)))
        return cls(tried.network, x, label, z, norm, shared, passes)

    def candidates(self, n: int) -> list[int]:
        """Return the n classes with the highest logits besides the label, the highest first."""
        return targeting.confident_classes(self.z0, self.y, n, self.shared)[0].tolist()

    def line_to(self, target: int) -> tuple[float, Tensor]:
        """Return MALT's score of a class and the gradient of the margin to it, (1, C, H, W)."""
        index = torch.full_like(self.y, target)
        margin, gradient = gradients.margin_and_gradient(self.model, self.x0, self.y, index, self.passes)
        return float(targeting.scores(margin, norms.dual_size(gradient, self.norm))), gradient

    def score(self, candidates: list[int]) -> Iterator[Tensor]:
        """Yield the dual norm of each class's margin gradient, (1,), a backward pass each."""
        table = self.y.new_tensor([candidates])
        return targeting.gradient_norms(self.model, self.x0, self.y, table, self.norm, self.passes)

    def rank(self, candidates: list[int], norms_of: list[Tensor]) -> tuple[RankedTarget, ...]:
        """Return the candidates, given by confidence with their gradient norms (1,) each, nearest first."""
        index = self.y.new_tensor(candidates)
        return targeting.rank(self.z0[0], int(self.y), index, torch.cat(norms_of), "malt")
