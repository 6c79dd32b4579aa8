"""Bundles for tests: a sound one of the tiny network, and twenty-odd that nobody should open."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from malt_core.attack_run.types import AttackRun
from malt_core.export.bundles import contents
from malt_core.export.bundles.write import run_bundle
from malt_core.images.arrays import array_digest
from tests.helpers.example_run import example_run

RECORD = "run.json"


@cache
def sound_run(steps: float = 16) -> AttackRun:
    """The example run, with the digest that its picture has, and settings that say what was done."""
    run = example_run(steps=steps)
    return replace(
        run,
        sample=replace(run.sample, digest=array_digest(run.sample.x.numpy())),
        config=replace(run.config, n_targets=1, n_candidates=1),
    )


@cache
def sound() -> bytes:
    """The bundle of that run."""
    return run_bundle(sound_run())


def unpacked(data: bytes) -> dict[str, bytes]:
    """The members of a sound bundle."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes], *more: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A ZIP file of these members, as they are. more: what a mapping cannot hold."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*members.items(), *more]:
            archive.writestr(name, data)
    return buffer.getvalue()


def resealed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP file whose list has the digests of these members: what somebody makes who means it."""
    rest = {name: data for name, data in members.items() if name != contents.MANIFEST}
    manifest = json.loads(members[contents.MANIFEST])
    manifest["members"] = {name: hashlib.sha256(data).hexdigest() for name, data in rest.items()}
    return packed({contents.MANIFEST: json.dumps(manifest).encode(), **rest})


def with_json(name: str, change: Callable[[Any], None], **members: bytes) -> bytes:
    """The sound bundle with a changed JSON member, resealed."""
    kept = unpacked(sound())
    content = json.loads(kept[name])
    change(content)
    return resealed(kept | {name: json.dumps(content).encode()} | members)


def with_member(name: str, data: bytes) -> bytes:
    """The sound bundle with another member, resealed."""
    return resealed(unpacked(sound()) | {name: data})


def png(width: int, height: int) -> bytes:
    """A grey picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "grey").save(buffer, "PNG")
    return buffer.getvalue()


def _huge_png() -> bytes:
    """A picture that says to be of 60,000 × 60,000 pixels and holds hardly any."""
    small = bytearray(png(8, 8))
    small[16:24] = struct.pack(">II", 60_000, 60_000)
    small[29:33] = struct.pack(">I", zlib.crc32(bytes(small[12:29])))
    return bytes(small)


def _npy_header_only() -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "<f4", "fortran_order": False, "shape": (3, 2**20, 2**20)}
    )
    return buffer.getvalue() + b"\0" * 700


def _without(name: str) -> bytes:
    return packed({key: data for key, data in unpacked(sound()).items() if key != name})


def _symlink() -> bytes:
    link = zipfile.ZipInfo(contents.ADVERSARIAL)
    link.external_attr = 0o120777 << 16
    kept = {name: data for name, data in unpacked(sound()).items() if name != contents.ADVERSARIAL}
    return packed(kept, (link, b"/etc/passwd"))


def _twice() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return packed(unpacked(sound()), (RECORD, b"{}"))


def _forged_size() -> bytes:
    """Each list says that curves.json is small; it is not."""
    data = bytearray(packed(unpacked(sound())))
    size = len(unpacked(sound())[contents.CURVES])
    wrong = struct.pack("<L", 10)
    return bytes(data).replace(struct.pack("<L", size), wrong)


def _many() -> bytes:
    return packed({f"{i}.png": b"" for i in range(70_000)})


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


def _raw(name: str, old: bytes, new: bytes) -> bytes:
    kept = unpacked(sound())
    assert old in kept[name]
    return resealed(kept | {name: kept[name].replace(old, new, 1)})


class _Evil:
    def __reduce__(self) -> tuple:
        return eval, ("open('opened', 'w')",)


