"""The left side of the Benchmark page: report files, and what to evaluate here."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.comparison.words import caution
from malt_core.datasets.in_memory import InMemoryData, gallery_data
from malt_core.errors import BadConfig, MaltError
from malt_core.evaluation.report import report_from_bytes
from malt_core.evaluation.types import EvaluationConfig
from malt_core.models.catalogue import model_info
from malt_core.types import ModelInfo
from ui.benchmark import glossary, store
from ui.benchmark.link import BenchmarkSettings
from ui.benchmark.uploads import read_data_file
from ui.benchmark.work import SmallRun, evaluations, radii
from ui.widgets.form import current, draw
from ui.widgets.markdown import plain


def report_files() -> None:
    """The uploader; whatever it is given is taken out of it at once, so that it can take more."""
    key = f"reports_{st.session_state.setdefault('benchmark_uploads', 0)}"
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
    state.benchmark_complaints = bad
    state.benchmark_uploads += 1


def run_settings() -> SmallRun | None:
    """What to evaluate here; None, and a word on why, where it cannot be evaluated."""
    draw(BenchmarkSettings, "model", "source")
    info = model_info(st.session_state.model)
    try:
        data = _data(info)
    except MaltError as error:
        data = None
        st.error(str(error))
    draw(BenchmarkSettings, "attacks", "eps")
    chosen = current(BenchmarkSettings)
    try:
        configs = evaluations(chosen.attacks, radii(chosen.eps, chosen.norm))
    except BadConfig as error:
        st.error(str(error))
        return None
    if data is None:
        return None
    _outlook(data, configs)
    return SmallRun(info.id, data, configs)


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        draw(BenchmarkSettings, "norm")


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


def _outlook(data: InMemoryData, configs: tuple[EvaluationConfig, ...]) -> None:
    """What a run would amount to."""
    images = len(data.content)
    count = f"{len(configs)} evaluations" if len(configs) > 1 else "One evaluation"
    which = "1 image" if images == 1 else f"{images} images"
    named = f": {', '.join(record.name for record in data.content)}" if data.path == "gallery" else ""
    st.caption(f"{count} of {which}{named}. {caution(images)}")
    if any(config.attack == "autoattack" for config in configs):
        st.caption(glossary.AUTOATTACK)
