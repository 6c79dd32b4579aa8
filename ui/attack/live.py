"""What the page shows while an attack runs: what happens now, how far it is, and the curves as they grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core import formatting
from malt_core.attacks.malt import budget
from malt_core.attacks.types import Finished, Ranked, RankingProgress, Step, TargetDone
from malt_core.figure_style import LINEAR, PALETTE
from malt_core.models.catalogue import model_info
from ui.attack.link import AttackSettings
from ui.attack.preview import show_glance
from ui.compute.jobs import Job
from ui.compute.task import Task
from ui.pictures.picture import Picture
from ui.widgets.waiting import watch

RANKING_SHARE = 0.1
CURVES = ("true margin", "straight-line prediction")

# Vega redraws new points in place as long as the specification stays the same; st.plotly_chart takes the old
# chart away first, and flashes at every poll.
_ZERO = {"y": {"datum": 0}}
_STEP = {"field": "step", "type": "quantitative", "axis": {"tickMinStep": 1, "grid": False}}
_MARGIN = {"field": "margin", "type": "quantitative", "title": "margin (logits)"}
_COLOUR = {"scale": {"domain": CURVES, "range": [PALETTE[0], LINEAR]}}
_LEGEND = {"title": None, "orient": "top", "labelLimit": 300, "symbolType": "stroke", "symbolSize": 500}
CHART = {
    "height": 280,
    "layer": [
        {"data": {"values": [{}]}, "mark": {"type": "rule", "color": "#888888"}, "encoding": _ZERO},
        {
            "data": {"values": [{}]},
            "mark": {"type": "text", "align": "left", "dy": 11, "color": "#888888"},
            "encoding": {**_ZERO, "x": {"value": 4}, "text": {"value": "below 0: fooled"}},
        },
        {
            "mark": {"type": "line", "interpolate": "linear"},
            "encoding": {
                "x": _STEP,
                "y": _MARGIN,
                "color": {"field": "curve", "legend": _LEGEND, **_COLOUR},
                "strokeDash": {"field": "curve", "scale": {"domain": CURVES, "range": [[1, 0], [7, 5]]}},
            },
        },
    ],
}


def progress(events: Sequence, rounds: int, names: Sequence[str]) -> tuple[str, float]:
    """What an attack is doing, in a sentence, and how far it may be, from 0 to 1 (it stops at success).

    events: those of the attack so far; rounds: at most (budget.most_rounds); names: class names by index.
    """
    last = events[-1] if events else None
    if isinstance(last, RankingProgress):
        sentence = f"Measuring how far {last.total} wrong classes are ({last.done} done) …"
        return sentence, RANKING_SHARE * _part(last.done, last.total)
    ranked = next((event for event in events if isinstance(event, Ranked)), None)
    if isinstance(last, Finished) or ranked is None:
        return ("Measuring how straight the way was …", 1.0) if events else ("Looking at the picture …", 0.0)
    if isinstance(last, TargetDone):
        verdict = "works" if last.fooled else "does not work"
        return f"“{names[last.target]}” {verdict}.", _share(last, 1.0, ranked, rounds)
    if isinstance(last, Step):
        target = f"Target {last.order} of {ranked.n_targets}: “{names[last.target]}”"
        share = _share(last, _part(last.step, last.most), ranked, rounds)
        return f"{target}, step {last.step} of at most {last.most}", share
    return "The order of attack is known …", RANKING_SHARE


def _part(done: float, total: int) -> float:
    return min(1.0, done / max(1, total))


def _share(at: Step | TargetDone, part: float, ranked: Ranked, rounds: int) -> float:
    targets = at.order - 1 + part
    done = _part(at.round - 1 + _part(targets, ranked.n_targets), rounds)
    return RANKING_SHARE + (1 - RANKING_SHARE) * done


def live_points(trace: Sequence[Step]) -> list[dict[str, Any]]:
    """The points of CHART: both curves at every step towards the latest target."""
    true, line = CURVES
    last = trace[-1]
    steps = [step for step in trace if (step.round, step.order) == (last.round, last.order)]
    return [{"curve": true, "step": step.step, "margin": step.true_margin} for step in steps] + [
        {"curve": line, "step": step.step, "margin": step.linear_margin} for step in steps
    ]


def show_running(task: Task, job: Job, chosen: AttackSettings, picture: Picture) -> None:
    """Draw an attack that runs, or that could not be computed, beside the picture that it is on."""
    with st.container(key="running"):
        show_glance(chosen, picture)
        with st.container():
            if job.state == "failed":
                st.error(job.error)
            else:
                _watch(task, job, budget.most_rounds(chosen.config), model_info(chosen.model).classes)


def show_stopped(events: Sequence[Any], chosen: AttackSettings) -> None:
    """Draw what an attack had brought when it was stopped."""
    trace = [event for event in events if isinstance(event, Step)]
    names = model_info(chosen.model).classes
    done = sum(isinstance(event, TargetDone) for event in events)
    tried = f"{done} {'class' if done == 1 else 'classes'} tried, " if done else ""
    st.info(f"Stopped after {tried}{formatting.steps(len(trace))}, without success so far.")
    if trace:
        _curves(trace, names)


def _curves(trace: Sequence[Step], names: Sequence[str]) -> None:
    st.markdown(f"Lead over **{names[trace[-1].target]}** (margin, in logits), step by step")
    with st.container(key="live"):
        st.vega_lite_chart(
            live_points(trace),
            CHART,
            alt="The margin at every point visited so far, and its straight-line prediction",
        )


def _watch(task: Task, job: Job, rounds: int, names: Sequence[str]) -> None:
    def curves(events: Sequence[Any]) -> None:
        if trace := [event for event in events if isinstance(event, Step)]:
            _curves(trace, names)

    watch(task, job, lambda events: progress(events, rounds, names), curves)
