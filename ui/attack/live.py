"""What the page shows while an attack runs: what happens now, how far it is, and where it is as it moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from malt_core import formatting
from malt_core.attacks.malt import budget
from malt_core.attacks.types import Asking, AttackEvent, Finished, Ranked, RankingProgress, Step, TargetDone
from malt_core.networks import network_info
from ui.attack.link import AttackSettings
from ui.attack.preview import show_glance
from ui.attack.work import Outcome, Sight
from ui.compute.jobs import Job
from ui.compute.task import Task
from ui.pictures.picture import Picture
from ui.widgets.live import show_live
from ui.widgets.waiting import watch

RANKED, FOUND = 0.1, 0.9  # of the whole work: when the order is known, and when the attack is over


def progress(events: Sequence, rounds: int, names: Sequence[str]) -> tuple[str, float]:
    """What an attack is doing, in a sentence, and how far it may be, from 0 to 1 (it stops at success).

    It is as far as its farthest event was, so that it never goes back, in whatever order targets are tried.
    events: those of the attack so far; rounds: at most (budget.most_rounds); names: class names by index.
    """
    told = [event for event in events if not isinstance(event, Sight)]
    if not told:
        return "Looking at the picture …", 0.0
    n_targets = next((event.n_targets for event in told if isinstance(event, Ranked)), 1)
    return _sentence(told[-1], n_targets, names), max(_reached(event, n_targets, rounds) for event in told)


def _sentence(event: AttackEvent | Outcome, n_targets: int, names: Sequence[str]) -> str:
    match event:
        case RankingProgress(done=done, total=total):
            return f"Measuring how far {total} wrong classes are ({done} done) …"
        case Ranked():
            return "The order of attack is known …"
        case Step(order=order, target=target, step=step, most=most):
            return f"Target {order} of {n_targets}: “{names[target]}”, step {step} of at most {most}"
        case Asking(done=done, total=total):
            return f"Second opinion, without gradients: {done} of at most {total} calls of the network"
        case TargetDone(target=target, fooled=fooled):
            return f"“{names[target]}” {'works' if fooled else 'does not work'}."
    return "Measuring how straight the way was …"


def _reached(event: AttackEvent | Outcome, n_targets: int, rounds: int) -> float:
    """How much of the whole work is done with this event."""
    match event:
        case RankingProgress(done=done, total=total):
            return RANKED * _part(done, total)
        case Ranked():
            return RANKED
        case Step(order=order, round=number, step=step, most=most):
            targets = order - 1 + _part(step, most)
        case TargetDone(order=order, round=number):
            targets = order
        case Asking() | Finished():
            return FOUND
        case _:
            return 1.0
    return RANKED + (FOUND - RANKED) * _part(number - 1 + _part(targets, n_targets), rounds)


def _part(done: float, total: int) -> float:
    return min(1.0, done / max(1, total))


def latest_run(events: Sequence) -> list[Step]:
    """The steps of the run that the attack is on: of one round, towards one target."""
    trace = [event for event in events if isinstance(event, Step)]
    return [step for step in trace if (step.round, step.order) == (trace[-1].round, trace[-1].order)]


def show_running(task: Task, job: Job, chosen: AttackSettings, picture: Picture) -> None:
    """Draw an attack that runs, or that could not be computed, above the picture that it is on."""
    with st.container(key="running"):
        if job.state == "failed":
            st.error(job.error)
        else:
            rounds, names = budget.most_rounds(chosen.config), network_info(chosen.model).classes
            watch(
                task,
                job,
                lambda events: progress(events, rounds, names),
                lambda events: _draw(events, names),
            )
        show_glance(chosen, picture)


def show_stopped(events: Sequence[Any], chosen: AttackSettings) -> None:
    """Draw what an attack had brought when it was stopped."""
    done = sum(isinstance(event, TargetDone) for event in events)
    made = sum(isinstance(event, Step) for event in events)
    tried = f"{done} {'class' if done == 1 else 'classes'} tried, " if done else ""
    st.info(f"Stopped after {tried}{formatting.steps(made)}, without success so far.")
    _draw(events, network_info(chosen.model).classes)


def _draw(events: Sequence[Any], names: Sequence[str]) -> None:
    sight = next((event for event in events if isinstance(event, Sight)), None)
    if sight is None:
        return
    steps = latest_run(events)
    lead = f"Lead over {names[steps[-1].target]} (margin, in logits)" if steps else "The margin, step by step"
    show_live(sight.original, sight.now, steps, lead)
