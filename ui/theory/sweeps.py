"""The views of what changes with a setting: dimension, width, first weights, weight decay."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.theory import sweep_words, words
from malt_core.theory.types import Experiment, SweepPoint, Varied
from ui.theory import glossary
from ui.theory.parts import Below, paper, seen
from ui.widgets.figure import show_figure
from ui.widgets.heading import heading


def show_size(experiment: Experiment, below: Below) -> None:
    """Draw how steps and straightness change with dimension and width."""
    paper(glossary.SIZE_PAPER)
    if not experiment.swept("dimension"):
        seen(glossary.NOTHING_YET)
        return
    seen(
        sweep_words.length_sentence(experiment),
        sweep_words.toy_sentence(experiment),
        sweep_words.drift_trends(experiment),
    )
    if experiment.measured is not None:
        st.markdown(glossary.LAZY.format(measured=words.lazy_sentence(experiment.measured)))
    below(lambda: _size_figures(experiment))


def _size_figures(experiment: Experiment) -> None:
    from malt_core.theory import sweep_figures

    toys, sizes = experiment.swept("toy"), experiment.swept("dimension")
    heading("How long a step must be", glossary.WHAT_LENGTH)
    show_figure(
        sweep_figures.length_figure(sizes, toys),
        key="theory_length",
        alt="The shortest step off the data that changes the answer, over the point's length, by dimension",
        title="The shortest step against the dimension of the input",
        about=f"Means over seeds. {_about(experiment)}",
        rows=sweep_figures.sweep_rows([*toys, *sizes]),
    )
    heading("How straight, by dimension and by width", glossary.WHAT_SWEEP)
    for varied in ("dimension", "width"):
        _sweep(
            experiment,
            varied,
            (("drift at the boundary", sweep_words.drift), ("deviation", _deviation)),
            "share",
        )


def show_cures(experiment: Experiment, below: Below) -> None:
    """Draw what smaller first weights and weight decay do."""
    paper(glossary.CURES_PAPER)
    scales, decays = experiment.swept("scale"), experiment.swept("decay")
    if not scales:
        seen(glossary.NOTHING_YET)
        return
    seen(
        sweep_words.cure_sentence(scales, "initial scale", usual=1.0),
        sweep_words.cure_sentence(decays, "weight decay", usual=0.0),
    )
    below(lambda: _cure_figures(experiment))


def _cure_figures(experiment: Experiment) -> None:
    heading("Smaller first weights, and weight decay", glossary.WHAT_CURE)
    both = (("gradient off the data", _off_length), ("shortest step over ‖x‖", _relative))
    for varied in ("scale", "decay"):
        _sweep(experiment, varied, both, "length", log=True)


def _sweep(
    experiment: Experiment,
    varied: Varied,
    curves: tuple[tuple[str, Callable[[SweepPoint], float | None]], ...],
    y: str,
    *,
    log: bool = False,
) -> None:
    from malt_core.theory import sweep_figures

    points = experiment.swept(varied)
    if not points:
        return
    named = " and ".join(name for name, _ in curves)
    show_figure(
        sweep_figures.sweep_figure(points, curves, y, log=log),
        key=f"theory_{varied}",
        alt=f"{named}, against the {sweep_figures.NAMES[varied]}",
        title=f"{named}, against the {sweep_figures.NAMES[varied]}",
        about=f"Means over seeds and their standard deviation; all else as here: {_about(experiment)}",
        rows=sweep_figures.sweep_rows(points),
    )


def _about(experiment: Experiment) -> str:
    return words.about(experiment.measured.config) if experiment.measured else ""


def _deviation(point: SweepPoint) -> float | None:
    return point.deviation


def _off_length(point: SweepPoint) -> float | None:
    return point.off


def _relative(point: SweepPoint) -> float | None:
    return point.relative
