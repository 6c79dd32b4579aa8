"""The run that a tab watches."""

from __future__ import annotations

from ui.answers import work
from ui.answers.link import AnswersSettings
from ui.compute.jobs import Job
from ui.compute.loading import load_model
from ui.compute.task import Task
from ui.pictures.picture import Picture


def answers_job(task: Task, chosen: AnswersSettings, picture: Picture, *, retry: bool) -> Job:
    """This tab's run of these settings. retry: even if it has failed."""
    return task.job(
        load=load_model(chosen.model),
        work=work.answers(chosen, picture),
        anew=retry and task.failed,
        long=True,
    )
