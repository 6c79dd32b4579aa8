"""A race drawn from its record: the example, one that was stopped, and one that is over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from malt_core.attacks.catalogue import ATTACKS, TITLES, AttackId
from malt_core.epsilon import Epsilon
from malt_core.export import records
from malt_core.export.take_away import Taken
from malt_core.networks import network_info
from malt_core.race import words
from malt_core.race.record import LaneRecord, RaceRecord, record_of, record_to_json
from malt_core.race.rows import race_rows
from malt_core.race.timeline import race_of
from malt_core.race.types import RaceEvent
from ui.compute.jobs import Job
from ui.compute.task import Task
from ui.race import glossary
from ui.race.link import RaceSettings
from ui.race.pictures import Entry, entrant, png
from ui.race.replay import show_replay
from ui.race.work import Recalled, race_events
from ui.widgets import form
from ui.widgets import glossary as shared_words
from ui.widgets.below import draw_below
from ui.widgets.caution import Said, ask_button, show_caution
from ui.widgets.figure import offer_table
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.take_away import Record, offer, taking_away

NOTES: dict[AttackId, str] = {
    "malt": glossary.LANE_MALT,
    "autoattack": glossary.LANE_AUTOATTACK,
    "apgd-ce": glossary.LANE_APGD_CE,
    "naive": glossary.LANE_NAIVE,
    "malt-published": glossary.LANE_MALT_PUBLISHED,
    "pgd": glossary.LANE_PGD,
    "fgsm": glossary.LANE_FGSM,
}


if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from malt_core.printing.look import Look


@dataclass(frozen=True)
class Shown:
    """A race as the page draws it. images: PNG files of its pictures, as the model sees them."""

    record: RaceRecord
    images: tuple[bytes, ...]


def shown_of(
    events: Sequence[RaceEvent | Recalled],
    chosen: RaceSettings,
    entries: Sequence[Entry],
    *,
    going_on: bool = False,
) -> Shown | None:
    """The race that these events are of, None before the network has looked at the pictures."""
    race = race_of(race_events(events), chosen.lanes, going_on=going_on)
    if race.line_up is None:
        return None
    record = record_of(
        race, network_info(chosen.model), chosen.config, chosen.crop, list(map(entrant, entries))
    )
    return Shown(record, tuple(png(entry.picture) for entry in entries))


def show_before(
    events: Sequence[RaceEvent | Recalled], chosen: RaceSettings, entries: Sequence[Entry]
) -> bool:
    """Draw what a race that was stopped had brought; return whether there is any."""
    if not (shown := shown_of(events, chosen, entries)):
        return False
    st.info(glossary.STOPPED)
    show_race(shown)
    return True


def show_done(task: Task, job: Job, chosen: RaceSettings, entries: Sequence[Entry], *, showing: str) -> None:
    """Draw a race that is over, and say where it comes from. showing: as in show_race."""
    recalled = [TITLES[event.lane] for event in job.events if isinstance(event, Recalled)]
    if task.remembered:
        st.caption(glossary.FROM_MEMORY)
    else:
        if task.by_link:
            st.caption(glossary.BY_LINK)
        if recalled:
            st.caption(glossary.PARTLY_FROM_MEMORY.format(lanes=words.listed(recalled)))
    if shown := shown_of(job.events, chosen, entries):
        show_race(shown, showing=showing, settings=chosen)


def show_race(shown: Shown, *, showing: str = "", settings: RaceSettings | None = None) -> None:
    """Draw a race that is over, or was stopped. showing: another text has the replay begin anew. settings:
    that it is of, if it came to its end.
    """
    record = shown.record
    with st.container(key="headline"):
        st.subheader(plain(words.headline(record)), anchor=False)
    asked = [Said(record.check.flags, record.check.opinion)] if record.check else []
    said = [*asked, *(Said(lane.flags, lane.second_opinion, lane.title) for lane in record.lanes)]
    show_caution(said, images=len(record.pictures), what="picture", left=bool(record.left))
    if settings is not None and record.unasked:
        ask_button(lambda: _check(settings))
    if record.standing:
        show_replay(record, shown.images, showing=showing)
    for note in (words.answers(record), words.invalid(record)):
        if note:
            st.markdown(plain(note))

    def rest() -> None:
        with taking_away([Record("Record (race.json)", "malt-race.json", lambda: _text(record))]):
            if record.standing:
                offer(_figure(shown))
                heading("What the drawing shows, and what it cost", glossary.WHAT_RACE)
                _numbers(record)
                show_table(record)
                _credits(record)
                _what_ran(record)

    draw_below("race", rest)


def _check(settings: RaceSettings) -> None:
    """Have these attacks' race begin again with a second opinion; what is kept of it is not run again."""
    form.fill(replace(settings, check="always"))
    st.session_state.race_now = True


