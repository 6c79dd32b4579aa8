"""The left side of the Benchmark page: report files, and what to evaluate here."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.comparison.words import caution
from malt_core.datasets.in_memory import InMemoryData, gallery_data
from malt_core.errors import BadConfig, MaltError
from malt_core.evaluation.report import report_from_bytes
from malt_core.networks import network_info
from malt_core.types import ModelInfo
from ui.benchmark import glossary, store
from ui.benchmark.link import BenchmarkSettings
from ui.benchmark.work import SmallRun, evaluations, radii
from ui.pictures.data_file import read_data_file
from ui.widgets.form import current, draw
from ui.widgets.markdown import plain


def report_files() -> None:
    """The uploader; whatever it is given is taken out of it at once, so that it can take more."""
    key = f"reports_{st.session_state.setdefault('benchmark_uploads', 0)}"
    with st.expander("Compare reports of your own", key="own_reports"):
        st.file_uploader(
            "Reports",
            accept_multiple_files=True,
            key=key,
            help=glossary.REPORTS,
            on_change=_take_reports,
            args=(key,),
        )


def _take_reports(key: str) -> None:
    state = st.session_state
    good, bad = [], []
    for file in state[key]:
        try:
            good.append(report_from_bytes(file.getvalue(), file.name))
        except MaltError as error:
            bad.append(str(error))
    store.keep(good, own=False)
    state.benchmark_complaints, state.benchmark_note = bad, ""
    state.benchmark_uploads += 1


def run_settings() -> SmallRun | None:
    """What to evaluate here; None, and a word on why, where it cannot be evaluated."""
    draw(BenchmarkSettings, "model", "source")
    info = network_info(st.session_state.model)
    try:
        data = _data(info)
    except MaltError as error:
        data = None
        st.error(str(error))
    draw(BenchmarkSettings, "attacks", "eps")
    chosen = current(BenchmarkSettings)
    try:
        balls = radii(chosen.eps, chosen.norm)
        if "," in chosen.eps:
            st.caption(f"Read as {' and '.join(ball.eps_text for ball in balls)}.")
        configs = evaluations(chosen.attacks, balls, check=chosen.check == "always")
    except BadConfig as error:
        st.error(str(error))
        return None
    return None if data is None else SmallRun(info.id, data, configs)


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(BenchmarkSettings, "norm", "check")


def _data(info: ModelInfo) -> InMemoryData | None:
    """The images that are chosen; None while a file is waited for."""
    if st.session_state.source == "gallery":
        return _held((info.id,), lambda: gallery_data(info))
    file = _file()
    draw(BenchmarkSettings, "n")
    n = st.session_state.n
    if file is None:
        return None
    id, name, data = file
    return _held((id, info.id, n), lambda: read_data_file(data, name, info, n))


def _file() -> tuple[str, str, bytes] | None:
    """The parquet file's id, name and content. When the page is returned to, the uploader is empty; what it
    held stays.
    """
    state = st.session_state
    file = st.file_uploader(
        "A parquet file of yours",
        key="data_file",
        help=glossary.FILE,
        on_change=lambda: state.pop("benchmark_file", None),
    )
    if file is not None:
        state.benchmark_file = file.file_id, file.name, file.getvalue()
    elif "benchmark_file" in state:
        st.caption(f"Still here: {plain(state.benchmark_file[1])}.")
    return state.get("benchmark_file")


def _held(key: tuple, read: Callable[[], InMemoryData]) -> InMemoryData:
    """Read images once, not on every rerun."""
    state = st.session_state
    if state.get("benchmark_data_key") != key:
        state.benchmark_data = read()
        state.benchmark_data_key = key
    return state.benchmark_data


def outlook(run: SmallRun | None) -> None:
    """What a run would amount to, and how much of it is there already."""
    if run is None:
        return
    images, count, done = len(run.data.content), len(run.configs), run.done(store.found())
    of = f"{images} {'photograph' if run.data.path == 'gallery' else 'image'}{'' if images == 1 else 's'}"
    many = f"{count} evaluations of" if count > 1 else "One evaluation of"
    more = caution(images)
    if done == run.images:
        more = "All of it has been evaluated before."
    elif done:
        more = f"{done:,} of {run.images:,} are done: **Evaluate** goes on with the rest."
    st.caption(f"{many} {of}. {more}")
    if any(config.attack == "autoattack" for config in run.configs):
        st.caption(glossary.AUTOATTACK)
