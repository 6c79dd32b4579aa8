"""The reports that a tab has: handed in, or run here. They stay while other pages are shown, and while this
one is loaded again: then the id in its address finds them on the process's shelf.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import streamlit as st

from malt_core.comparison.compare import order
from malt_core.evaluation.report import Report, read_report, report_from_bytes, report_to_json
from malt_core.storage.assets import assets_folder
from ui.benchmark.memory import Found, Left, Shelf

EXAMPLES = assets_folder() / "examples" / "reports"
LARGEST = 2_000_000  # characters of reports that one tab leaves on the shelf


@dataclass(frozen=True)
class Kept:
    """A report; text: its report.json; own: whether it was run on this page."""

    report: Report
    text: str
    own: bool


@st.cache_resource(show_spinner=False)
def found() -> Found:
    """What all evaluations of the process have found."""
    return Found()


@st.cache_resource(show_spinner=False)
def shelf() -> Shelf:
    """What all tabs of the process have left."""
    return Shelf()


@cache
def examples() -> tuple[Report, ...]:
    """Reports that scripts/make_benchmark_examples.py has computed ahead; there may be none."""
    return tuple(sorted(map(read_report, EXAMPLES.glob("*.json")), key=order))


def kept() -> dict[str, Kept]:
    """This tab's reports by id, in the order in which they came."""
    return st.session_state.setdefault("benchmark_reports", {})


def keep(reports: Iterable[Report], *, own: bool) -> None:
    """Add reports, and have them shown; what is there already is not added twice, and what was stopped gives
    way to what went on with it.
    """
    shown = list(st.session_state.get("benchmark_shown", []))
    for report in reports:
        text = json.dumps(report_to_json(report), indent=1, allow_nan=False) + "\n"
        id = hashlib.sha256(text.encode()).hexdigest()
        earlier = [
            other for other, one in kept().items() if own and one.own and one.report.plan == report.plan
        ]
        if any(len(kept()[other].report.images) > len(report.images) for other in earlier):
            continue
        for other in earlier:
            del kept()[other]
        kept().setdefault(id, Kept(report, text, own))
        shown.append(id)
    st.session_state.benchmark_shown = [id for id in dict.fromkeys(shown) if id in kept()]


def forget_all() -> None:
    """Begin afresh."""
    for name in ("benchmark_reports", "benchmark_shown", "benchmark_note"):
        st.session_state.pop(name, None)


def complaints() -> list[str]:
    """What went wrong with the last files or run, in words."""
    return st.session_state.setdefault("benchmark_complaints", [])


def leave(run: str) -> None:
    """Put what the tab has on the shelf, and its id into the settings. run: the key of what it computes."""
    state = st.session_state
    reports = tuple((one.own, one.text) for one in kept().values())
    small = sum(len(text) for _, text in reports) <= LARGEST
    left = Left(reports if small else (), run)
    if left != state.get("benchmark_left", Left()):
        state.benchmark_name = shelf().put(left, state.get("benchmark_name"))
        state.benchmark_left = left
    state.results = state.benchmark_name if left != Left() else None


def on_shelf() -> bool:
    """Whether a reload finds all reports again."""
    return bool(st.session_state.get("benchmark_left", Left()).reports)


def take_up() -> str | None:
    """Take over what the address names, in a tab that has nothing yet.

    Returns the key of what was being computed there, "" for nothing, and None where nothing is kept any more
    under that name.
    """
    state = st.session_state
    name = state.results
    if name is None or "benchmark_left" in state:
        return ""
    state.benchmark_left = Left()
    left = shelf().get(name)
    if left is None:
        return None
    for own, text in left.reports:
        keep([report_from_bytes(text.encode(), "report.json")], own=own)
    return left.run
