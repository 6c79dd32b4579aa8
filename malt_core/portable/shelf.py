"""The exported files of the catalogue's networks, each made once and kept beside the downloads."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from malt_core.errors import BadConfig
from malt_core.models.weights.downloads import Progress, cache_dir
from malt_core.networks import load_network, network_info, weights_digest
from malt_core.portable import onnx_file
from malt_core.portable.export import FORMAT, export_gradient, published
from malt_core.storage.folders import cannot_write


def file_name(id: str) -> str:
    """Return what a file of the network with this id may be called on any computer, without an ending."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", published(id)).strip("-.")[:60]


def portable_file(id: str, progress: Progress = lambda message, done, total: None) -> Path:
    """Return the file of the network with this id, exported if it is not there yet.

    A file is used again while the network's weights and the format are the same. Raises as `load_network` and
    `export_gradient` do.
    """
    info = network_info(id)
    known = hashlib.sha256(f"{FORMAT}/{id}/{weights_digest(id)}".encode()).hexdigest()[:16]
    path = cache_dir() / "portable" / f"{file_name(id)}-{known}.onnx"
    if path.is_file():
        try:
            onnx_file.facts_of(path)
        except BadConfig:
            path.unlink(missing_ok=True)
        else:
            return path
    onnx_file.need_packages()
    model = load_network(id, progress=progress)
    progress(f"Tracing {id} and its gradient", 0, None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    export_gradient(model, path, shape=(3, *info.size))
    return path
