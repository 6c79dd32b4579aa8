"""Loading a model by its id: once per process, ready for attacks."""

from __future__ import annotations

import threading
from collections import OrderedDict

from torch import Tensor, nn

from malt_core.errors import BadImage, ModelUnavailable
from malt_core.models.catalogue import model_info, provider_of
from malt_core.models.devices import Device, choose_device
from malt_core.models.providers import uploaded
from malt_core.models.weights.downloads import Progress
from malt_core.types import ModelInfo


class Model(nn.Module):
    """A network of the catalogue, frozen and in eval mode, with its `info`.

    Normalisation happens inside, so that eps is always in the unit of pixels in [0, 1].
    """

    def __init__(self, info: ModelInfo, network: nn.Module) -> None:
        super().__init__()
        self.info = info
        self.network = network
        self.requires_grad_(False)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """Map images x (B, 3, H, W) in [0, 1], of the size in `info`, to logits (B, K).

        Raises BadImage for any other shape.
        """
        self.check_size(x)
        return self.network(x)

    def check_size(self, x: Tensor) -> None:
        """Raise BadImage unless x has the shape (B, 3, H, W) that `forward` takes."""
        if x.ndim != 4 or x.shape[1:] != (3, *self.info.size):
            height, width = self.info.size
            raise BadImage(
                f"{self.info.id} takes images of shape (B, 3, {height}, {width}), not {tuple(x.shape)}. "
                "Bring them to that size first."
            )


KEPT = 4  # models that stay in memory after use; the catalogue has far more than a server could hold

_models: OrderedDict[tuple[str, str], Model] = OrderedDict()
_locks: dict[tuple[str, str], threading.Lock] = {}
_guard = threading.Lock()


def load_model(id: str, *, device: Device = "cpu", progress: Progress | None = None) -> Model:
    """Return the model with this id, shared by all who ask while it is in memory.

    device: where it computes, see devices.choose_device; images go to it there.
    The last KEPT models stay there. Several threads that ask for the same model load it once; do not change
    what you get, others use it too.
    progress: called with a message, the bytes done and the bytes in total (None where unknown) while a
    download runs, in the thread of the caller who started it.

    Raises BadConfig for an unknown id or a device that is not there, and ModelUnavailable, saying what to do,
    if the model cannot be downloaded, read or built here.
    """
    info, place = model_info(id), choose_device(device)
    if id.startswith(uploaded.START):  # whoever gave it keeps it, and nobody else does
        return Model(info, _network(info, progress or _silent)).to(place)
    key = id, place.type
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        model = _models.get(key) or Model(info, _network(info, progress or _silent)).to(place)
        with _guard:
            _models[key] = model
            _models.move_to_end(key)
            while len(_models) > KEPT:
                _models.popitem(last=False)
        return model


def _network(info: ModelInfo, progress: Progress) -> nn.Module:
    try:
        return provider_of(info.id).load(info, progress)
    except ImportError as error:
        raise ModelUnavailable(
            f"{info.id} needs a Python package that cannot be imported here: {error}. "
            "Install what it needs with `pip install malt-lab`."
        ) from error
    except OSError as error:
        raise ModelUnavailable(f"{info.id} cannot be read: {error}.") from error


def _silent(message: str, done: int, total: int | None) -> None:
    pass
