"""One curve for all? Error against ε on logarithmic axes, with a power law fitted to each curve."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import streamlit as st

from malt_core.attacks.catalogue import TITLES
from malt_core.comparison import law_words
from malt_core.comparison.compare import EpsCurve
from malt_core.comparison.power_law import (
    ErrorCurve,
    PowerLaw,
    common_exponent,
    error_curve,
    fit_power_law,
)
from malt_core.errors import BadConfig
from malt_core.storage.assets import assets_folder
from malt_core.storage.typed_json import parse_json, typed
from ui.benchmark import glossary
from ui.widgets.figure import offer_table, show_figure
from ui.widgets.heading import heading

FILE = assets_folder() / "examples" / "eps-curves.json"
OWN, STORED = "These reports", "Our own networks"
NUMBER, TEXT = st.column_config.NumberColumn, st.column_config.TextColumn


@cache
def stored_curves() -> tuple[ErrorCurve, ...]:
    """The curves that scripts/make_law_example.py has computed ahead; there may be none."""
    if not FILE.is_file():
        return ()
    return typed(tuple[ErrorCurve, ...], parse_json(FILE.read_bytes(), str(FILE)), str(FILE))


def show_laws(curves: Sequence[EpsCurve]) -> None:
    """Draw the power laws of these curves, and of those that are stored."""
    groups = {OWN: _own(curves), STORED: list(stored_curves())}
    groups = {name: group for name, group in groups.items() if group}
    if not groups:
        return
    heading("One curve for all?", glossary.WHAT_LAW)
    st.markdown(f"**A paper says:** {glossary.LAW_PAPER}")
    chosen = STORED if STORED in groups else OWN
    if len(groups) > 1:
        chosen = st.segmented_control(
            "Curves", list(groups), default=STORED, required=True, key="laws", label_visibility="collapsed"
        )
    fitted = [(_name(curve), curve, _law(curve)) for curve in groups[chosen]]
    for norm in dict.fromkeys(curve.norm for _, curve, _ in fitted):
        _show([one for one in fitted if one[1].norm == norm], norm)
    st.caption(glossary.LAW_STORED if chosen == STORED else glossary.LAW_OWN)


def _own(curves: Sequence[EpsCurve]) -> list[ErrorCurve]:
    return [error_curve(curve) for curve in curves if curve.points[0].accuracy.count]


def _name(curve: ErrorCurve) -> str:
    return f"{curve.model}, {TITLES.get(curve.attack, curve.attack)}"


def _law(curve: ErrorCurve) -> PowerLaw | None:
    try:
        return fit_power_law(curve)
    except BadConfig:
        return None


def _show(fitted: Sequence[tuple[str, ErrorCurve, PowerLaw | None]], norm: str) -> None:
    from malt_core.comparison.law_figures import law_figure, law_rows

    laws = [law for _, _, law in fitted if law is not None]
    st.markdown(glossary.LAW_SEEN.format(verdict=law_words.verdict(laws, common_exponent(laws))))
    show_figure(
        law_figure(fitted),
        key=f"power_laws_{norm}",
        alt="Share fooled against ε on logarithmic axes, with the power law fitted to each curve",
        title="Error against ε, with fitted power laws",
        about=_about(fitted),
        rows=law_rows(fitted),
    )
    table = [_row(*one) for one in fitted]
    offer_table(f"power_laws_{norm}_table", "the exponent of each power law", table, _about(fitted))
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "network and attack": TEXT(pinned=True),
            "exponent": TEXT(help=glossary.LAW_ERROR),
            "power law": TEXT(help=glossary.LAW_FIT),
        },
        placeholder="–",
        alt="The exponent of each curve's power law with its error, and whether the law fits",
    )


def _about(fitted: Sequence[tuple[str, ErrorCurve, PowerLaw | None]]) -> str:
    """Of how many images."""
    counts = sorted({curve.points[0].fooled.of for _, curve, _ in fitted})
    most = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    return f"Of {most} images each that the network gets right. Whiskers: 95% intervals; lines: power laws."


def _row(name: str, curve: ErrorCurve, law: PowerLaw | None) -> dict[str, str]:
    return {
        "network and attack": name,
        "exponent": "too few points" if law is None else law_words.exponent_text(law),
        "power law": "–" if law is None else law_words.fit_text(law),
        "points fitted": law_words.usable_text(curve),
    }
