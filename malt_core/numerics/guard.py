"""A network while it is attacked: in evaluation mode, and afterwards as it was.

What is promised: from the first attack's beginning to the end of the last one, in whatever threads or open
iterators they are, every module of the network is in evaluation mode; after that each has the mode and the
buffers that it had before the first. A module that somebody else switches to training mode meanwhile stays
as they left it, with a warning, since the results are then not to be trusted.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from malt_core.errors import MaltWarning
from malt_core.numerics.modules import Network, modules_within

LARGEST_BUFFER = 1 << 24  # bytes; what is larger is a table of constants, not a statistic


@dataclass
class _Hold:
    """A module under attack. by: how many attacks; training: its mode before the first of them.

    buffers: by name, the tensor itself and a copy of what it held.
    """

    module: nn.Module
    training: bool
    buffers: dict[str, tuple[Tensor, Tensor]]
    by: int = 0


_lock = threading.Lock()
_holds: dict[int, _Hold] = {}  # by id of the module, which the hold keeps alive


@contextmanager
def evaluation_mode(network: Network) -> Iterator[None]:
    """Run a network as in deployment (dropout off, batch statistics fixed) and leave it as it was found.

    Of a plain function, this concerns the modules that it refers to; see modules_within. Attacks on the same
    modules may overlap, see above. Buffers that the network changes all the same are put back, with a
    MaltWarning; so says one that was switched to training mode meanwhile.
    """
    modules = modules_within(network)
    with _lock:
        for module in modules:
            _hold(module)
    try:
        yield
    finally:
        with _lock:
            said = dict.fromkeys(complaint for module in modules for complaint in _let_go(module))
        for complaint in said:
            warnings.warn(complaint, MaltWarning, stacklevel=3)


def _hold(module: nn.Module) -> None:
    training = bool(getattr(module, "training", False))
    if id(module) not in _holds:
        _holds[id(module)] = _Hold(module, training, _buffers(module))
    _holds[id(module)].by += 1
    if training:
        module.training = False


def _let_go(module: nn.Module) -> Iterator[str]:
    """Put the module back into its state if nobody attacks it any more; yield what there is to say."""
    hold = _holds[id(module)]
    hold.by -= 1
    if getattr(module, "training", False):
        yield (
            "The network was switched to training mode while it was attacked, so the results are not to be "
            "trusted: attack it again, and train it before or after."
        )
    if hold.by:
        return
    del _holds[id(module)]
    if hold.training:
        module.training = True
    changed = [
        name for name, (buffer, before) in hold.buffers.items() if _restored(module, name, buffer, before)
    ]
    if changed:
        yield (
            f"The network changed its buffer {changed[0]} while it was attacked, even in evaluation mode; "
            "the buffer has been put back. What a network remembers of one image should not change its "
            "answer to another."
        )


def _buffers(module: nn.Module) -> dict[str, tuple[Tensor, Tensor]]:
    return {
        name: (buffer, buffer.detach().clone())
        for name, buffer in module.named_buffers(recurse=False)
        if not nn.parameter.is_lazy(buffer)
        and buffer.layout == torch.strided
        and buffer.nbytes <= LARGEST_BUFFER
    }


def _restored(module: nn.Module, name: str, buffer: Tensor, before: Tensor) -> bool:
    """Make the buffer what it was; return whether it had changed."""
    now = getattr(module, name, None)
    same = now is buffer or (isinstance(now, Tensor) and now.data_ptr() == buffer.data_ptr())
    if not same:  # another tensor has taken its place
        setattr(module, name, buffer)
    kept = torch.equal(buffer, before) or torch.allclose(buffer, before, rtol=0, atol=0, equal_nan=True)
    if not kept:
        with torch.inference_mode(buffer.is_inference()), torch.no_grad():
            buffer.copy_(before)
    return not (same and kept)
