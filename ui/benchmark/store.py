"""The reports that a tab has: handed in, or run here. They stay while other pages are shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import streamlit as st

from malt_core.comparison.compare import order
from malt_core.evaluation.report import Report, read_report, report_to_json
from malt_core.storage.assets import assets_folder

EXAMPLES = assets_folder() / "examples" / "reports"


@dataclass(frozen=True)
class Kept:
    """A report; text: its report.json; own: whether it was run on this page."""

    report: Report
    text: str
    own: bool


@cache
def examples() -> tuple[Report, ...]:
    """Reports that scripts/make_benchmark_examples.py has computed ahead; there may be none."""
    return tuple(sorted(map(read_report, EXAMPLES.glob("*.json")), key=order))


def kept() -> dict[str, Kept]:
    """This tab's reports by id, in the order in which they came."""
    return st.session_state.setdefault("benchmark_reports", {})


def keep(reports: Iterable[Report], *, own: bool) -> None:
    """Add reports, and have them shown; what is there already is not added twice."""
    shown = list(st.session_state.get("benchmark_shown", []))
    for report in reports:
        text = json.dumps(report_to_json(report), indent=1, allow_nan=False) + "\n"
        id = hashlib.sha256(text.encode()).hexdigest()
        kept().setdefault(id, Kept(report, text, own))
        shown.append(id)
    st.session_state.benchmark_shown = list(dict.fromkeys(shown))


def forget_all() -> None:
    """Begin afresh."""
    for name in ("benchmark_reports", "benchmark_shown"):
        st.session_state.pop(name, None)


def complaints() -> list[str]:
    """What went wrong with the last files or run, in words."""
    return st.session_state.setdefault("benchmark_complaints", [])
