"""What a tab computes for one of its pages: asked for, watched, set aside, stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from ui.compute.jobs import Job, Report
from ui.compute.session import queue, tab


@dataclass(frozen=True)
class Aside:
    """What goes on while Back or Forward has brought the page to other settings.

    key: of what is computed. address: the parameters of the page that shows it.
    """

    key: str
    address: dict[str, str]


@dataclass
class _State:
    """key: of what is computed or shown, None for nothing. asked: what an address asks for: "show" what is
    there, or "start" it. by_link: whether a link has started it. remembered: whether it was there already.

    moved: the address before Back or Forward, until the new settings are known. stopped: the key and the
    events of what was stopped last.
    """

    key: str | None = None
    asked: Literal["", "show", "start"] = ""
    by_link: bool = False
    remembered: bool = False
    moved: dict[str, str] | None = None
    aside: Aside | None = None
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

    @property
    def by_link(self) -> bool:
        """Whether it was a link that started what is computed or shown."""
        return self._state.by_link

    @property
    def remembered(self) -> bool:
        """Whether what is shown had been computed before it was asked for, and came from memory."""
        return self._state.remembered

    @property
    def aside(self) -> Aside | None:
        """What goes on although the page shows other settings."""
        job = tab().jobs.get(self._aside)
        if job is None or job.finished:
            return None
        return self._state.aside

    def open(self, *, ask: bool) -> None:
        """A link opens the page. ask: it wants the result at once."""
        self._state.asked = "start" if ask else ""
        if not ask:
            self.stop()

    def move(self, before: dict[str, str], *, ask: bool) -> None:
        """Back or Forward brings the page to another address; nothing starts by that, and nothing ends.

        before: the address until now. ask: the new one shows a result, if it is still there.
        """
        self._state.asked = "show" if ask else ""
        self._state.moved = before
        if not ask and self.current is not None and self.current.finished:
            self.leave()

    def follow(self, key: str | None, *, start: bool, recall: bool = False) -> bool:
        """The settings stand for `key` now, None for nothing that could be computed; start: it is asked for.

        Starts what a link asks for, and stops what stands for other settings, unless they are others by Back
        or Forward: then it goes on aside. recall: a result that is still in memory is shown without asking.
        Returns whether the result of these settings is to be shown.
        """
        state = self._state
        moved, state.moved = state.moved, None
        asked = state.asked
        if key is not None:
            state.asked = ""
        if key is not None and (start or asked == "start"):
            self.start(key, by_link=not start)
        elif key != state.key:
            self._end(moved)
            if key is not None and state.aside is not None and state.aside.key == key:
                self._bring_back()
            elif key is not None and asked == "show" and queue().recall(key) is not None:
                self._show(key)
        if recall and None not in (key, queue().recall(key)) and state.key is None and self.aside is None:
            self._show(key)
        return state.key is not None

    def pass_on(self, other: Task) -> None:
        """What the address asks for is asked of another task of the same page."""
        other._state.asked, self._state.asked = self._state.asked or other._state.asked, ""

    def start(self, key: str, *, by_link: bool = False) -> None:
        """Have the next `job` compute this; what was computed so far is stopped."""
        state = self._state
        if state.key not in (None, key):
            self.stop()
        self.stop_aside()
        self._show(key, by_link=by_link)

    def job(
        self,
        *,
        load: Callable[[Report], Any],
        work: Callable[[Any], Iterator[Any]],
        anew: bool = False,
        long: bool = False,
    ) -> Job:
        """The job that computes it, submitted if need be. anew: not a result that is kept; see JobQueue."""
        if anew and self.current is not None and self.current.finished:
            self._state.remembered = False
        return tab().watch(self.page, self.key, load=load, work=work, anew=anew, long=long)

    @property
    def current(self) -> Job | None:
        """The job that is watched."""
        return tab().jobs.get(self.page)

    @property
    def running(self) -> bool:
        """Whether it is being computed, or waits for that."""
        return self.current is not None and not self.current.finished

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
        if job is not None and not job.finished:
            self._state.stopped = job.key, job.events[:]
        self.leave()

    def stop_aside(self) -> None:
        """End what goes on aside; what it has brought stays."""
        job, self._state.aside = tab().jobs.get(self._aside), None
        if job is not None and not job.finished:
            self._state.stopped = job.key, job.events[:]
        tab().leave(self._aside)

    def leave(self) -> None:
        """Show nothing any more."""
        self._state.key = None
        tab().leave(self.page)

    def has_stopped(self, key: str) -> bool:
        """Whether the job of that key was the last to be stopped, before or after its first event."""
        return self._state.stopped[0] == key

    def stopped(self, key: str | None = None) -> list[Any]:
        """What the job of that key (by default: any) had brought when it was stopped, if it was the last."""
        stopped, events = self._state.stopped
        return events if key in (None, stopped) else []

    def forget_stopped(self) -> None:
        """It has been taken over."""
        self._state.stopped = "", []

    @property
    def _aside(self) -> str:
        """What the tab calls the job that goes on aside."""
        return f"{self.page} aside"

    def _show(self, key: str, *, by_link: bool = False) -> None:
        state = self._state
        state.key, state.asked, state.by_link = key, "", by_link
        state.remembered = queue().recall(key) is not None

    def _end(self, moved: dict[str, str] | None) -> None:
        """Other settings take the place of what is shown. moved: the address before Back or Forward."""
        if self.key is None:
            return
        if moved is not None and self.running:
            self.stop_aside()
            self._state.aside = Aside(self.key, moved)
            tab().rename(self.page, self._aside)
            self._state.key = None
        else:
            self.stop()

    def _bring_back(self) -> None:
        """Show again what went on aside."""
        self._state.key, self._state.aside = self._state.aside.key, None
        tab().rename(self._aside, self.page)
