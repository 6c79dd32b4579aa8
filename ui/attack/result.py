"""The result of an attack, drawn from its snapshot: a fresh run, a kept one and the example alike."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from malt_core.attack_run import story
from malt_core.attack_run.record import LinearityRecord, RankedClass, record_text
from malt_core.attack_run.words import cost, first_target, visibility
from malt_core.export.restored import restorable
from malt_core.export.snapshot import Snapshot
from ui.attack import glossary, work
from ui.attack.downloads import take_away
from ui.attack.earlier import show_pin, show_strip
from ui.attack.example import show_other_example
from ui.attack.failure import near, show_next, show_why
from ui.attack.film import show_film
from ui.attack.job import files_of, kept_run
from ui.attack.link import AttackSettings
from ui.attack.preview import answers_of
from ui.attack.question import ask, asks, truth_of
from ui.attack.smallest import show_smallest
from ui.attack.survives import found, show_survival
from ui.compute.loading import load_model
from ui.layout import show_link
from ui.pictures.picture import CAMERA, UPLOAD, Picture
from ui.widgets import glossary as shared_words
from ui.widgets.below import draw_below
from ui.widgets.caution import Said, show_caution
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.player import show_player

OWN_PICTURE = "A link cannot hold a picture of your own: send it along with the settings."
MOST_TOLD = 3  # steps up to which no curve is drawn


def show_result(
    key: str,
    snapshot: Snapshot,
    settings: AttackSettings,
    picture: Picture,
    link: str | None,
    *,
    example: bool = False,
) -> None:
    """Draw everything about a finished run. key: see work.attack_key; link: its address, if it has one."""
    record, truth, files = snapshot.record, truth_of(settings), files_of(key, settings, picture, snapshot)
    with st.container(horizontal=True, vertical_alignment="center", key="verdict"):
        st.subheader(plain(story.headline(record, truth)), anchor=False)
        if example:
            show_other_example(settings)
        show_next(snapshot)
    said = Said(record.flags, record.second_opinion)
    show_caution([said], images=1, what="picture", left=not record.success)
    st.markdown(f"{plain(story.told(record, truth))} {near(snapshot)}")
    if asks(settings) and (answers := answers_of(settings, picture)):
        ask(settings, picture, answers, brief=True)
    show_player(snapshot.player, key=f"player-{snapshot.player['id']}-{st.session_state.get('played', 0)}")
    show_why(snapshot)
    st.caption(f"{visibility(record)} {_credit(settings.photo, picture)}")
    show_pin(key)
    show_strip(key)
    show_smallest(settings, picture)

    def rest() -> None:
        show_details(snapshot)
        if record.success and record.survives_png:
            show_survival(settings, snapshot)
        kept = replace(record, survives=found(settings, snapshot))
        take_away(snapshot, settings.photo, files, film, text=record_text(kept), bundle=None)
        show_link(link, "This view", OWN_PICTURE)

    def film(stem: str) -> None:
        load = (lambda _report: None) if restorable(snapshot) else load_model(settings.model)
        again = work.attack(settings, picture)
        how = work.film(kept_run(key, snapshot), again, truth)
        show_film(work.film_key(key, truth), stem, load=load, film=how)

    draw_below("attack", rest)


def show_details(snapshot: Snapshot) -> None:
    """Draw what was measured: how straight the way was, every class that was tried, the numbers."""
    heading("Was the margin a straight line?", glossary.WHAT_MARGIN)
    st.markdown(plain(snapshot.way_sentence))
    _attempts(snapshot)
    _targets(snapshot)
    _numbers(snapshot)


def _credit(photo: str, picture: Picture) -> str:
    """Who made the picture, in Markdown."""
    if picture.credit:
        return f"Photo: {plain(picture.credit)}."
    if photo in (UPLOAD, CAMERA):
        return (
            "The photograph is yours: neither its author nor its licence is known here, or named in exports."
        )
    return ""


def _attempts(snapshot: Snapshot) -> None:
    if max((step.step for step in snapshot.trace), default=0) < MOST_TOLD:
        return  # a curve of two or three points tells nothing
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
    if said := first_target(record):
        st.markdown(plain(said))
    linf = record.norm == "linf"
    unit = 255 if linf else 1
    distance = "predicted distance" + (" (n/255)" if linf else "")
    rows = [
        {
            "class": target.name,
            "rank": rank,
            "confidence rank": target.confidence_rank,
            distance: _distance(target, unit),
            "margin": target.margin,
            "what happened": _happened(target),
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
            distance: st.column_config.TextColumn(help=glossary.DISTANCE),
            "margin": number(help=glossary.MARGIN, format="%.2f"),
            "what happened": st.column_config.TextColumn(help=glossary.HAPPENED),
        },
        alt="The wrong classes in the order of attack, with their predicted distances",
    )


def _distance(target: RankedClass, unit: float) -> str | None:
    """Return a predicted distance as it is known: exactly, or that it is farther than all targets are."""
    if target.predicted_distance is None:
        return None
    return f"{'more than ' if target.at_least else ''}{target.predicted_distance * unit:.2f}"


def _happened(target: RankedClass) -> str | None:
    if not target.tried:
        return None
    return "reached" if target.reached else "became another" if target.succeeded else "no"


def _fits(line: LinearityRecord) -> list[tuple[str, str, str]]:
    """R² up to the boundary, where the way reaches it, and of the whole way."""
    whole = ("R², whole way", _r2(line.r2), glossary.R2)
    if line.true_crossing is None or line.true_crossing > 1:
        return [whole]
    return [("R², up to the boundary", _r2(line.r2_to_crossing), glossary.R2), whole]


def _r2(value: float | None) -> str:
    return "–" if value is None else "below 0" if value < 0 else f"{value:.3f}"


def _numbers(snapshot: Snapshot) -> None:
    record = snapshot.record
    linf = record.norm == "linf"
    moved = record.perturbation_norm
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
        *_fits(record.linearity),
    )
    st.markdown("#### The numbers behind it", anchors=False)
    st.caption(cost(record))
    with st.container(horizontal=True, key="numbers"):
        for label, value, explanation in numbers:
            st.metric(label, value, help=explanation, width="content")
