"""Somebody's own weights, from bytes that may be anything: tensors by name, or one sentence. Runs no code."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from malt_core.errors import BadConfig
from malt_core.models.weights.refusals import why_not

State = dict[str, Tensor]
PICKLED = (".pt", ".pth", ".bin", ".ckpt")
WRAPPINGS = ("state_dict", "model_state_dict", "model", "net", "ema", "weights")
_ASK = (
    "save it on your computer as tensors alone, "
    "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')"
)


def read_file(path: Path) -> bytes:
    """Return the bytes of a plain file. Raises BadConfig for a folder, a pipe, a device, and what is not
    there.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise BadConfig(f"There is no file {path}: give the weights as file:PATH.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadConfig(f"Cannot read {path}: {reason}. Give a safetensors file.") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise BadConfig(f"{path} is a folder: give the safetensors file in it.")
        raise BadConfig(f"{path} is no plain file, but a pipe or a device: give a safetensors file.")
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def read_state(data: bytes, name: str, *, pickled: bool = False) -> State:
    """Return the tensors of a file's bytes by name, in the file's order.

    name: what the file is called, whose ending decides how it is read. pickled: whether torch's own files are
    read, too (by torch.load with weights_only=True, which builds tensors and plain containers only); never
    where others send them. Raises BadConfig, saying what the file is and how to save it instead.
    """
    if not data:
        raise BadConfig(f"{name} is empty: give a safetensors file.")
    if name.casefold().endswith(PICKLED):
        if not pickled:
            raise BadConfig(
                f"{name} is a file of torch's own, which may hold code and is therefore not read here: "
                f"{_ASK}."
            )
        return _tensors(_unpickled(data, name), name)
    if data[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        kind = "a zip or a file of torch.save" if data[:2] == b"PK" else "a pickle, which may hold code"
        raise BadConfig(f"{name} is {kind}, not safetensors: {_ASK}.")
    length = int.from_bytes(data[:8], "little")
    if len(data) < 9 or length > len(data) - 8:
        raise BadConfig(
            f"{name} is no whole safetensors file: its header would end at byte {8 + length:,} of "
            f"{len(data):,}. Copy it again, or {_ASK}."
        )
    try:
        return _tensors(load(data), name)
    except (SafetensorError, KeyError, ValueError, RuntimeError, OverflowError, TypeError) as error:
        said = " ".join(str(error).split())[:120].rstrip(".")
        raise BadConfig(f"{name} is no valid safetensors file ({said}): {_ASK}.") from None


def _unpickled(data: bytes, name: str) -> Any:
    _check_archive(data, name)
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:
        raise BadConfig(f"{name} cannot be loaded: {why_not(error)}; {_ASK}.") from None


def _check_archive(data: bytes, name: str) -> None:
    """Refuse an archive that grows while it is read; torch.save packs nothing."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise BadConfig(f"{name} is a damaged archive: copy it again, or {_ASK}.") from None
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if packed or sum(entry.file_size for entry in entries) > len(data):
        raise BadConfig(f"{name} is an archive that torch.save did not write: {_ASK}.")


def _tensors(found: Any, name: str) -> State:
    """Return the state dict itself, out of what training scripts wrap around it."""
    for _ in range(2):
        inner = [
            key for key in WRAPPINGS if isinstance(found, Mapping) and isinstance(found.get(key), Mapping)
        ]
        if inner:
            found = found[inner[0]]
    if not isinstance(found, Mapping) or not found:
        what = "nothing" if isinstance(found, Mapping) else f"a {type(found).__name__}"
        raise BadConfig(f"{name} holds {what} where a state dict was expected: {_ASK}.")
    for key, value in found.items():
        if not isinstance(key, str) or not isinstance(value, Tensor) or value.layout != torch.strided:
            raise BadConfig(
                f"{name} holds {str(key)[:60]!r}, which is no plain tensor, where a state dict was "
                f"expected: {_ASK}."
            )
    return dict(found)
