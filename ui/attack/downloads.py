"""What a result leaves to take away: pictures, figure, page, record, command line, link."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from PIL import Image

from malt_core.attack_run.player import perturbation_png
from malt_core.attack_run.record import record_to_json
from malt_core.epsilon import Epsilon
from malt_core.export.formats import FORMATS
from malt_core.export.snapshot import Snapshot
from ui.layout import show_link
from ui.pictures.picture import CAMERA

Files = Callable[[str], bytes]
"""Computes a download on click: "adversarial.npy", "figure.html", or a file of export.formats.FORMATS."""

FACTORS = (1, 2, 4, 8)
MOVING = (
    "Moving pictures take some seconds to be made. GIF and MP4 are to look at: their colours are not exact, "
    "so that they fool no network. The PNG of the adversarial image and the WebP hold every colour value."
)


def enlarged(png: bytes, factor: int) -> bytes:
    """A PNG with every pixel as a square of factor x factor, so that nothing is invented between pixels."""
    if factor == 1:
        return png
    image = Image.open(io.BytesIO(png))
    buffer = io.BytesIO()
    image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def take_away(snapshot: Snapshot, photo: str, files: Files, link: str | None) -> None:
    """Draw the downloads, the command line and the link. photo: as in AttackSettings."""
    st.markdown("#### Take it with you", anchors=False)
    stem = "malt-" + re.sub(r"\W+", "-", Path(snapshot.name).stem).strip("-")
    factor = st.segmented_control(
        "Pictures enlarged",
        FACTORS,
        default=1,
        required=True,
        format_func=lambda factor: "as they are" if factor == 1 else f"×{factor}",
        key="enlarged",
        help="Every pixel as a square of so many pixels a side. Only pictures as they are can be attacked or "
        "judged again.",
    )
    _pictures(snapshot, stem, photo, files, factor)
    record = json.dumps(record_to_json(snapshot.record), indent=2, ensure_ascii=False)
    with st.container(horizontal=True, key="downloads"):
        for format in FORMATS.values():
            if not format.exact or _fits(snapshot):
                _download(format.what, partial(files, format.file), f"{stem}-{format.file}", format.kind)
        _download("Interactive page (HTML)", partial(files, "figure.html"), f"{stem}.html", "text/html")
        _download("Record (run.json)", record, f"{stem}-run.json", "application/json")
    st.caption(MOVING)
    if photo == CAMERA:
        st.caption(f"The same run on the command line, once you have saved the original, {snapshot.name}:")
    else:
        st.caption("The same run on the command line:")
    st.code(snapshot.command, language="bash", wrap_lines=True)
    show_link(link, "This view", "A link cannot hold a picture of your own: send it along with the settings.")


def _pictures(snapshot: Snapshot, stem: str, photo: str, files: Files, factor: int) -> None:
    success = snapshot.record.success
    changed = "Adversarial image" if success else "Closest try"
    size = "" if factor == 1 else f"-x{factor}"

    def perturbation() -> bytes:
        return enlarged(perturbation_png(snapshot.player), factor)

    with st.container(horizontal=True, key="pictures"):
        # The command line below names a picture of the camera, which is no file yet, by this one.
        original = snapshot.name if photo == CAMERA and factor == 1 else f"{stem}-original{size}.png"
        _download("Original (PNG)", enlarged(snapshot.original_png, factor), original)
        _download("Perturbation (PNG)", perturbation, f"{stem}-perturbation{size}.png")
        name = f"{stem}-{'adversarial' if success else 'closest'}{size}.png"
        _download(f"{changed} (PNG)", enlarged(snapshot.adversarial_png, factor), name)
        if not _fits(snapshot):
            exact = partial(files, "adversarial.npy")
            _download(f"{changed}, exactly (.npy)", exact, f"{stem}.npy", "application/octet-stream")


def _fits(snapshot: Snapshot) -> bool:
    """Whether whole colour values can hold the change."""
    return Epsilon(snapshot.record.eps, snapshot.record.norm).fits_eight_bits


def _download(
    label: str, data: bytes | str | Callable[[], bytes], name: str, kind: str = "image/png"
) -> None:
    st.download_button(label, data, name, kind, on_click="ignore", icon=":material/download:")
