"""What a browser sends back of an attack: checked as a stranger's .malt file is, before it is believed."""

from __future__ import annotations

import base64
import binascii
import io
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from malt_core import __version__
from malt_core.attack_run.record import RECORD
from malt_core.attacks.types import AttackConfig, Step
from malt_core.errors import BadConfig
from malt_core.export.bundles import contents
from malt_core.export.bundles.contents import Curves
from malt_core.export.bundles.read import Bundle, read_bundle
from malt_core.export.bundles.write import bundle_of
from malt_core.images.arrays import array_pixels
from malt_core.storage.typed_json import plain, typed
from malt_core.types import Crop, ModelInfo, NamedClass

DEVICE = "browser (WebAssembly)"
WHERE = "what the browser sent"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the browser was to attack, as the server knows it.

    image: 8-bit RGB at the network's resolution; digest: its pixel_digest. Others: as in run.json.
    """

    model: ModelInfo
    image: Image.Image
    digest: str
    name: str
    source: str
    credit: str
    crop: Crop
    config: AttackConfig


@dataclass(frozen=True, kw_only=True)
class Returned:
    """record: as in run.json; what was asked is not taken from it. classes, probabilities, near: as in
    player.payload. adversarial: (3, H, W) float32 as base64. trace: every step.
    """

    record: dict[str, Any]
    classes: tuple[NamedClass, ...]
    probabilities: tuple[tuple[float, ...], ...]
    near: float
    adversarial: str
    trace: tuple[Step, ...]


def returned_bundle(content: Any, asked: Asked) -> Bundle:
    """Return the run that a browser has computed, whose sentences are written here. Needs torch.

    content: as JSON holds a Returned. Raises BadConfig for anything but a run of what was asked, whose
    numbers are finite, whose classes are the network's, and whose image lies in the ε-ball.
    """
    from malt_core.export.snapshot import snapshot_of

    found = typed(Returned, content, WHERE)
    adversarial = _adversarial(found.adversarial, asked)
    members = {
        RECORD: _json(_record(found.record, asked)),
        contents.CURVES: _json(plain(_curves(found, asked.model))),
        contents.ORIGINAL: _png(asked.image),
        contents.ADVERSARIAL: _png(Image.fromarray(array_pixels(adversarial))),
    }
    levels = array_pixels(adversarial).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    if not np.array_equal(levels, adversarial):
        members[contents.ADVERSARIAL_EXACT] = _npy(adversarial)
    bundle = read_bundle(bundle_of(asked.model.id, members), WHERE)
    _check_classes(bundle, asked.model)
    drawn = snapshot_of(bundle.run())
    return replace(bundle, snapshot=replace(drawn, record=bundle.snapshot.record))


def _record(record: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """Return the record with what was asked, and by whom it was computed, as it is known here."""
    config, (height, width) = asked.config, asked.model.size
    versions = record.get("versions")
    return {
        **record,
        "model": asked.model.id,
        "dataset": asked.model.dataset,
        "image": {
            "name": asked.name,
            "source": asked.source,
            "crop": plain(asked.crop),
            "credit": asked.credit,
            "sha256": asked.digest,
            "height": height,
            "width": width,
        },
        "norm": config.norm,
        "eps": config.eps,
        "targeting": config.targeting,
        "n_iter": config.n_iter,
        "faithful": config.faithful,
        "aim": None,
        "seed": config.seed,
        "device": DEVICE,
        "versions": {**(versions if isinstance(versions, dict) else {}), "malt_lab": __version__},
    }


def _curves(found: Returned, model: ModelInfo) -> Curves:
    """Return what is drawn of the run; the sentences are made later."""
    spoken = {step.target for step in found.trace} | {_index(found.record, "label")}
    return Curves(
        title=model.title,
        robust=model.robust,
        names={index: model.classes[index] for index in sorted(spoken) if 0 <= index < len(model.classes)},
        classes=found.classes,
        probabilities=found.probabilities,
        near=found.near,
        straightness="",
        numbers="",
        alt={},
        way="",
        trace=found.trace,
    )


def _index(record: dict[str, Any], name: str) -> int:
    """Return the index of a class of the record, -1 where there is none."""
    index = record[name].get("index") if isinstance(record.get(name), dict) else None
    return index if isinstance(index, int) else -1


def _adversarial(text: str, asked: Asked) -> np.ndarray:
    shape = (3, *asked.model.size)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != 4 * np.prod(shape):
        raise BadConfig(f"The image in {WHERE} is not of the network's size.")
    x = np.frombuffer(data, "<f4").reshape(shape).copy()
    if not np.isfinite(x).all() or x.min() < 0 or x.max() > 1:
        raise BadConfig(f"The image in {WHERE} has colour values that are not from 0 to 1.")
    return x


def _check_classes(bundle: Bundle, model: ModelInfo) -> None:
    record = bundle.snapshot.record
    named = [record.label, record.clean_label, record.adversarial_label, record.target]
    named += [record.linearity.target, *record.clean_top, *record.ranking]
    named += [NamedClass(index=row["index"], name=row["name"]) for row in bundle.snapshot.player["classes"]]
    if any(one.index >= len(model.classes) or one.name != model.classes[one.index] for one in named):
        raise BadConfig(f"A class in {WHERE} is not one of the network's.")


def _json(content: Any) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False).encode()
    except ValueError:
        raise BadConfig(f"In {WHERE}, a number is not finite.") from None


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def _npy(x: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, x, allow_pickle=False)
    return buffer.getvalue()
