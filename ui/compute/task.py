"""What a tab computes for one of its pages: asked for, watched, stopped; what was stopped stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui.compute.jobs import Job, Report
from ui.compute.session import tab


@dataclass
class _State:
    """key: of what is computed or shown, None for nothing. asked: whether a link asks for it.

    stopped: the key and the events of what was stopped last.
    """

    key: str | None = None
    asked: bool = False
    stopped: tuple[str, list[Any]] = field(default_factory=lambda: ("", []))


class Task:
    """The one thing that a page has this tab compute. Equal keys mean equal results.

    Make one wherever it is needed: what it knows is the tab's, by the page's name.
    """

    def __init__(self, page: str) -> None:
        self.page = page
        self._state: _State = st.session_state.setdefault(f"task_{page}", _State())

    @property
    def key(self) -> str | None:
        """The key of what is computed or shown, None for nothing."""
        return self._state.key

    def begin(self, *, ask: bool) -> None:
        """The page is opened by an address. ask: it wants the result at once."""
        self._state.asked = ask
        if not ask:
            self.stop()

    def follow(self, key: str | None, *, start: bool) -> bool:
        """The settings stand for `key` now, None for nothing that could be computed; start: it is asked for.

        Starts what a link asks for, and stops what stands for other settings. Returns whether the result of
        these settings is to be shown.
        """
        if key is not None and (start or self._state.asked):
            self.start(key)
        elif self.key not in (None, key):
            self.stop()
        return self.key is not None

    def start(self, key: str) -> None:
        """Have the next `job` compute this; what was computed so far is stopped."""
        if self.key not in (None, key):
            self.stop()
        self._state.key, self._state.asked = key, False

    def job(
        self,
        *,
        load: Callable[[Report], Any],
        work: Callable[[Any], Iterator[Any]],
        anew: bool = False,
        long: bool = False,
    ) -> Job:
        """The job that computes it, submitted if need be. anew: not a result that is kept; see JobQueue."""
        return tab().watch(self.page, self.key, load=load, work=work, anew=anew, long=long)

    @property
    def current(self) -> Job | None:
        """The job that is watched."""
        return tab().jobs.get(self.page)

    @property
    def failed(self) -> bool:
        """Whether the job that is watched has failed."""
        return self.current is not None and self.current.state == "failed"

    def watches(self, job: Job) -> bool:
        """Whether this is still the job to show."""
        return self.key == job.key and self.current is job

    def stop(self) -> None:
        """End what is computed, unless others watch it, too; what it has brought stays."""
        job = self.current
        if job is not None and not job.finished and job.events:
            self._state.stopped = job.key, job.events[:]
        self.leave()

    def leave(self) -> None:
        """Show nothing any more."""
        self._state.key = None
        tab().leave(self.page)

    def stopped(self, key: str | None = None) -> list[Any]:
        """What the job of that key (by default: any) had brought when it was stopped, if it was the last."""
        stopped, events = self._state.stopped
        return events if key in (None, stopped) else []

    def forget_stopped(self) -> None:
        """It has been taken over."""
        self._state.stopped = "", []
