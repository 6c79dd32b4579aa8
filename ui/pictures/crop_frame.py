"""The frame to drag over a picture, so that its subject is not cut off: a small component of our own."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from typing import Any

import streamlit as st
from PIL import Image

from malt_core.errors import BadConfig
from malt_core.images.frame import Frame, check_crop
from malt_core.storage.assets import assets_folder
from malt_core.types import CROPS, Crop
from ui.address.parameters import Complain, Parameter, Values

SIDE = 560  # pixels of the longer side of what is shown; twice of what it takes on screen
_FOLDER = assets_folder() / "crop"
_component = st.components.v2.component(
    "malt_crop_frame",
    html='<div class="malt-crop"></div>',
    css=(_FOLDER / "crop.css").read_text("utf-8"),
    js=(_FOLDER / "crop.js").read_text("utf-8"),
)


@dataclass(frozen=True, kw_only=True)
class Part(Parameter):
    """Which part of the picture the network sees: "centre", "fit" or a frame as `Frame` writes it."""

    depends: tuple[str, ...] = ("photo",)

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        try:
            return check_crop(text)
        except BadConfig as error:
            complain(f"The link says {name}={text[:20]}. {error}")
            return MISSING

    def default(self, before: Values) -> Crop:
        return "centre"


PART = Part(label="Part of the picture", help="Which part of the picture the network sees.")


def draw_frame(
    image: Image.Image,
    shape: tuple[int, int],
    crop: Crop,
    *,
    centre: tuple[int, int, int, int] | None,
    alt: str,
    choose: Callable[[Crop], None],
) -> None:
    """Draw the frame over a picture.

    shape: (H, W) of what the network sees. crop: what is chosen now. centre: the box that "centre" cuts out,
    in pixels, None for the largest centred one. choose: called with what the user chooses.
    """
    start = _shares(image.size, shape, centre)
    now = None if crop == "fit" else start if crop in CROPS else Frame.parse(crop)
    key = "crop_frame"
    _component(
        key=key,
        data={
            "image": _data_address(image),
            "frame": now and [now.left, now.top, now.width],
            "start": [start.left, start.top, start.width],
            "shape": shape[0] / shape[1],
            "alt": alt,
        },
        on_chosen_change=lambda: _chosen(st.session_state[key].chosen, choose),
    )


def _chosen(text: str | None, choose: Callable[[Crop], None]) -> None:
    if text is not None:
        choose(check_crop(text))


def _shares(size: tuple[int, int], shape: tuple[int, int], box: tuple[int, int, int, int] | None) -> Frame:
    """The frame of a box in pixels, or the largest centred one."""
    if box is not None:
        return Frame(box[0] / size[0], box[1] / size[1], (box[2] - box[0]) / size[0])
    width = min(1.0, size[1] * shape[1] / shape[0] / size[0])
    height = width * size[0] * shape[0] / shape[1] / size[1]
    return Frame((1 - width) / 2, (1 - height) / 2, width)


def _data_address(image: Image.Image) -> str:
    small = image.copy()
    small.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
