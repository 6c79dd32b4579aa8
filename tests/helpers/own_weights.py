"""Weight files for tests: a sound one of a small network, and twenty-odd that nobody should load."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from malt_core.models.named_architectures import architecture

ARCH = "timm/resnet10t"
CLASSES = ("cat", "dog", "ship", "car", "cup")
SIZE = 64
MARKER = "somebody-elses-code-was-run"


@cache
def state() -> dict[str, Tensor]:
    """The state dict of a small network with weights drawn at random."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return architecture(ARCH).build(len(CLASSES)).state_dict()


def changed(**tensors: Tensor) -> dict[str, Tensor]:
    """The same with some tensors replaced, by their names with _ for a dot."""
    return {key: tensors.get(key.replace(".", "_"), tensor) for key, tensor in state().items()}


class Marks:
    """What a pickle does that is loaded without care: it leaves a file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / MARKER

    def __reduce__(self):
        return Path.touch, (self.file,)


def safetensors(header: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    """A file of this header, which may say what it likes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict:
    """What a header says of a tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def _torch(folder: Path, found: object) -> bytes:
    torch.save(found, folder / "made")
    return (folder / "made").read_bytes()


def _script(folder: Path) -> bytes:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(folder / "made"))
    return (folder / "made").read_bytes()


def _zip(folder: Path, packed: int) -> bytes:
    with zipfile.ZipFile(folder / "made", "w", packed) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 20_000_000)
        archive.writestr("archive/version", "3")
    return (folder / "made").read_bytes()


def _last(**tensors: Tensor) -> bytes:
    return save(changed(**tensors))


Made = bytes | Callable[[Path], None]

FILES: dict[str, tuple[Callable[[Path], Made], str]] = {
    "empty.safetensors": (lambda _: b"", "is empty"),
    "header-cut.safetensors": (lambda _: save(state())[:100], "no whole safetensors file"),
    "data-cut.safetensors": (lambda _: save(state())[:-1000], "no valid safetensors file"),
    "absurd-length.safetensors": (lambda _: safetensors({}, length=2**63), "no whole safetensors file"),
    "long-header.safetensors": (lambda _: safetensors(b" " * 10**6 + b"{"), "no valid safetensors file"),
    "no-json.safetensors": (lambda _: safetensors(b"\xff\xfe{}"), "no valid safetensors file"),
    "deep.safetensors": (lambda _: safetensors(b'{"a":' + b"[" * 10**5), "no valid safetensors file"),
    "overlap.safetensors": (
        lambda _: safetensors({"a": entry([4], 0, 16), "b": entry([4], 8, 24)}, b"\0" * 24),
        "no valid safetensors file",
    ),
    "beyond.safetensors": (lambda _: safetensors({"a": entry([4], 0, 16)}, b"\0" * 8), "no valid"),
    "huge-shape.safetensors": (
        lambda _: safetensors({"a": entry([2**40, 2**40], 0, 16)}, b"\0" * 16),
        "no valid safetensors file",
    ),
    "huge-empty.safetensors": (
        lambda _: safetensors({"a": entry([2**62, 2**62, 0], 0, 0)}),
        "no valid safetensors file",
    ),
    "no-tensors.safetensors": (lambda _: safetensors({}), "holds nothing"),
    "unknown-kind.safetensors": (
        lambda _: safetensors({"a": entry([4], 0, 16, "F31")}, b"\0" * 16),
        "no valid",
    ),
    "pickle.safetensors": (lambda folder: pickle.dumps(Marks(folder)), "a pickle, which may hold code"),
    "zip.safetensors": (lambda folder: _zip(folder, zipfile.ZIP_STORED), "is a zip"),
    "page.safetensors": (lambda _: b"<!DOCTYPE html><html>not found</html>", "no whole safetensors file"),
    "wrong-keys.safetensors": (
        lambda _: save({f"layer{i}": torch.zeros(3) for i in range(9)}),
        "The keys are not those of timm/resnet10t",
    ),
    "wrong-shape.safetensors": (
        lambda _: _last(fc_weight=torch.zeros(5, 7)),
        "fc.weight is 5×7 instead of 5×512",
    ),
    "nan.safetensors": (lambda _: _last(fc_bias=torch.full((5,), float("nan"))), "fc.bias holds NaN"),
    "inf.safetensors": (lambda _: _last(fc_bias=torch.full((5,), float("inf"))), "fc.bias holds NaN or inf"),
    "int8.safetensors": (
        lambda _: _last(fc_bias=torch.zeros(5, dtype=torch.int8)),
        "fc.bias holds int8 where weights are float32",
    ),
    "complex.safetensors": (
        lambda _: _last(fc_bias=torch.zeros(5, dtype=torch.complex64)),
        "fc.bias holds complex64",
    ),
    "zeros.safetensors": (
        lambda _: save({key: torch.zeros_like(tensor) for key, tensor in state().items()}),
        "the very same answer",
    ),
    "one-class.safetensors": (
        lambda _: _last(fc_weight=torch.zeros(1, 512), fc_bias=torch.zeros(1)),
        "has 1 outputs",
    ),
    "torch.safetensors": (lambda folder: _torch(folder, state()), "a file of torch.save"),
    "code.pt": (lambda folder: _torch(folder, Marks(folder)), "could run foreign code"),
    "old-code.pt": (lambda folder: pickle.dumps(Marks(folder)), "cannot be loaded"),
    "module.pt": (lambda folder: _torch(folder, torch.nn.Linear(2, 2)), "could run foreign code"),
    "script.pt": (_script, "torch.save did not write"),
    "packed.pt": (lambda folder: _zip(folder, zipfile.ZIP_DEFLATED), "torch.save did not write"),
    "list.pt": (lambda folder: _torch(folder, [1, 2, 3]), "holds a list"),
    "number.pt": (lambda folder: _torch(folder, {"state_dict": {"a": 3}}), "no plain tensor"),
    "text.pth": (lambda _: b"not weights at all", "cannot be loaded"),
    "folder.safetensors": (lambda _: Path.mkdir, "is a folder"),
    "pipe.safetensors": (lambda _: os.mkfifo, "a pipe or a device"),
    "nowhere.safetensors": (lambda _: lambda path: path.symlink_to("gone"), "There is no file"),
    "circle.safetensors": (lambda _: lambda path: path.symlink_to(path.name), "Cannot read"),
}
"""Names, what makes their content (or the thing itself), and a part of the sentence that each is to get."""


def write(folder: Path, name: str) -> Path:
    """Make one of FILES in a folder."""
    path, made = folder / name, FILES[name][0](folder)
    if callable(made):
        made(path)
    else:
        path.write_bytes(made)
    return path