def hostile() -> dict[str, tuple[bytes, str]]:
    """By what is wrong with it: a bundle, and what is said of it."""
    kept, whole = unpacked(sound()), sound()
    return {
        "empty": (b"", "is empty"),
        "text": (b"just some words, no archive at all", "it is no ZIP file"),
        "truncated": (whole[: len(whole) // 2], "damaged or incomplete"),
        "a few bytes lost": (whole[:-5], "damaged or incomplete"),
        "a bit flipped": (whole[:900] + bytes([whole[900] ^ 1]) + whole[901:], "damaged"),
        "another ZIP file": (packed({"letter.txt": b"hello"}), "“letter.txt”, which is no part of a bundle"),
        "no list": (_without(contents.MANIFEST), "it has no manifest.json"),
        "no record": (_without(RECORD), "run.json is missing"),
        "no picture": (_without(contents.ADVERSARIAL), "adversarial.png is missing"),
        "of a later version": (
            packed(
                kept | {contents.MANIFEST: kept[contents.MANIFEST].replace(b'version": 1', b'version": 7')}
            ),
            "is a bundle of version 7; this MALT Lab reads version 1",
        ),
        "a record of a later version": (
            with_json(RECORD, _set("format_version", to=2)),
            "is of version 2",
        ),
        "tampered with": (
            packed(kept | {RECORD: kept[RECORD].replace(b'"success": true', b'"success": false')}),
            "was changed or damaged: run.json",
        ),
        "an unlisted member": (
            packed(kept | {contents.ORIGINAL_EXACT: b"x"}),
            "original.npy is not in its list",
        ),
        "NaN in the record": (_raw(RECORD, b'"steps": 1', b'"steps": NaN'), "it has NaN for a number"),
        "an infinite number": (_raw(RECORD, b'"seconds": 0.0', b'"seconds": 1e999'), "too large"),
        "nested without end": (with_member(RECORD, b"[" * 99_000), "nested too deeply"),
        "text for a number": (with_json(RECORD, _set("eps", to="much")), "should be a number, not text"),
        "ε of nothing": (with_json(RECORD, _set("eps", to=-1.0)), "holds what no attack takes"),
        "a ZIP bomb": (with_member(contents.CURVES, b" " * 5_000_000), "unpacks to over 150 times its size"),
        "a larger bomb": (with_member(contents.ADVERSARIAL_EXACT, b"\0" * 70_000_000), "are the most"),
        "a forged size": (_forged_size(), "damaged or incomplete"),
        "70,000 members": (_many(), "more than the 7 that a bundle can have"),
        "a climbing path": (packed(kept | {"../../evil.py": b"x"}), "“../../evil.py”, which is no part"),
        "an absolute path": (packed(kept | {"/etc/passwd": b"x"}), "“/etc/passwd”, which is no part"),
        "a Windows path": (packed(kept | {"..\\evil.png": b"x"}), "which is no part of a bundle"),
        "a symbolic link": (_symlink(), "adversarial.png as a link"),
        "a name twice": (_twice(), "holds run.json twice"),
        "a pickle for an array": (
            with_member(contents.ADVERSARIAL_EXACT, pickle.dumps(_Evil()) + b"\0" * 800),
            "is no float32 image of 8 × 8 pixels",
        ),
        "an array of objects": (
            with_member(contents.ADVERSARIAL_EXACT, _objects()),
            "is no float32 image of 8 × 8 pixels",
        ),
        "an array of terabytes": (
            with_member(contents.ADVERSARIAL_EXACT, _npy_header_only()),
            "is no float32 image of 8 × 8 pixels",
        ),
        "a picture of gigapixels": (with_member(contents.ORIGINAL, _huge_png()), "60,000 × 60,000 pixels"),
        "gigapixels by the record, too": (
            with_json(RECORD, _set("image", "width", to=60_000)),
            "a network looks at 1024 a side at most",
        ),
        "another picture": (with_member(contents.ORIGINAL, png(8, 8)), "another picture than the record"),
        "another change": (
            with_member(contents.ADVERSARIAL, kept[contents.ORIGINAL]),
            "changed by another length than the record says",
        ),
        "no picture but a script": (
            with_member(contents.ORIGINAL, b"<svg onload=evil()>"),
            "is no PNG picture",
        ),
        "curves of two lengths": (
            with_json(RECORD, _set("linearity", "true_margin", to=[1.0])),
            "the curves are not of one length",
        ),
        "a probability of 7": (
            with_json(contents.CURVES, _set("probabilities", 0, 0, to=7.0)),
            "is not between 0 and 1",
        ),
        "two models": (with_json(RECORD, _set("model", to="another")), "name two different models"),
        "fooled by no other answer": (
            with_json(RECORD, _set("adversarial_label", "index", to=sound_run().result.label)),
            "calls the model fooled, and its answer unchanged",
        ),
    }


def _objects() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([_Evil()] * 20, dtype=object), allow_pickle=True)
    return buffer.getvalue() + b"\0" * 800
