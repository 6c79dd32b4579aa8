"""Code that draws from torch's global generator, kept apart from everybody else who does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


@contextmanager
def global_state_restored(device: torch.device | None = None) -> Iterator[None]:
    """Put torch's global random state back afterwards: the processor's, and that of a GPU `device`."""
    on_gpu = device is not None and device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        yield


_MAKES_FLOATS = (torch.rand, torch.randn, torch.zeros, torch.ones)


class SeededDraws(TorchFunctionMode):
    """Within it, this thread's torch.rand and torch.randn on the CPU come from a generator of its own.

    They give what the global generator would after torch.manual_seed(seed), whatever other threads draw
    from that meanwhile, and in float32 whatever default device and type the caller has set: so with zeros,
    ones and indices. Seeding itself is not covered: call `seed` where the code seeds. Every call of a
    torch function takes a little longer: about 1% of an attack's time on a small network.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator("cpu")
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start the sequence of this seed."""
        self._generator.manual_seed(seed)

    def __torch_function__(
        self,
        function: Callable,
        types: Sequence[type],
        args: tuple = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if function is torch.arange:  # an index on another device may pick anything
            kwargs = {"device": "cpu", **kwargs}
        if function in _MAKES_FLOATS:
            kwargs = {"dtype": torch.float32, "device": "cpu", **kwargs}
            if function in (torch.rand, torch.randn):
                kwargs = {"generator": self._generator, **kwargs}
        return function(*args, **kwargs)
