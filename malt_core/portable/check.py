"""Whether a file says what its network says: over ten images, logits and gradients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from malt_core.errors import BadConfig
from malt_core.portable.trace import logits_and_gradient

if TYPE_CHECKING:
    import onnx

IMAGES = 10
LOGITS = 1e-3  # largest difference of a logit, as a share of their range
MEDIAN, EACH = 0.9999, 0.999  # cosines of gradients


@dataclass(frozen=True)
class Agreement:
    """How far a file and its network agree over IMAGES images.

    logits: largest difference, as a share of the range of the image's logits. cosines: of the gradients,
    median and smallest.
    """

    logits: float
    median_cosine: float
    smallest_cosine: float

    @property
    def good(self) -> bool:
        """Whether that is close enough."""
        return self.logits < LOGITS and self.median_cosine > MEDIAN and self.smallest_cosine > EACH


def session_of(model: bytes) -> Any:
    """Return an ONNX Runtime session of a model, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def agreement(network: nn.Module, model: bytes, shape: tuple[int, int, int], classes: int) -> Agreement:
    """Compare a file with the network whose rounded weights it holds."""
    session, passes = session_of(model), logits_and_gradient(network)
    logits, cosines = [], []
    for image, weights in _questions(shape, classes):
        z, gradient = (value.detach().numpy() for value in passes(image, weights))
        found = session.run(None, {"image": image.numpy(), "weights": weights.numpy()})
        spread = float(z.max() - z.min()) or 1.0
        logits.append(float(np.abs(found[0] - z).max()) / spread)
        cosines.append(_cosine(found[1].ravel(), gradient.ravel()))
    return Agreement(max(logits), float(np.median(cosines)), min(cosines))


def check(found: Agreement, model: onnx.ModelProto) -> None:
    """Raise BadConfig, naming the operators, unless file and network agree."""
    if found.good:
        return
    operators = Counter(node.op_type for node in model.graph.node)
    for node in model.graph.node:
        for attribute in node.attribute:
            operators.update(inner.op_type for inner in attribute.g.node)
    named = ", ".join(f"{name} ({count})" for name, count in sorted(operators.items()))
    raise BadConfig(
        f"The file does not say what the network says: logits differ by {found.logits:.2g} of their range, "
        f"the cosine of the gradients is {found.median_cosine:.5f} in the median and "
        f"{found.smallest_cosine:.5f} at least. Nothing was written. It was exported with {named}."
    )


def _questions(shape: tuple[int, int, int], classes: int) -> list[tuple[Tensor, Tensor]]:
    """Return images (1, C, H, W), smooth like photographs, and what to ask of each: a margin."""
    source = torch.Generator("cpu").manual_seed(0)
    asked = []
    for _ in range(IMAGES):
        coarse = torch.rand((1, shape[0], 8, 8), generator=source)
        image = nn.functional.interpolate(coarse, shape[1:], mode="bilinear")
        image = (0.85 * image + 0.15 * torch.rand((1, *shape), generator=source)).clamp(0, 1)
        weights = torch.zeros(1, classes)
        first, second = torch.randperm(classes, generator=source)[:2].tolist()
        weights[0, first], weights[0, second] = 1.0, -1.0
        asked.append((image, weights))
    return asked


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else float(not a.any() and not b.any())
