"""An experiment drawn, view by view: what a paper says, and what the experiment shows."""

from __future__ import annotations

import streamlit as st

from malt_core.export.take_away import of_figure
from malt_core.theory import words
from malt_core.theory.gradient_plot import gradient_html
from malt_core.theory.types import Experiment, Measured, TheoryConfig
from ui.theory import glossary
from ui.theory.link import View
from ui.theory.parts import Below, paper, seen
from ui.theory.sweeps import show_cures, show_size
from ui.widgets.figure import offer_table, show_figure
from ui.widgets.first_figure import show_first_figure
from ui.widgets.heading import heading
from ui.widgets.take_away import offer


def show_experiment(
    experiment: Experiment, config: TheoryConfig, view: View, step: float, below: Below
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
        show_size(experiment, below)
    else:
        show_cures(experiment, below)


def show_departures(config: TheoryConfig) -> None:
    """Say where the settings leave what the papers assume."""
    if said := words.departures(config):
        st.info(
            "\n".join(
                ["**Where these settings leave the papers' assumptions:**", "", *(f"- {one}" for one in said)]
            )
        )


def _off(experiment: Experiment, below: Below) -> None:
    measured = experiment.measured
    if measured is None or not measured.points:
        paper(glossary.OFF_PAPER)
        seen(*([words.gradient_sentence(measured)] if measured else []))
        _training(experiment)
        return
    heading("The gradient, within the data's subspace and off it", glossary.WHAT_GRADIENT)
    alt = "The gradient's length within the data's subspace and off it, a dot for each training point"
    show_first_figure(gradient_html(measured, alt=alt), "theory_gradient")
    seen(words.gradient_sentence(measured))
    paper(glossary.OFF_PAPER)

    def rest() -> None:
        from malt_core.theory import figures

        about = words.about(measured.config)
        offer(
            of_figure(
                figures.gradient_figure(measured),
                name="malt-theory-gradient",
                title="The gradient within the data's subspace and off it",
                about=f"{len(measured.points)} training points. {about}",
                alt=alt,
                rows=figures.point_rows(measured),
            )
        )
        heading("How far the boundary is", glossary.WHAT_DIRECTIONS)
        table = [
            {"direction": name, "over ‖x‖": share, "in ‖x‖/√d": unit}
            for name, share, unit in words.directions(measured)
        ]
        st.dataframe(
            table,
            hide_index=True,
            alt="How far one has to go in each direction until the answer changes",
        )
        offer_table("theory_directions", "how far the boundary is in each direction", table, about)
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
        about=words.about(experiment.measured.config) if experiment.measured else "",
        rows=figures.loss_rows(experiment.training),
    )


def _straight(measured: Measured | None, step: float, below: Below) -> None:
    paper(glossary.STRAIGHT_PAPER)
    seen(*([words.drift_sentence(measured, step)] if measured else [glossary.NOTHING_YET]))
    if measured is not None and measured.points:
        below(lambda: _straight_figures(measured, step))


def _straight_figures(measured: Measured, step: float) -> None:
    from malt_core.theory import figures

    about = words.about(measured.config)
    heading("Drift of the gradient", glossary.WHAT_DRIFT)
    show_figure(
        figures.drift_figure(measured, step),
        key="theory_drift",
        alt="How far the gradient has changed along steps off the data; it is 0 for a linear network",
        title="Drift of the gradient along steps off the data",
        about=about,
        rows=figures.curve_rows(measured),
    )
    heading("Straight line and truth", glossary.WHAT_VALUE)
    show_figure(
        figures.value_figure(measured, step),
        key="theory_value",
        alt="The network's output along the same steps, beside its linear prediction",
        title="The output along steps off the data, and its linear prediction",
        about=about,
        rows=figures.curve_rows(measured),
    )
    heading("Predicted and true distance", glossary.WHAT_PREDICTION)
    show_figure(
        figures.prediction_figure(measured),
        key="theory_prediction",
        alt="Predicted against true distance to the boundary, a dot for each training point",
        title="Predicted and true distance to the boundary off the data",
        about=f"{len(measured.points)} training points. {about}",
        rows=figures.point_rows(measured),
    )


def _papers(measured: Measured | None, config: TheoryConfig) -> None:
    paper(glossary.PAPERS, main=True)
    st.markdown(glossary.PENCIL)
    seen()
    st.markdown(glossary.HERE)
    if measured is not None:
        st.markdown(glossary.LAZY.format(measured=words.lazy_sentence(measured)))
    show_departures(config)
