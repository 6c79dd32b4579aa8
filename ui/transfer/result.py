"""A transfer matrix drawn from its record: a live one, a finished one, and the example."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from malt_core.export import records
from malt_core.export.take_away import of_figure
from malt_core.models.catalogue import model_info
from malt_core.transfer import words
from malt_core.transfer.first_figure import comparisons_html, matrix_html
from malt_core.transfer.record import TransferRecord, transfer_to_json
from malt_core.transfer.statistics import matrix
from malt_core.transfer.types import RowOfImage
from ui.transfer import glossary
from ui.widgets.below import draw_below
from ui.widgets.figure import offer_table
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.take_away import Record, offer, taking_away


def show_matrix(record: TransferRecord) -> None:
    """Draw the matrix and what it says, as far as it has come."""
    with st.container(key="headline"):
        st.subheader(plain(words.headline(record)), anchor=False)
    heading("Made on one network, tried on another", glossary.WHAT_MATRIX)
    show_first_figure(matrix_html(record), "transfer_matrix")
    st.caption(plain(words.settings(record)))


def show_transfer(record: TransferRecord) -> None:
    """Draw a record that is over, or was stopped."""
    show_matrix(record)
    said = (
        words.attacker(record),
        words.as_by_noise(record),
        words.diagonal(record),
        words.resizing(record),
        words.mapping(record),
        words.unlabelled(record),
    )
    st.markdown("\n".join(f"- {plain(one)}" for one in said if one))
    draw_below("transfer", lambda: _rest_to_take(record))


def _rest_to_take(record: TransferRecord) -> None:
    with taking_away([Record("Record (transfer.json)", "malt-transfer.json", lambda: _text(record))]):
        offer(records.transfer(record))
        _rest(record)


def _rest(record: TransferRecord) -> None:
    if html := comparisons_html(record):
        heading("Which travels further?", glossary.WHAT_COMPARED)
        show_first_figure(html, "transfer_compared")
        st.markdown("\n".join(f"- {plain(text)}" for _, text in words.comparisons(record)))
        _offer_comparisons(record)
    if record.total == 1 and record.entries:
        _answers(record)
    _table(record)
    if record.skipped:
        st.caption(plain("Left out: " + " ".join(record.skipped)))


def _offer_comparisons(record: TransferRecord) -> None:
    from malt_core.transfer.figures import comparison_rows, comparisons_figure

    figure = comparisons_figure(record)
    assert figure is not None
    offer(
        of_figure(
            figure,
            name="malt-transfer-compared",
            title="Which adversarial images travel further? Differences with 95% intervals",
            about=words.settings(record),
            rows=comparison_rows(record),
            alt=" ".join(text for _, text in words.comparisons(record)),
        )
    )


def _table(record: TransferRecord) -> None:
    heading("Cell by cell", glossary.WHAT_TABLE)
    number = st.column_config.NumberColumn
    st.dataframe(
        [
            {
                "made on": words.short(record.rows[i].id),
                "tried on": words.short(record.columns[j].id),
                "right on both": one.of,
                "fooled": one.fooled,
                "same": one.same,
                "other": one.other,
                "noise": one.noise,
                "L2": one.l2,
                "L2 of noise": one.noise_l2,
                "resized": record.resized(i, j),
            }
            for i, line in enumerate(matrix(record))
            for j, one in enumerate(line)
        ],
        hide_index=True,
        column_config={
            "made on": st.column_config.TextColumn(pinned=True),
            "L2": number(format="%.2f"),
            "L2 of noise": number(format="%.2f"),
        },
        placeholder="–",
        alt="Counts and lengths of every cell of the matrix",
    )


def _answers(record: TransferRecord) -> None:
    """Draw what each network says of a single picture."""
    heading("What each network says", glossary.WHAT_ANSWERS)
    classes = [model_info(column.id).classes for column in record.columns]

    def row(name: str, entry: RowOfImage, answers: tuple[int, ...]) -> dict[str, Any]:
        said = {
            words.short(column.id): classes[j][answers[j]] if answers[j] >= 0 else "no finite scores"
            for j, column in enumerate(record.columns)
        }
        return {"made on": words.short(record.rows[entry.row].id), "picture": name, **said}

    rows = []
    for entry in record.entries:
        rows += [row("as it is", entry, entry.column_clean), row("noise", entry, entry.column_noise)]
        if (attempt := entry.attempt("malt")) is not None:
            rows.append(row("attacked", entry, attempt.answers))
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"made on": st.column_config.TextColumn(pinned=True)},
        alt="The answers of every network to the picture, to noise, and to the attacks",
    )
    offer_table("transfer_answers", "what each network says", rows, words.settings(record))


def _text(record: TransferRecord) -> str:
    return json.dumps(transfer_to_json(record), indent=2, ensure_ascii=False) + "\n"
