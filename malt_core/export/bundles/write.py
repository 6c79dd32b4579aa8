"""Writing a bundle."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping

from malt_core import __version__
from malt_core.attack_run.record import RECORD, record_text
from malt_core.attack_run.types import AttackRun
from malt_core.errors import BadImage
from malt_core.export.bundles import contents
from malt_core.export.bundles.contents import Curves, Manifest
from malt_core.export.snapshot import Snapshot, snapshot_of
from malt_core.networks import known_weights
from malt_core.storage.typed_json import plain

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal runs make equal files


def run_bundle(run: AttackRun, text: str | None = None) -> bytes:
    """Return the bundle of a run. text: of its run.json, where that says more than the run does.

    Raises BadImage where nothing was attacked.
    """
    from malt_core.images.arrays import npy_bytes

    exact = {
        name: npy_bytes(x)
        for name, x in (
            (contents.ORIGINAL_EXACT, run.sample.x),
            (contents.ADVERSARIAL_EXACT, run.result.adversarial),
        )
        if ((x * 255 - (x * 255).round()).abs() > 1e-3).any()
    }
    return bundle_bytes(snapshot_of(run), text, exact)


def bundle_bytes(
    snapshot: Snapshot, text: str | None = None, exact: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the bundle of what a page shows of a run.

    text: of run.json, by default that of the snapshot's record. exact: .npy files of the images that 8 bits
    do not hold, by their names in a bundle. Raises BadImage where nothing was attacked.
    """
    shown, record = snapshot.player, snapshot.record
    if shown is None:
        raise BadImage("The model gets this picture wrong without any attack, so there is no run to keep.")
    curves = Curves(
        title=shown["model"],
        robust=snapshot.robust,
        names=snapshot.names,
        way=snapshot.way_sentence,
        trace=snapshot.trace,
        **{
            name: shown[name]
            for name in ("classes", "probabilities", "near", "straightness", "numbers", "alt")
        },
    )
    members = {
        RECORD: (record_text(record) if text is None else text).encode(),
        contents.CURVES: json.dumps(plain(curves)).encode(),
        contents.ORIGINAL: snapshot.original_png,
        contents.ADVERSARIAL: snapshot.adversarial_png,
        **(exact or {}),
    }
    return bundle_of(record.model, members)


def bundle_of(model: str, members: Mapping[str, bytes]) -> bytes:
    """Return the bundle with these members beside its list. model: its id."""
    manifest = Manifest(
        format=contents.FORMAT,
        format_version=contents.FORMAT_VERSION,
        malt_lab=__version__,
        model=model,
        weights=known_weights(model),
        members={name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    )
    first = {contents.MANIFEST: json.dumps(plain(manifest), indent=2).encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in (first | dict(members)).items():
            packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), data, packed)
    return buffer.getvalue()
