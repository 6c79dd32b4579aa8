"""The result of an attack, drawn from its snapshot: a fresh run, a kept one and the example alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from malt_core.attack_run import story
from malt_core.attack_run.record import record_to_json
from malt_core.export.snapshot import Snapshot
from ui.attack import glossary
from ui.attack.link import AttackSettings
from ui.attack.preview import answers_of
from ui.attack.question import ask, asks, truth_of
from ui.layout import show_link
from ui.pictures.picture import Picture
from ui.widgets import glossary as shared_words
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.player import show_player

Files = Callable[[str], bytes]
"""Computes a download on click: "figure.png" or "figure.html"."""


def show_result(
    snapshot: Snapshot, settings: AttackSettings, picture: Picture, files: Files, link: str | None
) -> None:
    """Draw everything about a finished run. link: its address, None where it cannot be linked."""
    truth = truth_of(settings)
    st.subheader(plain(story.headline(snapshot.record, truth)), anchor=False)
    st.markdown(plain(story.told(snapshot.record, truth)))
    if asks(settings) and (answers := answers_of(settings, picture)):
        ask(settings, answers)
    _path(snapshot)
    if picture.credit:
        st.caption(f"Photo: {picture.credit}")
    _attempts(snapshot)
    _targets(snapshot)
    _numbers(snapshot)
    _take_away(snapshot, files, link)


def _path(snapshot: Snapshot) -> None:
    show_player(snapshot.player, key=f"player-{snapshot.player['id']}")
    heading("Was it a straight line?", glossary.WHAT_MARGIN)
    st.markdown(snapshot.way_sentence)


def _attempts(snapshot: Snapshot) -> None:
    # Plotly takes a while to import; the first words need not wait for it
    from malt_core.attack_run.figures import attempts_figure

    heading("Every wrong class that was tried", glossary.WHAT_ATTEMPTS)
    st.plotly_chart(
        attempts_figure(snapshot.trace, snapshot.names),
        key="attempts",
        config={"displayModeBar": False},
        alt="The true margin at every step, for every class that was tried",
    )


def _targets(snapshot: Snapshot) -> None:
    heading("Which wrong classes, and in which order", glossary.WHAT_TABLE)
    record = snapshot.record
    linf = record.norm == "linf"
    unit = 255 if linf else 1
    distance = "predicted distance" + (" (n/255)" if linf else "")
    rows = [
        {
            "class": target.name,
            "rank": rank,
            "confidence rank": target.confidence_rank,
            distance: None if target.predicted_distance is None else target.predicted_distance * unit,
            "margin": target.margin,
            "tried": target.tried,
            "fooled": target.succeeded,
        }
        for rank, target in enumerate(record.ranking, start=1)
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        height=min(35 * (len(rows) + 1) + 3, 400),
        column_config={
            "class": st.column_config.TextColumn(help=glossary.CLASS, pinned=True),
            "rank": number(help=glossary.RANK, width="small"),
            "confidence rank": number(help=glossary.CONFIDENCE_RANK),
            distance: number(help=glossary.DISTANCE, format="%.2f"),
            "margin": number(help=glossary.MARGIN, format="%.2f"),
            "tried": st.column_config.CheckboxColumn(help=glossary.TRIED, width="small"),
            "fooled": st.column_config.CheckboxColumn(help=glossary.FOOLED, width="small"),
        },
        alt="The wrong classes in the order of attack, with their predicted distances",
    )


def _numbers(snapshot: Snapshot) -> None:
    record = snapshot.record
    linf = record.norm == "linf"
    moved = record.perturbation_norm
    r2 = record.linearity and record.linearity.r2
    numbers = (
        ("Steps", f"{record.steps_total:,}", glossary.ALL_STEPS),
        ("Forward passes", f"{record.n_forward:,}", shared_words.FORWARD),
        ("Backward passes", f"{record.n_backward:,}", shared_words.BACKWARD),
        ("Seconds", f"{record.seconds:.2f}", glossary.SECONDS),
        (
            "Largest change" if linf else "Length of the change",
            f"{moved * 255:.3g}/255" if linf else f"{moved:.3g}",
            glossary.MOVED,
        ),
        ("R²", "–" if r2 is None else f"{r2:.3f}".replace("-", "−"), glossary.R2),
    )
    st.markdown("#### The numbers behind it", anchors=False)
    with st.container(horizontal=True, key="numbers"):
        for label, value, explanation in numbers:
            st.metric(label, value, help=explanation, width="content")


def _picture_kind(snapshot: Snapshot) -> str:
    return "Adversarial image" if snapshot.record.success else "Closest try"


def _take_away(snapshot: Snapshot, files: Files, link: str | None) -> None:
    """Downloads, the command line, the link."""
    st.markdown("#### Take it with you", anchors=False)
    stem = "malt-" + re.sub(r"\W+", "-", Path(snapshot.name).stem).strip("-")
    adversarial = snapshot.adversarial_png
    record = json.dumps(record_to_json(snapshot.record), indent=2, ensure_ascii=False)
    what = _picture_kind(snapshot)
    downloads = [
        (f"{what} (PNG)", adversarial, f"{stem}-{what.split()[0].lower()}.png", "image/png"),
        ("Record (run.json)", record, f"{stem}-run.json", "application/json"),
    ]
    if snapshot.player is not None:
        downloads += [
            ("Figure (PNG)", partial(files, "figure.png"), f"{stem}-figure.png", "image/png"),
            ("Interactive page (HTML)", partial(files, "figure.html"), f"{stem}.html", "text/html"),
        ]
    with st.container(horizontal=True, key="downloads"):
        for label, data, name, kind in downloads:
            st.download_button(label, data, name, kind, on_click="ignore", icon=":material/download:")
    st.caption("The same run on the command line:")
    st.code(snapshot.command, language="bash", wrap_lines=True)
    otherwise = "A link cannot hold a picture of your own: send the picture along with the settings."
    show_link(link, "This view", otherwise)
