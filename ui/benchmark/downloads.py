"""What one takes away from the Benchmark page: the reports that were run on it, and how to repeat them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import streamlit as st

from malt_core.comparison.words import names
from malt_core.datasets.in_memory import GALLERY_DATA
from malt_core.export.commands import evaluation_command
from ui.benchmark import glossary, store
from ui.benchmark.store import Kept


def take_away(kept: Sequence[Kept]) -> None:
    """Downloads and command lines of the reports that were run here."""
    st.caption(glossary.KEPT if store.on_shelf() else glossary.NOT_KEPT)
    own = [one for one in kept if one.own]
    if not own:
        return
    st.markdown("#### Take it with you", anchors=False)
    files = {f"{_stem(one, place)}.json": one.text for place, one in enumerate(own, start=1)}
    with st.container(horizontal=True, key="downloads"):
        for (file, text), name in zip(files.items(), names([one.report for one in own]), strict=True):
            st.download_button(
                name,
                text,
                file,
                "application/json",
                key=f"download_{file}",
                on_click="ignore",
                icon=":material/download:",
            )
        if len(files) > 1:
            st.download_button(
                "All reports (ZIP)",
                lambda: _zip(files),
                "malt-reports.zip",
                "application/zip",
                on_click="ignore",
                icon=":material/folder_zip:",
            )
    commands = [
        evaluation_command(one.report.plan, _stem(one, place)) for place, one in enumerate(own, start=1)
    ]
    where = "" if all(one.report.plan.data.path == GALLERY_DATA for one in own) else ", where the file lies"
    st.caption(f"The same on the command line{where}:")
    st.code("\n".join(commands), language="bash", wrap_lines=True)


def _stem(one: Kept, place: int) -> str:
    config = one.report.plan.config
    return f"{place}-{config.attack}-{config.eps_text.replace('/', '-of-')}"


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()
