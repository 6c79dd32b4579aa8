"""The measurement that a tab watches."""

from __future__ import annotations

from malt_core.networks import network_info
from ui.compute.jobs import Job
from ui.compute.loading import load_models
from ui.compute.task import Task
from ui.linearity import work
from ui.linearity.link import LinearitySettings
from ui.pictures.picker import picture_at
from ui.pictures.picture import Picture


def linearity_job(task: Task, chosen: LinearitySettings, picture: Picture, *, retry: bool) -> Job:
    """This tab's measurement of these settings. retry: even if it has failed."""
    pictures = {
        model: picture
        if model == chosen.model
        else picture_at(chosen.photo, network_info(model).size, chosen.crop, picture)
        for model in chosen.models
    }
    return task.job(
        load=load_models(chosen.models),
        work=work.linearity(chosen, pictures),
        anew=retry and task.failed,
        long=chosen.beside == "three",
    )
