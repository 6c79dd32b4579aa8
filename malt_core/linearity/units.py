"""The units of a network that are linear on either side of a kink, watched as it computes.

Between two points at which all ReLUs are on the same sides of their kinks, a ReLU network is one linear
function: it is continuous and piecewise linear (Montúfar et al., arXiv 1402.1869). So what switches along a
segment counts the linear pieces on it. Operations are watched, not modules: many networks call relu as a
function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

_aten = torch.ops.aten
_AT_ZERO = {_aten.relu, _aten.relu_, _aten.leaky_relu, _aten.leaky_relu_, _aten.prelu, _aten._prelu_kernel}
_BETWEEN = {_aten.relu6, _aten.relu6_, _aten.hardtanh, _aten.hardtanh_}
_POOL = _aten.max_pool2d_with_indices
_SMOOTH = {
    getattr(_aten, name)
    for base in ("silu", "gelu", "sigmoid", "tanh", "elu", "celu", "selu", "mish", "hardswish", "hardsigmoid")
    for name in (base, f"{base}_")
} | {_aten.softplus, _aten._softmax, _aten._scaled_dot_product_flash_attention_for_cpu}


class Units(TorchDispatchMode):
    """Counts switches from each image to the next, over all that is computed inside `with`.

    Call `next_pass` after each pass of the network; the images of the next one follow those of the last.
    switches: so far; smooth: whether an activation without kinks was met, so that there are no pieces.
    """

    def __init__(self) -> None:
        super().__init__()
        self.switches = 0
        self.smooth = False
        self._last: list[Tensor] = []  # of each watched operation, the sides at the last image
        self._now: list[Tensor] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to skip it, torch would load it first, which takes seconds

    @property
    def count(self) -> int | None:
        """How often a unit switched; None for a network that is not made of linear pieces, or of one."""
        return None if self.smooth or not self._last else self.switches

    def next_pass(self) -> None:
        """The pass is over."""
        self._last, self._now = self._now, []

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        packet = func.overloadpacket
        if packet in _AT_ZERO:
            self._note(args[0] > 0)
        elif packet in _BETWEEN:
            low, high = (0.0, 6.0) if packet in (_aten.relu6, _aten.relu6_) else _limits(args)
            self._note((args[0] > low).to(torch.int8) + (args[0] >= high))
        elif packet in _SMOOTH:
            self.smooth = True
        found = func(*args, **kwargs)
        if packet is _POOL:
            self._note(found[1])
        return found

    def _note(self, sides: Tensor) -> None:
        """Put down on which sides of their kinks units (B, ...) are."""
        place = len(self._now)
        if len(self._last) > place:
            self.switches += int((sides[:1] != self._last[place]).sum())
        self.switches += int((sides[1:] != sides[:-1]).sum())
        self._now.append(sides[-1:].clone())


def _limits(args: tuple) -> tuple[float, float]:
    return (args[1] if len(args) > 1 else -1.0), (args[2] if len(args) > 2 else 1.0)
