"""What the Defences page draws of its records: live ones, finished ones, and the example."""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from malt_core.certificates import words as certified_words
from malt_core.certificates.types import CertifiedRecord
from malt_core.defence_run import words
from malt_core.defence_run.first_figure import columns_html
from malt_core.defence_run.proof_types import TwoLayerProof
from malt_core.defence_run.published import PUBLISHED, TOYS, TOYS_LINK, TOYS_ON, TOYS_SOURCE
from malt_core.defence_run.record import DefencesRecord
from malt_core.export import records
from malt_core.storage.typed_json import plain as plain_json
from ui.defences import glossary
from ui.widgets.figure import show_figure
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading
from ui.widgets.markdown import plain
from ui.widgets.take_away import Record, offer, taking_away

Below = Callable[[Callable[[], None]], None]
"""What draws the part of a view that stands below its first screen."""


def at_once(draw: Callable[[], None]) -> None:
    """Be a Below for what is not the first thing on the screen."""
    draw()


def show_columns(record: DefencesRecord, below: Below = at_once) -> None:
    """Draw three bars for each row, what they say, and what others measured."""
    with st.container(key="headline"):
        st.subheader(plain(words.headline(record)), anchor=False)
    heading("Clean, transferred, adaptive", glossary.WHAT_COLUMNS)
    show_first_figure(columns_html(record), "defences_columns")
    counted = f"{records.defences_counted(record)} of {record.data}"
    st.caption(plain(f"{counted}; {words.settings(record)}. {words.assumed(record)}"))
    below(lambda: _below_columns(record))


def _below_columns(record: DefencesRecord) -> None:
    heading("Row by row", glossary.WHAT_ROWS)
    for row in record.begun:
        st.markdown(f"- **{plain(row.title)}**: {plain(' '.join(words.sentences(row, record)))}")
    if record.skipped:
        st.caption(plain("Not read: " + " ".join(record.skipped)))
    show_published()
    with taking_away([Record("Record (defences.json)", "malt-defences.json", lambda: _text(record))]):
        offer(records.defences(record))


def _text(record: DefencesRecord) -> str:
    return json.dumps(plain_json(record), indent=2, ensure_ascii=False) + "\n"


def show_published() -> None:
    """Draw what others measured, clearly as theirs."""
    heading("Published numbers, for the same ideas", glossary.WHAT_PUBLISHED)
    said = []
    for one in PUBLISHED:
        first = f"{one.first}; " if one.first else ""
        source = f"[{one.source}]({one.link})"
        said.append(f"- **{one.idea}**, {one.on}: {first}by an attack that knows it: {one.found} ({source}).")
    st.markdown("\n".join(said))
    st.markdown(
        f"[{TOYS_SOURCE}]({TOYS_LINK}): thirteen toy defences to break, on {TOYS_ON}. Images fooled by "
        "the best attack on each: " + ", ".join(f"{toy.idea} {toy.fooled}" for toy in TOYS) + "."
    )


def show_proofs(
    certified: CertifiedRecord, points: TwoLayerProof, below: Below = at_once, *, note: str = ""
) -> None:
    """Draw what is proven of smoothed images and of the points of a two-layer network."""
    if certified.images:
        with st.container(key="headline"):
            st.markdown(plain(certified_words.headline(certified)))
        st.caption(plain(f"{certified.model}: {certified_words.chance(certified)}"))
    below(lambda: _proofs_to_take(certified, points, note))


def _proofs_to_take(certified: CertifiedRecord, points: TwoLayerProof, note: str) -> None:
    with taking_away():
        _proofs(certified, points, note)


def _proofs(certified: CertifiedRecord, points: TwoLayerProof, note: str) -> None:
    if certified.images:
        from malt_core.certificates import figures

        heading("Accuracy that is certain, against the radius", glossary.WHAT_CURVE)
        said = (certified_words.gap(certified), certified_words.abstained(certified), note)
        st.markdown(plain(" ".join(filter(None, said))))
        show_figure(
            figures.curve_figure(certified),
            key="defences_curve",
            alt="The share of images that are right for certain, falling with the radius to a ceiling",
            title=f"{certified.model}, smoothed: certified accuracy against the L2 radius",
            about=f"{len(certified.images)} images of {certified.data}. {certified_words.chance(certified)}",
            rows=figures.curve_rows(certified),
        )
    if points.points:
        from malt_core.certificates import two_layer_figures

        heading("Two layers: bounds, truth, attack", glossary.WHAT_BOUNDS)
        st.markdown(plain(words.bounds(points)))
        show_figure(
            two_layer_figures.radii_figure(points.points),
            key="defences_bounds",
            alt="Four radii for each point: interval bound, convex bound, exact answer, attack",
            title="A two-layer network: proven, exact and attacked radii",
            about=f"{len(points.points)} training points of the network of the Theory page's kind.",
            rows=two_layer_figures.radii_rows(points.points),
        )
