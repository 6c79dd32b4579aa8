"""What the job queue computes for the Race page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from malt_core.attacks.catalogue import AttackId
from malt_core.race.types import Fell, LaneDone, LineUp, RaceEvent
from ui.race.link import RaceSettings
from ui.race.pictures import Entry

if TYPE_CHECKING:
    from malt_core.models.loaders import Model


@dataclass(frozen=True)
class Recalled:
    """Event: what comes next of this lane was computed for an earlier race."""

    lane: AttackId


def race_events(events: Sequence[RaceEvent | Recalled]) -> list[RaceEvent]:
    """What of it happened in the race."""
    return [event for event in events if not isinstance(event, Recalled)]


class LaneStore:
    """The events of finished lanes by key, so that another third lane costs no second AutoAttack.

    keep: how many stay, the least recently used going first.
    """

    def __init__(self, keep: int = 64) -> None:
        self._keep, self._lock = keep, threading.Lock()
        self._lanes: OrderedDict[str, tuple[RaceEvent, ...]] = OrderedDict()

    def get(self, key: str) -> tuple[RaceEvent, ...]:
        """The events of that lane, none if it has not been run to its end."""
        with self._lock:
            if key in self._lanes:
                self._lanes.move_to_end(key)
            return self._lanes.get(key, ())

    def put(self, key: str, events: Sequence[RaceEvent]) -> None:
        """Keep a finished lane."""
        with self._lock:
            self._lanes[key] = tuple(events)
            while len(self._lanes) > self._keep:
                self._lanes.popitem(last=False)

    def forget(self, key: str) -> None:
        """Let the lane be run anew."""
        with self._lock:
            self._lanes.pop(key, None)


def lane_key(lane: AttackId, settings: RaceSettings, entries: Sequence[Entry]) -> str:
    """Equal keys mean equal lanes, but for their times."""
    pictures = [entry.picture.digest for entry in entries]
    parts = (lane, settings.model, settings.config, pictures)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def race_key(settings: RaceSettings, entries: Sequence[Entry]) -> str:
    """Equal keys mean equal races, but for their times."""
    keys = [lane_key(lane, settings, entries) for lane in settings.lanes]
    names = [(entry.picture.name, entry.truth) for entry in entries]
    return hashlib.sha256(repr((keys, names, settings.check)).encode()).hexdigest()


def race(
    settings: RaceSettings, entries: Sequence[Entry], store: LaneStore
) -> Callable[[Model], Iterator[RaceEvent | Recalled]]:
    """A work function for the queue: the line-up, then lane after lane; finished ones come from the store."""

    def work(model: Model) -> Iterator[RaceEvent | Recalled]:
        import torch

        from malt_core.race.run import line_up, run_lane, second_opinion

        x = torch.stack([entry.picture.to_sample().x for entry in entries])
        lined_up = line_up(model, x)
        yield lined_up
        done = []
        for lane in settings.lanes if lined_up.standing else ():
            key = lane_key(lane, settings, entries)
            events = list(store.get(key))
            done.append(events)
            if events:
                yield Recalled(lane)
                yield from events
                continue
            for event in run_lane(lane, model, x, lined_up, settings.config):
                events.append(event)
                yield event
            store.put(key, events)
        if settings.check == "always" and (left := _left(lined_up, done)):
            yield from second_opinion(model, x, lined_up, left, settings.config)

    return work


def _left(lined_up: LineUp, lanes: Sequence[Sequence[RaceEvent]]) -> list[int]:
    """The pictures that all of these lanes have left, by place."""
    gone = {event.image for lane in lanes for event in lane if isinstance(event, Fell)}
    gone |= {i for lane in lanes for event in lane if isinstance(event, LaneDone) for i in event.invalid}
    return [i for i in lined_up.standing if i not in gone]