def _numbers(record: RaceRecord) -> None:
    """One row an attack."""
    st.caption(glossary.WHAT_NUMBERS)
    number = st.column_config.NumberColumn
    rows = [_row(lane, record) for lane in record.lanes]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "attack": st.column_config.TextColumn(pinned=True),
            "seconds": number(format="%.2f", help=glossary.SECONDS),
            "until its last success": number(format="%.2f", help=glossary.LAST_FALL),
            "forward passes": number(format="localized", help=shared_words.FORWARD),
            "backward passes": number(format="localized", help=shared_words.BACKWARD),
            "changed": number(help=glossary.CHANGED),
            "as a PNG, too": number(help=glossary.PNG),
            "unchanged": number(help=glossary.UNCHANGED),
        },
        placeholder="–",
        alt="Time, passes and successes of each attack",
    )
    offer_table(
        "race_numbers", "what each attack cost", [_row(lane, record) for lane in record.lanes], about(record)
    )


def _row(lane: LaneRecord, record: RaceRecord) -> dict[str, Any]:
    begun = lane.state != "waiting"
    return {
        "attack": lane.title + (" (stopped)" if lane.state == "stopped" else ""),
        "seconds": lane.seconds if begun else None,
        "until its last success": max((fall.seconds for fall in lane.falls), default=None),
        "forward passes": lane.n_forward if begun else None,
        "backward passes": lane.n_backward if begun else None,
        "changed": len(lane.falls) if begun else None,
        "as a PNG, too": sum(fall.survives_png for fall in lane.falls) if begun else None,
        "unchanged": len(record.standing) - len(lane.falls) - len(lane.invalid) if begun else None,
    }


def show_table(record: RaceRecord) -> None:
    """Who changed what, into what, with what."""
    heading("Picture by picture", glossary.WHAT_PICTURES)
    rows = [
        {
            "picture": picture.name,
            "the network says": words.answer(picture),
            **{lane.title: words.fate(lane, i, record) for lane in record.lanes},
        }
        for i, picture in enumerate(record.pictures)
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"picture": st.column_config.TextColumn(pinned=True)},
        alt="What the network made of each picture, by which attack and after how long",
    )
    offer_table("race_pictures", "picture by picture", rows, about(record))


def _credits(record: RaceRecord) -> None:
    credits = [f"{plain(one.name)}: {plain(one.credit)}" for one in record.pictures if one.credit]
    if credits:
        st.caption(f"Photographs: {'; '.join(credits)}.")


def about(record: RaceRecord) -> str:
    """What a table of the race is of."""
    pictures = f"{len(record.pictures)} picture{'s' if len(record.pictures) != 1 else ''}"
    return f"{records.network(record.model)}; {pictures}; ε = {Epsilon(record.eps, record.norm)}."


def _figure(shown: Shown) -> Taken:
    def draw(look: Look) -> Figure:
        from malt_core.race.figure import drawn  # matplotlib takes a while to import

        return drawn(shown.record, shown.images, look)

    record = shown.record
    return Taken(
        name="malt-race",
        title="How many pictures each attack had left unchanged, and when",
        about=about(record),
        rows=race_rows(record),
        draw=draw,
        alt=words.headline(record),
    )


def _text(record: RaceRecord) -> str:
    return json.dumps(record_to_json(record), indent=2, ensure_ascii=False) + "\n"


def _what_ran(record: RaceRecord) -> None:
    said = [f"- **{lane.title}**: {NOTES.get(lane.attack, _described(lane.attack))}" for lane in record.lanes]
    with st.expander("What exactly is compared here"):
        st.markdown("\n".join(said))
        st.markdown(glossary.JUDGED)


def _described(attack: AttackId) -> str:
    return ATTACKS[attack].description if attack in ATTACKS else "no longer offered."
