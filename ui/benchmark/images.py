"""Reports image by image, and by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core.comparison import compare
from malt_core.comparison import words as comparison_words
from malt_core.comparison.compare import ComparedImage, ImageComparison
from malt_core.errors import BadConfig
from malt_core.evaluation.report import Report
from malt_core.evaluation.types import Plan
from ui.benchmark import glossary
from ui.widgets.figure import offer_table, show_figure
from ui.widgets.heading import heading

TALLEST = 400  # pixels of a table
NUMBER, TEXT = st.column_config.NumberColumn, st.column_config.TextColumn


def show_by_image(reports: Sequence[Report]) -> None:
    """Which image each attack fooled; of a single report, what became of each."""
    from malt_core.comparison.figures import matrix_figure

    if len(reports) == 1:
        _what_became(reports[0])
        return
    try:
        compared = compare.compare_images(reports)
    except BadConfig:
        return  # no image in common: the story says so
    heading("Which image each attack fooled", glossary.WHAT_IMAGES)
    st.markdown(comparison_words.only_sentence(compared))
    names, plan = comparison_words.names(reports), reports[0].plan
    no_answer = " Black: no finite answer." if any(image.invalid for image in compared.images) else ""
    show_figure(
        matrix_figure(compared, names, plan.classes),
        key="matrix",
        alt="A row for each attack, a column for each image; the table below names those that differ",
        title="Which image each attack fooled",
        about=comparison_words.about(reports),
        rows=[_fates(image, compared, names, plan) for image in compared.images],
        caption=f"Orange: fooled. Blue: withstood. Grey: wrong without any attack.{no_answer}",
    )
    _image_table(compared, names, plan)


def _what_became(report: Report) -> None:
    """Every image of one report."""
    heading("What became of each image", glossary.WHAT_BECAME)
    counts, classes = report.counts, report.plan.classes
    st.markdown(f"{comparison_words.tally(counts, counts['corrupt'])}.")
    after = {"wrong": "not attacked", "invalid": "no finite answer"}
    rows = [
        {
            "image": image.name,
            "class": classes[image.label],
            "without attack": "no finite answer" if image.clean is None else classes[image.clean],
            "under attack": after.get(image.outcome)
            or _fate(report, image.index, image.adversarial, classes),
        }
        for image in report.images
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height=_height(rows),
        column_config={"image": TEXT(pinned=True)},
        alt="The images, what the network says of each, and what the attack led it to say",
    )
    offer_table("benchmark_images", "what became of each image", rows, comparison_words.about([report]))


def _fate(report: Report, index: int, became: int | None, classes: Sequence[str]) -> str:
    """What an attack made of an image with a finite answer: a class, or nothing."""
    if became is None:
        return "withstood, but flagged" if report.flagged(index) else "withstood"
    return classes[became]


def _image_table(compared: ImageComparison, names: Sequence[str], plan: Plan) -> None:
    kinds = {
        "fooled by one attack alone": [i for i in compared.attacked if len(i.fooled_by) == 1],
        "fooled by at least one": [i for i in compared.attacked if i.fooled_by],
        "withstood all": list(compared.left),
    }
    kind = st.segmented_control(
        "Images",
        list(kinds),
        default=next((kind for kind, images in kinds.items() if images), next(iter(kinds))),
        format_func=lambda kind: f"{kind} ({len(kinds[kind])})",
        required=True,
        key="benchmark_kind",
        label_visibility="collapsed",
    )
    rows = [_fates(image, compared, names, plan) for image in kinds[kind]]
    if rows:
        st.dataframe(
            rows,
            hide_index=True,
            height=_height(rows),
            column_config={"image": TEXT(pinned=True)},
            alt="The images, and for each attack the class that it led the model to",
        )
        st.caption("Under each attack: the class that the network took the image for.")


def _fates(
    image: ComparedImage, compared: ImageComparison, names: Sequence[str], plan: Plan
) -> dict[str, str]:
    """What became of an image under each attack."""
    return {
        "image": image.name,
        "class": plan.classes[image.label],
        **{
            name: "no finite answer"
            if place in image.invalid
            else "wrong without attack"
            if not image.right
            else _fate(compared.reports[place], image.index, became, plan.classes)
            for place, (name, became) in enumerate(zip(names, image.became, strict=True))
        },
    }


def show_by_class(reports: Sequence[Report]) -> None:
    """A row a class; robust accuracy for each attack, on the images that all of the reports have."""
    names, shared = comparison_words.names(reports), set(compare.in_all(reports))
    if not shared:
        return  # the headline says so
    heading("By class", glossary.WHAT_CLASSES)
    rows: dict[int, dict[str, Any]] = {}
    for name, report in zip(names, reports, strict=True):
        for row in compare.by_class(report, shared):
            found = row.accuracy
            cells = rows.setdefault(
                row.index,
                {"class": row.name, "images": found.clean.of, "clean (%)": 100 * found.clean.value},
            )
            cells[f"{name} (%)"] = 100 * found.robust.value
    percent = {f"{name} (%)": NUMBER(help=glossary.ROBUST, format="%.0f") for name in names}
    table = [rows[index] for index in sorted(rows)]
    offer_table("benchmark_classes", "by class", table, comparison_words.about(reports))
    st.dataframe(
        table,
        hide_index=True,
        height=_height(rows),
        column_config={
            "class": TEXT(pinned=True),
            "images": NUMBER(help=glossary.READ),
            "clean (%)": NUMBER(help=glossary.CLEAN, format="%.0f"),
            **percent,
        },
        alt="Accuracy without and under attack for each class",
    )
    size = reports[0].plan.config.epsilon
    st.caption(f"At ε = {size}. A click on a column's head sorts.")


def _height(rows: Any) -> int:
    return min(35 * (len(rows) + 1) + 3, TALLEST)
