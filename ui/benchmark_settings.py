"""The left side of the Benchmark page: report files, and what to evaluate here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from malt_core.comparison.words import ATTACK_NAMES, caution
from malt_core.datasets.in_memory import HeldData, gallery_data
from malt_core.errors import BadConfig, MaltError
from malt_core.evaluation.types import ATTACKS, EvaluationConfig
from malt_core.models.catalogue import DEFAULT_MODEL, model_info
from malt_core.types import NORMS, ModelInfo
from ui import address, benchmark_link, link, settings
from ui import benchmark_glossary as glossary
from ui import benchmark_store as store
from ui.benchmark_files import read_data_file, read_report_file
from ui.benchmark_link import BenchmarkSettings
from ui.benchmark_run import MOST_IMAGES, SmallRun, evaluations, radii
from ui.glossary import MODEL, NORM
from ui.plain import plain

SOURCE_NAMES = {"gallery": "Gallery photos", "file": "Your parquet file"}


def follow_link() -> list[str]:
    """Set the widgets to what the address says, if it is new, and return complaints about it."""
    params, new = address.enter("benchmark")
    asked, complaints = benchmark_link.read(params, settings.model_ids(), model_info)
    if new:
        state = st.session_state
        state.bench_model, state.bench_eps, state.bench_norm = asked.model, asked.eps, asked.norm
        state.bench_attacks, state.bench_source, state.bench_n = list(asked.attacks), asked.source, asked.n
        address.followed(params)
    return complaints


def remember() -> None:
    """Write the settings into the address, unless it says the same already."""
    state = st.session_state
    now = BenchmarkSettings(
        model=state.bench_model,
        eps=state.bench_eps,
        attacks=tuple(attack for attack in ATTACKS if attack in state.bench_attacks),
        norm=state.bench_norm,
        source=state.bench_source,
        n=_now("bench_n", BenchmarkSettings.n),
    )
    if benchmark_link.read(state.address, settings.model_ids(), model_info)[0] != now:
        address.followed(benchmark_link.write(now))


def report_files() -> None:
    """The uploader; whatever it is given is taken out of it at once, so that it can take more."""
    key = f"reports_{st.session_state.setdefault('benchmark_uploads', 0)}"
    st.file_uploader(
        "Reports",
        ["json"],
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
            good.append(read_report_file(file.getvalue(), file.name))
        except MaltError as error:
            bad.append(str(error))
    store.keep(good, own=False)
    state.benchmark_complaints = bad
    state.benchmark_uploads += 1


def run_settings() -> SmallRun | None:
    """What to evaluate here; None, and a word on why, where it cannot be evaluated."""
    model = st.selectbox(
        "Model",
        settings.model_ids(),
        settings.model_ids().index(_now("bench_model", DEFAULT_MODEL)),
        format_func=settings.model_name,
        key="bench_model",
        help=MODEL,
        on_change=_default_eps,
        persist_state="session",
    )
    info = model_info(model)
    try:
        data = _data(info)
    except MaltError as error:
        data = None
        st.error(str(error))
    attacks = st.pills(
        "Attacks",
        list(ATTACK_NAMES),
        default=_now("bench_attacks", ["malt", "naive"]),
        selection_mode="multi",
        format_func=ATTACK_NAMES.get,
        key="bench_attacks",
        help=glossary.ATTACKS,
        wrap=True,
        persist_state="session",
    )
    try:
        configs = evaluations(attacks, _radii(info))
    except BadConfig as error:
        st.error(str(error))
        return None
    if data is None:
        return None
    _outlook(data, configs)
    return SmallRun(info.id, data, configs)


def _now(key: str, default: Any) -> Any:
    """What a widget says now, for it to be its default, too (see ui/settings.py)."""
    return st.session_state.get(key, default)


def _default_eps() -> None:
    """Another model or norm. The value is set: a new default alone would not reach the browser's box."""
    state = st.session_state
    norm = _now("bench_norm", "linf")
    state.bench_eps = f"{link.default_eps(model_info(_now('bench_model', DEFAULT_MODEL)), norm):g}"


def _radii(info: ModelInfo) -> tuple[EvaluationConfig, ...]:
    """The radii that were typed. Raises BadConfig for what is none."""
    norm = _now("bench_norm", "linf")
    text = st.text_input(
        "ε, one or a few, in 1/255" if norm == "linf" else "ε, one or a few (L2)",
        _now("bench_eps", f"{link.default_eps(info, norm):g}"),
        key="bench_eps",
        help=glossary.EPS_LINF if norm == "linf" else glossary.EPS_L2,
        persist_state="session",
    )
    return radii(text, norm)


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        st.radio(
            "Norm",
            NORMS,
            NORMS.index(_now("bench_norm", "linf")),
            format_func=settings.NORM_NAMES.get,
            key="bench_norm",
            help=NORM,
            on_change=_default_eps,
            persist_state="session",
        )


def _data(info: ModelInfo) -> HeldData | None:
    """The images that are chosen; None while a file is waited for."""
    source = st.radio(
        "Images",
        list(SOURCE_NAMES),
        list(SOURCE_NAMES).index(_now("bench_source", "gallery")),
        format_func=SOURCE_NAMES.get,
        key="bench_source",
        help=glossary.DATA,
        persist_state="session",
    )
    if source == "gallery":
        return _held((info.id,), lambda: gallery_data(info))
    file = _file()
    n = st.number_input(
        "How many images",
        1,
        MOST_IMAGES,
        _now("bench_n", BenchmarkSettings.n),
        10,
        key="bench_n",
        help=glossary.COUNT,
        persist_state="session",
    )
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
        ["parquet"],
        key="bench_file",
        help=glossary.FILE,
        on_change=lambda: state.pop("benchmark_file", None),
    )
    if file is not None:
        state.benchmark_file = file.file_id, file.name, file.getvalue()
    elif "benchmark_file" in state:
        st.caption(f"Still here: {plain(state.benchmark_file[1])}.")
    return state.get("benchmark_file")


def _held(key: tuple, read: Callable[[], HeldData]) -> HeldData:
    """Read images once, not on every rerun."""
    state = st.session_state
    if state.get("benchmark_data_key") != key:
        state.benchmark_data = read()
        state.benchmark_data_key = key
    return state.benchmark_data


def _outlook(data: HeldData, configs: tuple[EvaluationConfig, ...]) -> None:
    """What a run would amount to."""
    images = len(data.content)
    count = f"{len(configs)} evaluations" if len(configs) > 1 else "One evaluation"
    which = "1 image" if images == 1 else f"{images} images"
    named = f": {', '.join(record.name for record in data.content)}" if data.path == "gallery" else ""
    st.caption(f"{count} of {which}{named}. {caution(images)}")
    if any(config.attack == "autoattack" for config in configs):
        st.caption(glossary.AUTOATTACK)
