"""What one takes away from the Benchmark page: the reports that were run on it, and how to repeat them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import partial

import streamlit as st

from malt_core.comparison.words import names
from malt_core.datasets.in_memory import GALLERY_DATA
from malt_core.export.commands import evaluation_command
from ui.benchmark import glossary, store
from ui.benchmark.store import Kept
from ui.widgets.embed import embedded
from ui.widgets.take_away import Record


def records(kept: Sequence[Kept]) -> list[Record]:
    """The reports that were run here, as files."""
    own = [one for one in kept if one.own]
    files = {f"{_stem(one, place)}.json": one.text for place, one in enumerate(own, start=1)}
    titles = names([one.report for one in own]) if own else []
    found = [
        Record(f"Report: {title}", file, partial(str, text))
        for (file, text), title in zip(files.items(), titles, strict=True)
    ]
    if len(found) > 1:
        found.append(Record("All reports (ZIP)", "malt-reports.zip", lambda: _zip(files), "application/zip"))
    return found


def show_commands(kept: Sequence[Kept]) -> None:
    """The command lines that repeat them, and whether this server keeps them."""
    if embedded() or not kept:
        return
    st.caption(glossary.KEPT if store.on_shelf() else glossary.NOT_KEPT)
    own = [one for one in kept if one.own]
    if not own:
        return
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
