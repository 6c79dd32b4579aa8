"""Opening a bundle: what a page or a terminal shows again, checked before it is believed. Needs no torch."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from malt_core.attack_run.player import identified, picture_part
from malt_core.attack_run.record import RECORD, RunRecord, record_from_bytes
from malt_core.attack_run.types import AttackRun
from malt_core.errors import BadConfig
from malt_core.export.bundles import archive, check, contents
from malt_core.export.bundles.contents import Curves, Manifest
from malt_core.export.bundles.pictures import Pictures, read_pictures
from malt_core.export.commands import recorded_command
from malt_core.export.restored import restored_run
from malt_core.export.snapshot import Snapshot
from malt_core.images.arrays import array_pixels
from malt_core.networks import known_weights
from malt_core.storage.typed_json import parse_json, plain, typed


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A run that was kept.

    text: run.json as it was written. pictures: as exact as they were kept. data: the file.
    """

    manifest: Manifest
    snapshot: Snapshot
    text: str
    pictures: Pictures
    data: bytes

    @property
    def other_weights(self) -> bool:
        """Whether the network of that id has other weights here than it had then, as far as is known."""
        here = known_weights(self.manifest.model)
        return bool(here and self.manifest.weights and here != self.manifest.weights)

    @property
    def original_file(self) -> bytes:
        """The original as a file that a network takes: PNG, or .npy where 8 bits do not hold it."""
        if np.array_equal(self.pictures.original, self.pictures.levels):
            return self.snapshot.original_png
        buffer = io.BytesIO()
        np.save(buffer, self.pictures.original, allow_pickle=False)
        return buffer.getvalue()

    def run(self) -> AttackRun:
        """Return the run, from which everything is drawn again. Needs torch."""
        return restored_run(self.snapshot, self.pictures.original, self.pictures.adversarial)


def looks_like_bundle(data: bytes, name: str) -> bool:
    """Return whether a file is meant to be a bundle: by its name, or by its first member."""
    return name.lower().endswith(contents.ENDING) or data[30:43] == contents.MANIFEST.encode()


def open_bundle(path: Path) -> Bundle:
    """Return the bundle in a file. Raises BadConfig as read_bundle does, and where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(archive.MOST_BYTES + 1)
    except FileNotFoundError:
        raise BadConfig(f"There is no {path}: `malt attack --formats malt` writes such files.") from None
    except IsADirectoryError:
        raise BadConfig(f"{path} is a folder: give a file such as {path / 'run.malt'}.") from None
    except OSError as error:
        raise BadConfig(f"Cannot read {path}: {error.strerror}.") from error
    return read_bundle(data, str(path))


def read_bundle(data: bytes, where: str) -> Bundle:
    """Return the bundle in these bytes. where: the file's name, for messages.

    Nothing is unpacked before its size is known, and nothing in it is run. Raises BadConfig, in one sentence,
    for anything but a whole bundle of this version whose pictures are those that its record speaks of.
    """
    members = archive.members_of(data, where, contents.MEMBERS)
    manifest = _manifest(members, where)
    record = _record(members[RECORD], where)
    curves = typed(Curves, parse_json(members[contents.CURVES], _in(where, contents.CURVES)), where)
    check.check_record(record, curves, manifest, where)
    pictures = read_pictures(members, record, where)
    check.check_pictures(pictures, record, where)
    return Bundle(
        manifest=manifest,
        snapshot=_snapshot(record, curves, pictures, members),
        text=members[RECORD].decode(),
        pictures=pictures,
        data=data,
    )


def _in(where: str, name: str) -> str:
    return f"{name} of {where}"


def _manifest(members: Mapping[str, bytes], where: str) -> Manifest:
    """Return the manifest, whose list must be that of the members."""
    if contents.MANIFEST not in members:
        raise BadConfig(f"{where} is no bundle of `malt attack`: it has no {contents.MANIFEST}.")
    content = parse_json(members[contents.MANIFEST], _in(where, contents.MANIFEST))
    if not isinstance(content, dict) or content.get("format") != contents.FORMAT:
        raise BadConfig(
            f"{where} is no bundle of `malt attack`: its {contents.MANIFEST} is of something else."
        )
    if (version := content.get("format_version")) != contents.FORMAT_VERSION:
        raise BadConfig(
            f"{where} is a bundle of version {str(version)[:20]}; this MALT Lab reads version "
            f"{contents.FORMAT_VERSION}: use the MALT Lab that wrote it, or attack again."
        )
    manifest = typed(Manifest, content, _in(where, contents.MANIFEST))
    there, listed = set(members) - {contents.MANIFEST}, set(manifest.members)
    if missing := sorted((listed | set(contents.NEEDED)) - there):
        raise BadConfig(f"{where} is incomplete: {missing[0]} is missing.")
    if unlisted := sorted(there - listed):
        raise BadConfig(f"{where} was changed: {unlisted[0]} is not in its list.")
    for name, digest in manifest.members.items():
        if hashlib.sha256(members[name]).hexdigest() != digest:
            raise BadConfig(f"{where} was changed or damaged: {name} is not what it was when it was written.")
    return manifest


def _record(data: bytes, where: str) -> RunRecord:
    content = parse_json(data, _in(where, RECORD))
    version = content.get("format_version", 1) if isinstance(content, dict) else 1
    if version != 1:
        raise BadConfig(
            f"{RECORD} of {where} is of version {str(version)[:20]}; this MALT Lab reads version 1."
        )
    return record_from_bytes(data, _in(where, RECORD))


def _snapshot(
    record: RunRecord, curves: Curves, pictures: Pictures, members: Mapping[str, bytes]
) -> Snapshot:
    return Snapshot(
        way_sentence=curves.way,
        record=record,
        player=_player(record, curves, pictures),
        trace=curves.trace,
        names=curves.names,
        name=record.image.name,
        robust=curves.robust,
        original_png=members[contents.ORIGINAL],
        adversarial_png=members[contents.ADVERSARIAL],
        command=recorded_command(record),
    )


def _player(record: RunRecord, curves: Curves, pictures: Pictures) -> dict[str, Any]:
    """Return what player.payload returned of the run."""
    line = record.linearity
    return identified(
        {
            "width": record.image.width,
            "height": record.image.height,
            "original": base64.b64encode(array_pixels(pictures.levels).tobytes()).decode("ascii"),
            **picture_part(pictures.original, pictures.adversarial),
            **{name: [round(value, 6) for value in getattr(line, name)] for name in ("t", *_MARGINS)},
            **plain({name: getattr(curves, name) for name in ("classes", "probabilities")}),
            "label": plain(record.label),
            "target": plain(line.target),
            "near": curves.near,
            "crossings": {"true": line.true_crossing, "predicted": line.predicted_crossing},
            "eps": record.eps,
            "norm": record.norm,
            "success": record.success,
            "model": curves.title,
            "image": record.image.name,
            "straightness": curves.straightness,
            "numbers": curves.numbers,
            "alt": curves.alt,
        }
    )


_MARGINS = ("true_margin", "linear_margin")
