"""Reading weights, and letting other packages build their pretrained networks from files that we checked."""

from __future__ import annotations

import pickle
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.hub import load_state_dict_from_url

from malt_core.errors import ModelUnavailable
from malt_core.models.weights.downloads import Remote

_HUB_USERS = ("torchvision.models._api", "timm.models._builder")  # each imports load_state_dict_from_url
_alone = threading.Lock()


def read_weights(path: Path) -> Any:
    """Return what torch.save wrote to path, on the CPU: tensors and plain containers, never code.

    Raises ModelUnavailable if the file is damaged or holds anything else.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise unusable([path], error) from error


def unusable(paths: Sequence[Path], error: Exception) -> ModelUnavailable:
    """Return the error for people that says why the weights in these files did not load."""
    text = str(error).strip()
    if isinstance(error, pickle.UnpicklingError) and "Unsupported" in text:
        reason = "it holds more than weights, and unpacking that could run foreign code"
    else:
        reason = (text or type(error).__name__).splitlines()[0].rstrip(".:")
    files = f"The file {paths[0]}" if len(paths) == 1 else f"One of the files {', '.join(map(str, paths))}"
    return ModelUnavailable(
        f"{files} cannot be loaded: {reason}. If it is damaged, delete it to have it downloaded again."
    )


@contextmanager
def alone_and_quiet() -> Iterator[None]:
    """Silence the warnings of other packages' code, one thread at a time.

    Python's warning filters belong to the whole process, so threads that change them must take turns.
    """
    with _alone, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def serving(remotes: Sequence[Remote]) -> Iterator[None]:
    """While open, what torchvision and timm would download from a remote's url is read from its path.

    They offer no other way in, and torch.hub would download unseen and unchecked, and for torchvision run
    whatever code the file holds. Open it inside `alone_and_quiet`.
    """
    paths = {remote.url: remote.path for remote in remotes}
    importers = [sys.modules[name] for name in _HUB_USERS if name in sys.modules]

    def serve(url: str, *args: Any, **kwargs: Any) -> Any:
        return read_weights(paths[url]) if url in paths else load_state_dict_from_url(url, *args, **kwargs)

    for importer in importers:
        importer.load_state_dict_from_url = serve
    try:
        yield
    finally:
        for importer in importers:
            importer.load_state_dict_from_url = load_state_dict_from_url
