"""An experiment drawn, view by view: what a paper says, and what the experiment shows."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from malt_core.theory import words
from malt_core.theory.gradient_plot import gradient_html
from malt_core.theory.types import Experiment, Measured, SweepPoint, TheoryConfig, Varied
from ui.theory import glossary
from ui.theory.link import View
from ui.widgets.figure import offer_files, show_figure
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading

Below = Callable[[Callable[[], None]], None]
"""What draws the part of a view that stands below its first screen."""


def show_experiment(
    experiment: Experiment, config: TheoryConfig, view: View, step: float, below: Below = lambda draw: draw()
) -> None:
    """Draw one view of an experiment that is over, or of what there is of it.

    config: its settings. step: the length to mark, in distances to the boundary.
    """
    if experiment.measured is not None:
        with st.container(key="headline"):
            st.subheader(words.headline(experiment.measured), anchor=False)
    if view == "papers":
        _papers(experiment.measured, config)
        return
    show_departures(config)
    if view == "off":
        _off(experiment, below)
    elif view == "straight":
        _straight(experiment.measured, step, below)
    elif view == "size":
        _size(experiment, below)
    else:
        _cures(experiment, below)


def show_departures(config: TheoryConfig) -> None:
    """Say where the settings leave what the papers assume."""
    if said := words.departures(config):
        st.info(
            "\n".join(
                ["**Where these settings leave the papers' assumptions:**", "", *(f"- {one}" for one in said)]
            )
        )


def paper(text: str) -> None:
    """Draw what a paper says, marked as such."""
    with st.container(border=True):
        st.badge(glossary.PAPER, icon=":material/menu_book:", color="violet")
        st.markdown(text)


def seen(*sentences: str) -> None:
    """Draw what the experiment shows, marked as such."""
    st.badge(glossary.SEEN, icon=":material/science:", color="blue")
    if said := " ".join(filter(None, sentences)):
        st.markdown(said)


def _off(experiment: Experiment, below: Below) -> None:
    paper(glossary.OFF_PAPER)
    measured = experiment.measured
    seen(*([words.gradient_sentence(measured)] if measured else []))
    if measured is None or not measured.points:
        _training(experiment)
        return
    heading("The gradient, within the data's subspace and off it", glossary.WHAT_GRADIENT)
    alt = "The gradient's length within the data's subspace and off it, a dot for each training point"
    show_first_figure(gradient_html(measured, alt=alt), "theory_gradient")

    def rest() -> None:
        from malt_core.theory import figures

        offer_files(
            figures.gradient_figure(measured),
            key="theory_gradient",
            title="The gradient within the data's subspace and off it",
            rows=figures.point_rows(measured),
        )
        heading("How far the boundary is", glossary.WHAT_DIRECTIONS)
        st.dataframe(
            [
                {"direction": name, "over ‖x‖": share, "in ‖x‖/√d": unit}
                for name, share, unit in words.directions(measured)
            ],
            hide_index=True,
            alt="How far one has to go in each direction until the answer changes",
        )
        _training(experiment)

    below(rest)


def _training(experiment: Experiment) -> None:
    from malt_core.theory import figures

    if not experiment.training:
        return
    heading("The training", glossary.WHAT_LOSS)
    if experiment.measured is not None:
        st.markdown(words.training_sentence(experiment.measured))
    show_figure(
        figures.loss_figure(experiment.training),
        key="theory_loss",
        alt="The training loss over the steps of gradient descent",
        title="The training loss",
        rows=figures.loss_rows(experiment.training),
    )


def _straight(measured: Measured | None, step: float, below: Below) -> None:
    paper(glossary.STRAIGHT_PAPER)
    seen(*([words.drift_sentence(measured, step)] if measured else [glossary.NOTHING_YET]))
    if measured is not None and measured.points:
        below(lambda: _straight_figures(measured, step))


def _straight_figures(measured: Measured, step: float) -> None:
    from malt_core.theory import figures

    heading("Drift of the gradient", glossary.WHAT_DRIFT)
    show_figure(
        figures.drift_figure(measured, step),
        key="theory_drift",
        alt="How far the gradient has changed along steps off the data; it is 0 for a linear network",
        title="Drift of the gradient along steps off the data",
        rows=figures.curve_rows(measured),
    )
    heading("Straight line and truth", glossary.WHAT_VALUE)
    show_figure(
        figures.value_figure(measured, step),
        key="theory_value",
        alt="The network's output along the same steps, beside its linear prediction",
        title="The output along steps off the data, and its linear prediction",
        rows=figures.curve_rows(measured),
    )
    heading("Predicted and true distance", glossary.WHAT_PREDICTION)
    show_figure(
        figures.prediction_figure(measured),
        key="theory_prediction",
        alt="Predicted against true distance to the boundary, a dot for each training point",
        title="Predicted and true distance to the boundary off the data",
        rows=figures.point_rows(measured),
    )


def _size(experiment: Experiment, below: Below) -> None:
    paper(glossary.SIZE_PAPER)
    if not experiment.swept("dimension"):
        seen(glossary.NOTHING_YET)
        return
    seen(words.length_sentence(experiment), words.toy_sentence(experiment), words.drift_trends(experiment))
    if experiment.measured is not None:
        st.markdown(glossary.LAZY.format(measured=words.lazy_sentence(experiment.measured)))
    below(lambda: _size_figures(experiment))


def _size_figures(experiment: Experiment) -> None:
    from malt_core.theory import figures

    toys, sizes = experiment.swept("toy"), experiment.swept("dimension")
    heading("How long a step must be", glossary.WHAT_LENGTH)
    show_figure(
        figures.length_figure(sizes, toys),
        key="theory_length",
        alt="The shortest step off the data that changes the answer, over the point's length, by dimension",
        title="The shortest step against the dimension of the input",
        rows=figures.sweep_rows([*toys, *sizes]),
    )
    heading("How straight, by dimension and by width", glossary.WHAT_SWEEP)
    for varied in ("dimension", "width"):
        _sweep(
            experiment, varied, (("drift at the boundary", words.drift), ("deviation", _deviation)), "share"
        )


def _cures(experiment: Experiment, below: Below) -> None:
    paper(glossary.CURES_PAPER)
    scales, decays = experiment.swept("scale"), experiment.swept("decay")
    if not scales:
        seen(glossary.NOTHING_YET)
        return
    seen(
        words.cure_sentence(scales, "initial scale", usual=1.0),
        words.cure_sentence(decays, "weight decay", usual=0.0),
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
    from malt_core.theory import figures

    points = experiment.swept(varied)
    if not points:
        return
    named = " and ".join(name for name, _ in curves)
    show_figure(
        figures.sweep_figure(points, curves, y, log=log),
        key=f"theory_{varied}",
        alt=f"{named}, against the {figures.NAMES[varied]}",
        title=f"{named}, against the {figures.NAMES[varied]}",
        rows=figures.sweep_rows(points),
    )


def _deviation(point: SweepPoint) -> float | None:
    return point.deviation


def _off_length(point: SweepPoint) -> float | None:
    return point.off


def _relative(point: SweepPoint) -> float | None:
    return point.relative


def _papers(measured: Measured | None, config: TheoryConfig) -> None:
    paper(glossary.PAPERS)
    st.markdown(glossary.PENCIL)
    seen()
    st.markdown(glossary.HERE)
    if measured is not None:
        st.markdown(glossary.LAZY.format(measured=words.lazy_sentence(measured)))
    show_departures(config)
