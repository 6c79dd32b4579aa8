"""What the path player shows of a run, as JSON for the browser, and as one HTML file that needs nothing else.

The player itself is assets/player: the browser draws x(t) = clip(x0 + t (x_adv - x0), 0, 1) from the two
images, and reads margins and probabilities from the values measured at every sampled t.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from malt_core.attack_run import way
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import AttackResult
from malt_core.errors import BadImage
from malt_core.images.pixels import amplification_of
from malt_core.linearity.types import LinearityReport
from malt_core.linearity.words import straightness
from malt_core.storage.assets import assets_folder

ASSETS = assets_folder() / "player"
TOP = 5


def payload(run: AttackRun) -> dict[str, Any]:
    """Return what the player needs to show a run: JSON-able, of strings, numbers, lists and None.

    original: base64 of the (H, W, 3) uint8 pixels. delta: base64 of x_adv - x0, (H, W, 3), little-endian
    delta_type; int8 or int16 count steps of 1/255, float32 (where x_adv is not an 8-bit image) is in
    [-1, 1]. amplification: as in pixels.suggested_amplification. classes:
    {index, name} of each class that is among the five likeliest at some t, of the label and the target;
    probabilities: T rows of their values. Margins are in logits; a crossing is None where there is none
    within t. near: where the view ends that is shown first. straightness, numbers: what was measured, in
    words. id: a digest of all the rest.

    Raises BadImage for a run without a path (the image was misclassified from the start).
    """
    report, result = run.linearity, run.result
    if report is None:
        raise BadImage(
            f"The model gets “{run.sample.name}” wrong without any attack, so there is no path to play. "
            "Choose an image that the model recognises."
        )
    original = _steps(run.sample.x.numpy())
    classes = _classes(run, report)
    content = {
        "width": original.shape[1],
        "height": original.shape[0],
        "original": _base64(original.astype(np.uint8)),
        **picture_part(run.sample.x.numpy(), result.adversarial.numpy()),
        "t": _numbers(report.t),
        "true_margin": _numbers(report.true_margin),
        "linear_margin": _numbers(report.linear_margin),
        "classes": [_named(run, index) for index in classes],
        "probabilities": [_numbers(row) for row in report.probabilities[:, classes].tolist()],
        "label": _named(run, result.label),
        "target": _named(run, report.target),
        "near": round(report.near, 6),
        "crossings": {"true": report.true_crossing, "predicted": report.predicted_crossing},
        "eps": run.config.eps,
        "norm": run.config.norm,
        "success": result.success,
        "model": run.model.title,
        "image": run.sample.name,
        "straightness": straightness(report),
        "numbers": way.numbers(run),
        "alt": _alt_texts(run, result, report),
    }
    return identified(content)


def identified(content: dict[str, Any]) -> dict[str, Any]:
    """Return a payload with its id, a digest of all the rest."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"id": digest[:16], **content}


def perturbation_png(shown: dict[str, Any]) -> bytes:
    """Return the middle picture of a payload as a PNG file: grey is no change, the rest amplified."""
    shape = (shown["height"], shown["width"], 3)
    kind = np.dtype(shown["delta_type"]).newbyteorder("<")
    delta = np.frombuffer(base64.b64decode(shown["delta"]), kind).reshape(shape).astype(np.float64)
    share = delta if shown["delta_type"] == "float32" else delta / 255
    picture = np.clip(np.rint(255 * (0.5 + shown["amplification"] * share)), 0, 255)
    buffer = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def style() -> str:
    """Return the player's CSS."""
    return (ASSETS / "player.css").read_text("utf-8")


def script() -> str:
    """Return the player's JavaScript as one module: player.js with the modules it imports set before it."""
    parts = [
        (ASSETS / name).read_text("utf-8")
        for name in ("words.js", "view.js", "pictures.js", "bars.js", "chart.js")
    ]
    modules = [re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts]
    main = (ASSETS / "player.js").read_text("utf-8")
    return "\n".join(re.sub(r"^import .*\n", "", part, flags=re.MULTILINE) for part in (*modules, main))


def _steps(x: np.ndarray) -> np.ndarray:
    """Return (3, H, W) in [0, 1] as (H, W, 3) in whole steps of 1/255."""
    return np.rint(x.transpose(1, 2, 0) * 255).astype(np.int16)


def _base64(array: np.ndarray) -> str:
    little_endian = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return base64.b64encode(little_endian.tobytes()).decode("ascii")


def picture_part(x0: np.ndarray, x_adv: np.ndarray) -> dict[str, Any]:
    """Return delta, delta_type and amplification of a payload. x0, x_adv: (3, H, W) in [0, 1]."""
    pixels = x_adv.transpose(1, 2, 0)
    if np.abs(pixels * 255 - np.rint(pixels * 255)).max() < 1e-3:
        delta = _steps(x_adv) - _steps(x0)
        kind = "int8" if np.abs(delta).max() <= 127 else "int16"
    else:
        delta = pixels - x0.transpose(1, 2, 0)
        kind = "float32"
    return {
        "delta": _base64(delta.astype(kind)),
        "delta_type": kind,
        "amplification": int(amplification_of(float(np.abs(x_adv - x0).max()))),
    }


def _classes(run: AttackRun, report: LinearityReport) -> list[int]:
    likeliest = report.probabilities.topk(min(TOP, report.probabilities.shape[1]), dim=1).indices
    return sorted({run.result.label, report.target, *likeliest.flatten().tolist()})


def _named(run: AttackRun, index: int) -> dict[str, Any]:
    return {"index": index, "name": run.model.classes[index]}


def _numbers(values: Sequence[float]) -> list[float]:
    return [round(float(value), 6) for value in values]


def _alt_texts(run: AttackRun, result: AttackResult, report: LinearityReport) -> dict[str, str]:
    names = run.model.classes
    label, target = names[result.label], names[report.target]
    height, width = run.sample.x.shape[1:]
    end = "adversarial image" if result.success else "attack's closest try"
    return {
        "original": f"The original, {run.sample.name}, as the model sees it: {width} × {height} pixels.",
        "perturbation": "What the attack added to the original, magnified; grey means unchanged.",
        "adversarial": f"The {end}: the original with the perturbation added, not magnified.",
        "chart": f"Margin of {label} over {target} from the original to the {end} and beyond: what the model "
        f"really answers, and the straight-line prediction. {straightness(report)}",
    }
