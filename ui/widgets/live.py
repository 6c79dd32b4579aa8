"""An attack as it runs, as a Streamlit component: pictures and curves change in place, nothing flickers."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st
from PIL import Image

from malt_core.attack_run import player
from malt_core.attacks.types import Step
from malt_core.storage.assets import assets_folder

if TYPE_CHECKING:
    from torch import Tensor

SMOOTH = 128  # pixels: wider pictures are sent as JPEG, since a tenth of the bytes shows as much of them
_FOLDER = assets_folder() / "live"
_live = st.components.v2.component(
    "malt_live",
    html='<div class="malt-player malt-live"></div>',
    css=player.style() + (_FOLDER / "live.css").read_text("utf-8"),
    js=(_FOLDER / "live.js").read_text("utf-8"),
)


def show_live(original: Tensor, now: Tensor | None, trace: Sequence[Step], lead: str) -> None:
    """Draw where an attack is: the picture, what has been changed of it, and the margin step by step.

    original, now: (3, H, W) in [0, 1]; now is None before the first step. trace: the steps of the run that is
    drawn. lead: what the margin is.
    """
    _live(key="live", data=live_data(original, now, trace, lead))


def live_data(original: Tensor, now: Tensor | None, trace: Sequence[Step], lead: str) -> dict[str, Any]:
    """Return what the component is given; see show_live."""
    from malt_core.images.pixels import perturbation_image, suggested_amplification, to_pixels

    now = original if now is None else now
    factor = suggested_amplification(original, now)
    pictures = {"now": now, "delta": perturbation_image(original, now, factor)}
    return {
        **{name: _address(Image.fromarray(to_pixels(picture))) for name, picture in pictures.items()},
        "factor": int(factor),
        "smooth": original.shape[2] > SMOOTH,
        "lead": lead,
        "steps": [step.step for step in trace],
        "true_margin": [round(step.true_margin, 4) for step in trace],
        "linear_margin": [round(step.linear_margin, 4) for step in trace],
    }


def _address(image: Image.Image) -> str:
    kind, options = ("JPEG", {"quality": 85}) if image.width > SMOOTH else ("PNG", {})
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
