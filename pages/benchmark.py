"""The Benchmark page: reports of whole data sets compared, and small evaluations run."""

from __future__ import annotations

import streamlit as st

from malt_core.comparison.compare import order
from malt_core.comparison.words import names
from ui import benchmark_glossary as glossary
from ui import benchmark_live as live
from ui import benchmark_settings as settings
from ui import benchmark_store as store
from ui.benchmark_files_out import take_away
from ui.benchmark_result import show_reports
from ui.plain import plain
from ui.style import apply_style, scroll_to_running


def choose_shown() -> list[store.Kept]:
    """The reports of this tab that are to be compared."""
    kept = dict(sorted(store.kept().items(), key=lambda item: order(item[1].report)))
    titles = dict(zip(kept, names([one.report for one in kept.values()]), strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.multiselect(
            "Reports compared",
            list(kept),
            list(kept),
            format_func=titles.get,
            key="benchmark_shown",
            help=glossary.SHOWN,
            wrap=True,
            persist_state="session",
        )
        st.button("Remove all", key="remove", on_click=store.forget_all)
    return [one for id, one in kept.items() if id in shown]


apply_style()
st.title("How robust is a model?", anchor=False)
st.markdown(glossary.INTRODUCTION)
complaints = settings.follow_link()
left, right = st.columns([1, 2.4], gap="large")
with left:
    settings.report_files()
    st.markdown("#### Or evaluate here", anchors=False)
    run = settings.run_settings()
    pressed = st.button("Evaluate", type="primary", width="stretch", disabled=run is None, key="evaluate")
    settings.more_settings()
settings.remember()
if pressed and run is not None:
    live.start(run)
job = live.running()

with right:
    for complaint in complaints:
        st.warning(plain(complaint))
    for complaint in store.complaints():
        st.error(complaint)
    if job is not None:
        with st.container(key="running"), st.container():
            live.watch(job)
    if store.kept():
        shown = choose_shown()
        if shown:
            show_reports([one.report for one in shown])
            take_away(shown)
        else:
            st.info("Choose at least one report.")
    elif job is None and store.examples():
        st.caption("An example, computed ahead. Your reports and evaluations take its place.")
        show_reports(store.examples())
    elif job is None:
        st.info("Hand in a report.json, or press **Evaluate** to attack a few images here.")
if pressed:
    scroll_to_running()
