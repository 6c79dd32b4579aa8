"""The film of a run: made on demand, with a bar that says how far it is."""

from __future__ import annotations

import streamlit as st

from malt_core.export.formats import FORMATS
from ui.attack import work
from ui.attack.link import AttackSettings
from ui.attack.question import truth_of
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.session import queue, tab
from ui.pictures.picture import Picture
from ui.widgets.markdown import plain
from ui.widgets.waiting import EVERY, show_wait

PURPOSE = "film"  # what the tab calls the job


def show_film(run_key: str, settings: AttackSettings, picture: Picture, stem: str) -> None:
    """Draw the button, once it was pressed how far the film is, then the two files.

    run_key: see work.attack_key. stem: how the files' names begin.
    """
    truth = truth_of(settings)
    key = work.film_key(run_key, truth)
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
        kept = queue().recall(run_key)
        run = kept.events[-1].run if kept is not None and kept.state == "done" else None
        job = tab().watch(
            PURPOSE,
            key,
            load=load_model(settings.model) if run is None else lambda report: None,
            work=work.film(run, settings, picture, truth),
        )
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
