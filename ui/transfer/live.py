"""The right side of the Transfer page: what was started, else what was stopped or the example."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from malt_core.models.catalogue import model_info
from malt_core.transfer.images import TransferImages
from malt_core.transfer.record import TransferRecord, transfer_record
from malt_core.transfer.types import Event, RowOfImage
from ui.compute.loading import load_models
from ui.compute.task import Task
from ui.transfer import glossary, work
from ui.transfer.example import stored_transfer
from ui.transfer.link import TransferSettings
from ui.transfer.result import show_matrix, show_transfer
from ui.widgets.embed import say_origin
from ui.widgets.markdown import plain
from ui.widgets.waiting import watch

EVERY = 0.6  # seconds between two looks at what grows


def record_of(
    events: Sequence[Event], chosen: TransferSettings, data: TransferImages, *, complete: bool
) -> TransferRecord | None:
    """What the events say, None before there is any image."""
    if not any(isinstance(event, RowOfImage) for event in events):
        return None
    infos = {id: model_info(id) for id in chosen.networks}
    names = [image.record.name for image in data.images]
    return transfer_record(
        events, chosen.config, infos, data.name, names, left_out=data.left_out, complete=complete
    )


def show_started(task: Task, chosen: TransferSettings, data: TransferImages, *, retry: bool) -> None:
    """Draw what was started. retry: even if it has failed."""
    job = task.job(
        load=load_models(chosen.networks),
        work=work.transfer(chosen, data),
        anew=retry and task.failed,
        long=True,
    )
    if job.finished:
        if job.state != "done":
            st.error(job.error)
        elif task.remembered:
            st.caption(glossary.FROM_MEMORY)
        if record := record_of(job.events, chosen, data, complete=job.state == "done"):
            show_transfer(record)
        return

    def draw(events: Sequence[Event]) -> None:
        if record := record_of(events, chosen, data, complete=False):
            show_matrix(record)

    with st.container(key="running"), st.container():
        watch(
            task,
            job,
            lambda events: work.progress(events, len(chosen.networks)),
            draw,
            every=EVERY,
            note=glossary.PATIENCE,
        )


def show_unstarted(
    task: Task, key: str | None, chosen: TransferSettings, data: TransferImages | None
) -> None:
    """Draw what was stopped, or else the stored example."""
    if key is not None and data is not None and (stopped := task.stopped(key)):
        st.info(glossary.STOPPED)
        if record := record_of(stopped, chosen, data, complete=False):
            show_transfer(record)
        return
    if data is None:
        st.info(glossary.NO_IMAGES)
    stored = stored_transfer()
    say_origin(glossary.EXAMPLE.format(data=plain(stored.data)))
    show_transfer(stored)
