"""A run by answers alone, drawn as far as it is known."""

from __future__ import annotations

import json

import streamlit as st

from malt_core.answers import words
from malt_core.answers.first_figure import curves_html
from malt_core.answers.record import AnswersRecord
from malt_core.answers.types import TITLES
from malt_core.export import records
from malt_core.formatting import length
from malt_core.storage.typed_json import plain as plain_json
from ui.answers import glossary
from ui.answers.work import MALT, Known, Shown
from ui.widgets.below import draw_below
from ui.widgets.caution import Said, show_caution
from ui.widgets.figure import offer_table
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.take_away import Record, offer, taking_away

WIDTH = 165  # pixels: two of them stand beside each other on a phone


def show_known(known: Known, *, whole: bool) -> None:
    """Draw what is known. whole: nothing more comes."""
    record = known.record
    with st.container(key="headline"):
        st.subheader(plain(words.headline(record, going_on=not whole)), anchor=False)
    if record.malt is not None:
        st.markdown(plain(words.yardstick(record.malt)))
        if record.levels:
            st.caption(plain(glossary.LEVELS.format(levels=record.levels)))
    heading("How far, after how many queries", glossary.WHAT_CURVES)
    show_first_figure(curves_html(record), "answers_curves")
    _told(record)
    if not whole:
        return

    def rest() -> None:
        if record.malt is not None:
            flags = [Said(record.malt.flags, None, "MALT")]
            show_caution(flags, images=1, what="picture", left=not record.malt.fooled)
        _images(known)
        _numbers(record)

    def rest_to_take() -> None:
        whole_record = Record("Record (answers.json)", "malt-answers.json", lambda: _text(record))
        with taking_away([whole_record]):
            offer(records.answers(record))
            rest()

    draw_below("answers", rest_to_take)


def _told(record: AnswersRecord) -> None:
    lines = [
        f"- {plain(' '.join(filter(None, (words.told(one, record), words.start(one)))))}"
        for one in record.methods
    ]
    st.markdown("\n".join(lines))


def _images(known: Known) -> None:
    heading("What fools the network", glossary.WHAT_IMAGES)
    if not known.shown:
        st.markdown(glossary.NO_IMAGE)
        return
    with st.container(horizontal=True, gap="small", key="answers_images"):
        for one in known.shown:
            with st.container(width=WIDTH):
                _image(one, known.record)


def _image(one: Shown, record: AnswersRecord) -> None:
    title = "MALT" if one.method == MALT else TITLES[one.method]
    said = record.malt if one.method == MALT else record.of(one.method)
    answer = said.answer.name if said and said.answer else ""
    far = length(said.distance, record.norm) if said and said.distance is not None else ""
    st.markdown(f"**{title}**")
    st.image(
        one.image, width="stretch", output_format="PNG", alt=f"The picture that {title} came to: “{answer}”"
    )
    st.caption(plain(f"“{answer}”, {far} away"))
    st.image(one.change, width="stretch", output_format="PNG", alt=f"What {title} changed, strengthened")
    st.caption(f"Change × {one.factor}")


def _numbers(record: AnswersRecord) -> None:
    heading("In numbers", glossary.WHAT_METHODS)
    table = words.rows(record)
    number = st.column_config.NumberColumn
    counts = ("queries", "gradients", "in the ball after")
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "method": st.column_config.TextColumn(pinned=True),
            **{name: number(format="localized") for name in counts},
        },
        placeholder="–",
        alt="Queries, distances and answers of each method, and of MALT",
    )
    offer_table("answers_table", "queries, distances and answers", table, records.answers(record).about)


def _text(record: AnswersRecord) -> str:
    return json.dumps(plain_json(record), indent=2, ensure_ascii=False) + "\n"
