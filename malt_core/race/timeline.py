"""The events of a race as what the page draws: one record a lane. Neither Streamlit nor torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from malt_core.attacks.catalogue import AttackId
from malt_core.attacks.types import Asking
from malt_core.race.types import Checked, Fell, LaneDone, LineUp, Progress, RaceEvent, StageName
from malt_core.trust.flags import Flag
from malt_core.trust.opinion import SecondOpinion

State = Literal["waiting", "running", "stopped", "done"]
ENSEMBLE: tuple[StageName, ...] = ("apgd-ce", "apgd-t", "fab-t", "square")
"""The stages of AutoAttack."""


@dataclass(frozen=True)
class Span:
    """What a lane did from `start` to `end`, in seconds of its own."""

    stage: StageName
    start: float
    end: float


@dataclass
class Lane:
    """One lane so far.

    falls: by image index; latest: the last Progress; share: how much is done at least, 0 to 1, which only
    grows; ranks, invalid, flags, second_opinion: as in LaneDone.
    """

    name: AttackId
    standing: int
    state: State = "waiting"
    seconds: float = 0.0
    n_forward: int = 0
    n_backward: int = 0
    robust: int = 0
    spans: list[Span] = field(default_factory=list)
    falls: dict[int, Fell] = field(default_factory=dict)
    latest: Progress | None = None
    share: float = 0.0
    ranks: Mapping[int, int] = field(default_factory=dict)
    invalid: tuple[int, ...] = ()
    flags: tuple[Flag, ...] = ()
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True)
class Race:
    """line_up: None before the network has looked at the pictures. lanes: in the order in which they run.

    asking: how far the second opinion is, None unless it is under way; checked: what it has found.
    """

    line_up: LineUp | None
    lanes: tuple[Lane, ...]
    asking: Asking | None = None
    checked: Checked | None = None


def race_of(events: Iterable[RaceEvent], names: Sequence[AttackId], *, going_on: bool) -> Race:
    """Read what has happened so far. names: of the lanes; going_on: there is more to come."""
    events = list(events)
    line_up = next((event for event in events if isinstance(event, LineUp)), None)
    standing = len(line_up.standing) if line_up else 0
    lanes = {name: Lane(name, standing, robust=standing) for name in names}
    asking, checked = None, None
    for event in events:
        if isinstance(event, Asking):
            asking = event
        elif isinstance(event, Checked):
            asking, checked = None, event
        elif not isinstance(event, LineUp):
            _take(lanes[event.lane], event)
    if not going_on:
        for lane in lanes.values():
            lane.state = "stopped" if lane.state == "running" else lane.state
    return Race(line_up, tuple(lanes.values()), asking, checked)


def _take(lane: Lane, event: Progress | Fell | LaneDone) -> None:
    lane.state = "running"
    lane.seconds, lane.robust = event.seconds, event.robust
    lane.n_forward, lane.n_backward = event.n_forward, event.n_backward
    if isinstance(event, Progress):
        lane.latest = event
        lane.share = max(lane.share, _share(lane))
    if isinstance(event, Fell):
        lane.falls[event.image] = event
    if isinstance(event, LaneDone):
        lane.state, lane.ranks, lane.invalid, lane.share = "done", event.ranks, event.invalid, 1.0
        lane.flags, lane.second_opinion = event.flags, event.second_opinion
    if lane.latest is not None:
        _extend(lane.spans, lane.latest.stage, event.seconds)


def _extend(spans: list[Span], stage: StageName, now: float) -> None:
    """Let the last span end now, and begin another if the stage is a new one."""
    if spans:
        spans[-1] = Span(spans[-1].stage, spans[-1].start, now)
    if not spans or spans[-1].stage != stage:
        spans.append(Span(stage, now if spans else 0.0, now))


def _share(lane: Lane) -> float:
    """Return a lower bound of what is done: a lane may end sooner."""
    latest = lane.latest
    if latest.most is None:
        return 0.0 if lane.name == "autoattack" else 1 - lane.robust / lane.standing
    part = min(1.0, latest.calls / latest.most)
    return (ENSEMBLE.index(latest.stage) + part) / len(ENSEMBLE) if lane.name == "autoattack" else part
