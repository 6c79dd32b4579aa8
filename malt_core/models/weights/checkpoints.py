"""Reading weights, and letting other packages build their pretrained networks from files that we checked."""

from __future__ import annotations

import os
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
from malt_core.models.weights.refusals import why_not

_HUB_USERS = ("torchvision.models._api", "timm.models._builder")  # each imports load_state_dict_from_url
_alone = threading.Lock()
_FORCED = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"


def read_weights(path: Path) -> Any:
    """Return what torch.save wrote to path, on the CPU: tensors and plain containers, never code.

    Raises ModelUnavailable if the file is damaged or holds anything else.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise unusable([path], error) from None  # its words would stand above ours, advice and all


def unusable(paths: Sequence[Path], error: Exception) -> ModelUnavailable:
    """Return the error for people, to be raised `from None`, that says why these files did not load."""
    reason = why_not(error)
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
def weights_only() -> Iterator[None]:
    """Keep other packages' torch.load from running code in files, whatever the environment says.

    A variable of torch turns its checks off wherever a caller does not ask for them, as RobustBench does not.
    Open it inside `alone_and_quiet`.
    """
    forced = os.environ.pop(_FORCED, None)
    try:
        yield
    finally:
        if forced is not None:
            os.environ[_FORCED] = forced


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
