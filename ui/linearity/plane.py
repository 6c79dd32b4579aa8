"""The decision plane as a Streamlit component: the image at a place is put together in the browser."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import streamlit as st

from malt_core.explanations.plane_types import Plane
from malt_core.explanations.straightness_types import Straightness
from malt_core.figure_style import CROWD, PALETTE
from malt_core.networks import network_info
from malt_core.storage.assets import assets_folder

SMOOTH = 128  # pixels: wider pictures are not shown as squares
_FOLDER = assets_folder() / "plane"
_component = st.components.v2.component(
    "malt_plane",
    html='<div class="malt-plane"></div>',
    css=(_FOLDER / "plane.css").read_text("utf-8"),
    js=(_FOLDER / "plane.js").read_text("utf-8"),
)
UP = {"naive": "towards the likeliest class, at right angles", "random": "noise, as long"}


def show_plane(found: Straightness, plane: Plane, alt: str) -> None:
    """Draw a plane of which a grid is there. alt: what there is to see, in a sentence."""
    _component(key="plane", data=plane_data(found, plane, alt))


def plane_data(found: Straightness, plane: Plane, alt: str) -> dict[str, Any]:
    """Return what the component is given: the axes, the grid, and three pictures as data addresses."""
    axes, grid, info = plane.axes, plane.grid, network_info(found.model)
    seen = sorted(set(grid.answers), key=lambda index: (-grid.answers.count(index), index))
    first = [index for index in (found.label, found.target, found.likeliest) if index in seen]
    order = list(dict.fromkeys((*first, *seen)))
    place = {index: i for i, index in enumerate(order)}
    fixed = {found.label: PALETTE[0], found.target: PALETTE[1], found.likeliest: PALETTE[2]}
    rest = iter(PALETTE[3:])
    return {
        "id": hashlib.sha256(repr((found.model, axes, grid.reach)).encode()).hexdigest(),
        "n": grid.n,
        "reach": grid.reach,
        "classes": [info.classes[index] for index in order],
        "colours": [fixed.get(index) or next(rest, CROWD) for index in order],
        "answers": [place[index] for index in grid.answers],
        "margin": [round(value, 4) for value in grid.margin],
        "linear": [round(value, 4) for value in grid.linear],
        "clipped": [round(value, 4) for value in grid.clipped],
        "label": info.classes[found.label],
        "target": info.classes[found.target],
        "up": UP[axes.second],
        "start": [min(1.0, grid.reach), 0.0],
        "end": list(axes.end),
        "ball": [list(corner) for corner in axes.ball],
        "way": [list(corner) for corner in axes.way],
        "c": axes.c,
        "k": axes.k,
        "shape": list(info.size),
        "smooth": info.size[1] > SMOOTH,
        "unit_first": axes.unit_first,
        "unit_second": axes.unit_second,
        "image": _address("png", axes.image),
        "first": _address("webp", axes.first),
        "second": _address("webp", axes.second_image),
        "alt": alt,
    }


def _address(kind: str, picture: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"
