"""The film of a run: made on demand, with a bar that says how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from malt_core.export.formats import FORMATS
from ui.attack import work
from ui.compute.jobs import Job, Report
from ui.compute.session import tab
from ui.widgets.markdown import plain
from ui.widgets.waiting import EVERY, show_wait

PURPOSE = "film"  # what the tab calls the job


def show_film(key: str, stem: str, *, load: Callable[[Report], Any], film: Callable[..., Any]) -> None:
    """Draw the button, once it was pressed how far the film is, then the two files.

    key: see work.film_key. stem: how the files' names begin. load, film: as JobQueue.submit takes them.
    """
    with st.container(key="film", horizontal=True):
        if st.session_state.get("film_asked") != key:
            tab().leave(PURPOSE)
            st.button(
                "Make the film (GIF and MP4)",
                icon=":material/movie:",
                key="make_film",
                help="The way from the original to the adversarial image, as it moves. Takes some seconds.",
                on_click=_ask,
                args=(key,),
            )
            return
        job = tab().watch(PURPOSE, key, load=load, work=film)
        if job.state == "done":
            for name, data in job.events[-1].files.items():
                format = FORMATS[name]
                st.download_button(
                    format.what,
                    data,
                    f"{stem}-{format.file}",
                    format.kind,
                    on_click="ignore",
                    icon=":material/download:",
                    key=f"film_{name}",
                )
        elif job.finished:
            st.error(plain(job.error))
        else:
            _wait(job)


def _ask(key: str) -> None:
    st.session_state.film_asked = key


@st.fragment(run_every=EVERY)
def _wait(job: Job) -> None:
    if job.finished:
        st.rerun()
    if not show_wait(job):
        made = next((event for event in reversed(job.events[:]) if isinstance(event, work.Filming)), None)
        share, what = (made.share, made.what) if made else (0.0, "Preparing the film …")
        st.progress(share, text=what)
