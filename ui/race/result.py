"""A race drawn: stopped, and at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core.attacks.catalogue import ATTACKS, TITLES, AttackId
from malt_core.race import charts, words
from malt_core.race.timeline import Lane, Race, race_of
from malt_core.race.types import RaceEvent
from malt_core.types import ModelInfo
from ui.race import glossary
from ui.widgets import glossary as shared_words
from ui.widgets.heading import heading
from ui.widgets.markdown import plain

NOTES: dict[AttackId, str] = {
    "malt": glossary.LANE_MALT,
    "autoattack": glossary.LANE_AUTOATTACK,
    "apgd-ce": glossary.LANE_APGD_CE,
    "naive": glossary.LANE_NAIVE,
    "malt-published": glossary.LANE_MALT_PUBLISHED,
    "pgd": glossary.LANE_PGD,
    "fgsm": glossary.LANE_FGSM,
}


def show_before(
    stopped: Sequence[RaceEvent], names: Sequence[AttackId], pictures: Sequence[str], info: ModelInfo
) -> None:
    """Draw what there is before a race: what it takes, or what one that was stopped had brought."""
    if not stopped:
        st.markdown(glossary.BEFORE)
        return
    st.info(
        "Stopped. **Start** runs the lanes that had not come to their end, from their beginning; the others "
        "keep their results."
    )
    show_race(stopped, names, pictures, info)


def show_race(
    events: Sequence[RaceEvent], names: Sequence[AttackId], pictures: Sequence[str], info: ModelInfo
) -> None:
    """Draw a race that is over, or was stopped."""
    race = race_of(events, names, going_on=False)
    escaped = [plain(name) for name in pictures]
    st.subheader(words.headline(race, escaped), anchor=False)
    third = next(lane for lane in race.lanes if lane.name not in ("malt", "autoattack"))
    if race.line_up is None:
        return
    if race.line_up.standing:
        st.markdown(f"{words.overtime(race)} {words.alone(third)}")
    if note := words.wrong(race, escaped, info.classes):
        st.markdown(note)
    if note := words.invalid(race, escaped):
        st.markdown(note)
    if race.line_up.standing:
        show_charts(race)
        _numbers(race)
        show_pictures(race, pictures, info)
        _what_ran(race)


def show_charts(race: Race) -> None:
    """The staircases and the stages."""
    heading("Who is left standing, and when", glossary.WHAT_RACE)
    st.caption(glossary.TIMES)
    with st.container(key="curves"):
        st.vega_lite_chart(
            charts.curve_points(race.lanes),
            charts.curve_chart(race.lanes),
            alt="How many pictures stand, against the seconds that each lane has worked",
        )
    with st.container(key="stages"):
        st.vega_lite_chart(
            charts.bar_parts(race.lanes),
            charts.bar_chart(race.lanes),
            alt="What each lane was doing, second by second, and when pictures fell",
        )


def _numbers(race: Race) -> None:
    """One row a lane."""
    heading("What it cost", glossary.WHAT_NUMBERS)
    number = st.column_config.NumberColumn
    st.dataframe(
        [_row(lane) for lane in race.lanes],
        hide_index=True,
        column_config={
            "lane": st.column_config.TextColumn(pinned=True),
            "seconds": number(format="%.2f", help=glossary.SECONDS),
            "until the last fall": number(format="%.2f", help=glossary.LAST_FALL),
            "forward passes": number(format="localized", help=shared_words.FORWARD),
            "backward passes": number(format="localized", help=shared_words.BACKWARD),
            "fooled": number(help=glossary.FOOLED),
            "as a PNG, too": number(help=glossary.PNG),
            "stand": number(help=glossary.STAND),
        },
        placeholder="–",
        alt="Time, passes and successes of each lane",
    )


def _row(lane: Lane) -> dict[str, Any]:
    begun = lane.state != "waiting"
    falls = lane.falls.values()
    return {
        "lane": TITLES[lane.name] + (" (stopped)" if lane.state == "stopped" else ""),
        "seconds": lane.seconds if begun else None,
        "until the last fall": max((fell.seconds for fell in falls), default=None),
        "forward passes": lane.n_forward if begun else None,
        "backward passes": lane.n_backward if begun else None,
        "fooled": len(falls) if begun else None,
        "as a PNG, too": sum(fell.survives_png for fell in falls) if begun else None,
        "stand": lane.robust if begun else None,
    }


def show_pictures(race: Race, pictures: Sequence[str], info: ModelInfo) -> None:
    """Who fooled what, with what."""
    heading("Who fooled what", glossary.WHAT_PICTURES)
    rows = [
        {
            "picture": name,
            "attacked as": info.classes[race.line_up.labels[i]],
            **{TITLES[lane.name]: words.fate(lane, i, race, info.classes) for lane in race.lanes},
        }
        for i, name in enumerate(pictures)
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"picture": st.column_config.TextColumn(pinned=True)},
        alt="What each picture was taken for, by which attack and after how long",
    )


def _what_ran(race: Race) -> None:
    said = [
        f"- **{TITLES[lane.name]}**: {NOTES.get(lane.name, ATTACKS[lane.name].description)}"
        for lane in race.lanes
    ]
    with st.expander("What exactly is compared here"):
        st.markdown("\n".join(said))
        st.markdown(glossary.JUDGED)
