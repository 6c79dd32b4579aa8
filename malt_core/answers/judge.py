"""Who says what counts in a run by answers alone."""

from __future__ import annotations

from torch import Tensor

from malt_core.harness import verdict
from malt_core.numerics import gradients, norms
from malt_core.numerics.gradients import Network, Passes
from malt_core.types import Norm


class Judge:
    """Who says what counts: the network, asked afresh in float32 about one image, and no attack is charged.

    y: (1,), its answer to the original x0 (1, C, H, W), with logits z0 (1, K).
    """

    def __init__(self, network: Network, x0: Tensor, norm: Norm, eps: float) -> None:
        self.network, self.x0, self.norm, self.eps = network, x0, norm, eps
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
