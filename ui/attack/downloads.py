"""What a result leaves to take away: pictures, figures, film, notebook, record, command line, link."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from PIL import Image

from malt_core.attack_run.player import perturbation_png
from malt_core.epsilon import Epsilon
from malt_core.export.bundles.write import bundle_bytes
from malt_core.export.formats import FORMATS
from malt_core.export.snapshot import Snapshot
from ui.pictures.picture import CAMERA

Files = Callable[..., bytes]
"""Computes a download on click: "adversarial.npy", or a name of FORMATS, if need be with run.json's text."""

FACTORS = (1, 2, 4, 8)
FIGURES = ("png", "png-dark", "square", "square-dark", "svg", "csv", "html")
AGAIN = ("ipynb", "py")
MOVING = (
    "GIF and MP4 are to look at: their colours are not exact, so that they fool no network. The PNG of the "
    "adversarial image and the WebP hold every colour value."
)
WHOLE = (
    "The .malt file holds pictures, curves and record together. Drop it on this page, or type `malt open`, "
    "to see the same numbers again without attacking."
)


def enlarged(png: bytes, factor: int) -> bytes:
    """A PNG with every pixel as a square of factor x factor, so that nothing is invented between pixels."""
    if factor == 1:
        return png
    image = Image.open(io.BytesIO(png))
    buffer = io.BytesIO()
    image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def take_away(
    snapshot: Snapshot,
    photo: str,
    files: Files,
    film: Callable[[str], None],
    *,
    text: str,
    bundle: bytes | None,
) -> None:
    """Draw the downloads and the command line. photo: as in AttackSettings.

    film: draws what makes the film, whose name begins as it is told. text: of run.json. bundle: the .malt
    file that all this is from, None for a run of this page.
    """
    st.markdown("#### Take it away", anchors=False)
    stem = "malt-" + re.sub(r"\W+", "-", Path(snapshot.name).stem).strip("-")
    _pictures(snapshot, stem, photo, files)
    st.markdown("**Figures and curves**")
    with st.container(horizontal=True, key="downloads"):
        _formats(FIGURES, stem, files)
    st.markdown("**Moving**")
    film(stem)
    if _fits(snapshot):
        _formats(("webp",), stem, files)
    st.caption(MOVING)
    st.markdown("**The whole run**")
    with st.container(horizontal=True, key="whole"):
        whole = partial(_bundle, snapshot, files, text) if bundle is None else bundle
        _download(FORMATS["malt"].what, whole, f"{stem}.malt", FORMATS["malt"].kind)
        _download("Record (run.json)", text, f"{stem}-run.json", "application/json")
    st.caption(WHOLE)
    st.markdown("**To run it again**")
    with st.container(horizontal=True, key="again_files"):
        _formats(AGAIN, stem, files)
    if photo == CAMERA:
        st.caption(f"The same run on the command line, once you have saved the original, {snapshot.name}:")
    else:
        st.caption("The same run on the command line:")
    st.code(snapshot.command, language="bash", wrap_lines=True)


def _pictures(snapshot: Snapshot, stem: str, photo: str, files: Files) -> None:
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


def _formats(names: tuple[str, ...], stem: str, files: Files) -> None:
    for name in names:
        format = FORMATS[name]
        _download(format.what, partial(files, name), f"{stem}-{format.file}", format.kind)


def _bundle(snapshot: Snapshot, files: Files, text: str) -> bytes:
    """Return the run in one file: of what is shown, or, where 8 bits do not hold it, of the run itself."""
    if snapshot.player["delta_type"] == "float32":
        return files("malt", text)
    return bundle_bytes(snapshot, text)


def _fits(snapshot: Snapshot) -> bool:
    """Whether whole colour values can hold the change."""
    return Epsilon(snapshot.record.eps, snapshot.record.norm).fits_eight_bits


def _download(
    label: str, data: bytes | str | Callable[[], bytes], name: str, kind: str = "image/png"
) -> None:
    st.download_button(label, data, name, kind, on_click="ignore", icon=":material/download:")
