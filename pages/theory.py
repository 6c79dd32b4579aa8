"""The Theory page: a two-layer network trained live, steps off its data, and the same on deep networks."""

from __future__ import annotations

from ui import layout
from ui.compute.task import Task
from ui.theory import glossary, settings, work
from ui.theory.deep import show_deep
from ui.theory.link import TheorySettings
from ui.theory.live import show_started, show_unstarted
from ui.widgets import form
from ui.widgets.waiting import show_aside

layout.open_page("Why a straight line?", glossary.INTRODUCTION)
complaints = form.follow(TheorySettings).complaints
left, right = layout.columns()
with left:
    config, train = settings.experiment_settings()
    measure = settings.deep_settings()
settings.lead_to_result(trained=train, measured=measure)

chosen = form.current(TheorySettings)
experiment, deep = Task("theory"), Task("theory_deep")
if chosen.view == "deep":
    experiment.pass_on(deep)
key = work.experiment_key(config) if config is not None else None
started = experiment.follow(key, start=train, recall=True)
measured = deep.follow(work.deep_key(chosen.model, chosen.photo), start=measure, recall=True)
on_deep = chosen.view == "deep"
form.remember(chosen, run=measured if on_deep else started)

with right:
    layout.complain(complaints)
    settings.choose_view()
    show_aside(experiment)
    if on_deep:
        show_deep(deep, chosen, started=measured, retry=measure)
    elif started and config is not None:
        show_started(experiment, chosen, config, retry=train)
    else:
        show_unstarted(experiment, chosen, config)
    link = layout.link_of(chosen, run=measured if on_deep else started)
    layout.show_link(link, "This view", "")
if train or measure:
    layout.scroll_to_running()
