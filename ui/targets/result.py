"""What the Targets page draws of its records: live ones, finished ones, and the example."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from malt_core.explanations import words
from malt_core.explanations.first_figure import classes_html
from malt_core.explanations.marks import MARKED
from malt_core.explanations.record import ClassesRecord, DistancesRecord, RanksRecord, named
from malt_core.explanations.types import LogitStep, OrdersOfImage
from malt_core.export import records
from malt_core.types import ModelInfo
from ui.pictures.picture import Picture
from ui.targets import glossary
from ui.targets.work import TwoTargets
from ui.widgets.figure import show_figure, show_taken
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading
from ui.widgets.markdown import plain

CLASSES = "targets_classes"  # the key of the figure whose points can be clicked
SIDE = 112  # pixels of the picture on screen


def show_head(record: ClassesRecord, picture: Picture) -> None:
    """Draw the picture, what the network says of it, and what MALT aims at first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="looked_at"):
        with st.container(key="pixels", width=SIDE):
            st.image(picture.image, width=SIDE, output_format="PNG", alt=picture.alt)
        with st.container(width="stretch", gap="small"):
            st.subheader(f"The network says: {plain(record.label.name)}", anchor=False)
            st.markdown(plain(words.first_target(record)))
    heading("Is the likeliest class the nearest?", glossary.WHAT_CLASSES)


def show_at_once(record: ClassesRecord) -> None:
    """Draw every class as a point, without Plotly."""
    show_first_figure(classes_html(record), "targets_first")
    st.caption(glossary.MARKS)


def show_classes(record: ClassesRecord, on_click: Callable[[], None]) -> None:
    """Draw every class as a point that can be clicked."""
    from malt_core.explanations import figures  # Plotly takes a while to import

    show_figure(
        figures.classes_figure(record),
        key=CLASSES,
        alt="Each wrong class as a point: its place by confidence, and its predicted distance",
        title=f"{record.model}, {record.image}: predicted distance of every class against its confidence",
        about=f"{records.network(record.model)}; one image, {record.image} (“{record.label.name}”).",
        rows=figures.classes_rows(record),
        caption=words.agreement(record, MARKED),
        on_click=on_click,
    )


def show_distances(record: DistancesRecord) -> None:
    """Draw predicted against true distance."""
    from malt_core.explanations.figures import distances_figure

    heading("Is the prediction true?", glossary.WHAT_DISTANCES)
    st.markdown(f"**{plain(words.correlation(record))}** {plain(words.error(record))}")
    show_taken(distances_figure(record), records.distances(record), key="targets_distances")


def show_two(targets: TwoTargets, trace: Sequence[LogitStep], info: ModelInfo, steps: int, eps: str) -> None:
    """Draw two attacks and how each ended. eps: for people."""
    from malt_core.explanations import figures

    label, likeliest, nearest = (
        named(info, index) for index in (targets.label, targets.likeliest, targets.nearest)
    )
    heading("Aimed at the likeliest, and at the nearest", glossary.WHAT_TWO)
    if targets.likeliest == targets.nearest:
        st.info(glossary.SAME_TARGET)
    said = [words.ended(trace, row, label, aim, info.classes) for row, aim in enumerate((likeliest, nearest))]
    st.markdown(plain(" ".join(filter(None, said))))
    show_figure(
        figures.logits_figure(trace, label, likeliest, nearest, steps),
        key="targets_two",
        alt="All logits along two attacks, step by step",
        title="All logits along two attacks",
        about=f"{records.network(info.id)}; one image, “{label.name}”; ε = {eps}; {steps} steps each.",
        rows=figures.logits_rows(trace, likeliest, nearest, info.classes),
    )


def show_many(
    record: RanksRecord, opens: Callable[[OrdersOfImage], Callable[[], None] | None], *, note: str = ""
) -> None:
    """Draw at which place either order succeeded. opens: what a click on an image does, None for nothing."""
    from malt_core.explanations.figures import ranks_figure

    heading("Which target did it?", glossary.WHAT_MANY)
    st.markdown(plain(words.ranks_sentence(record)))
    if record.attacked:
        show_taken(ranks_figure(record), records.ranks(record), key="targets_many")
        st.caption(plain(words.ranks_settings(record)))
    _only(record, opens, note)
    if record.skipped:
        st.caption(plain("Not read: " + " ".join(record.skipped)))


def _only(
    record: RanksRecord, opens: Callable[[OrdersOfImage], Callable[[], None] | None], note: str
) -> None:
    """Draw the images on which only one of the orders succeeded."""
    if not (said := words.only_one(record)):
        return
    st.markdown(f"**{plain(said)}**")
    listed = [
        (f"only by {order}", image)
        for order, images in (("MALT's order", record.only_malt), ("confidence", record.only_naive))
        for image in images
    ]
    if listed and note:
        st.caption(note)
    for which, image in listed:
        click = opens(image)
        name, target = record.names[image.label], record.names[max(image.malt_target, image.naive_target)]
        place = image.malt or image.naive
        text = f"{image.name}: “{name}”, {which}, at place {place}, aimed at “{target}”"
        if click is None:
            st.markdown(f"- {plain(text)}")
        else:
            st.button(
                plain(text),
                key=f"open_{image.index}",
                type="tertiary",
                icon=":material/open_in_new:",
                on_click=click,
            )
