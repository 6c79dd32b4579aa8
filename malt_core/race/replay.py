"""What a browser needs to replay a race, or to draw one that goes on: JSON for assets/race."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from malt_core.attacks.outcome import PHRASES
from malt_core.formatting import stopwatch
from malt_core.race import words
from malt_core.race.record import LaneRecord, RaceRecord
from malt_core.storage.assets import assets_folder

ASSETS = assets_folder() / "race"
FAR_APART = 8  # where the longest lane takes so many times what the shortest does, time is logarithmic


def style() -> str:
    """Return the replay's CSS."""
    return (ASSETS / "race.css").read_text("utf-8")


def script() -> str:
    """Return the replay's JavaScript, one module."""
    return (ASSETS / "race.js").read_text("utf-8")


def is_logarithmic(lanes: Sequence[LaneRecord]) -> bool:
    """Whether the lanes' times are too far apart for one linear axis.

    Only a lane that has ended can be the shortest one, or each new lane would have the axis change twice.
    """
    times = [lane.seconds for lane in lanes if lane.seconds > 0]
    ended = [lane.seconds for lane in lanes if lane.seconds > 0 and lane.state in ("done", "stopped")]
    return bool(ended) and max(times) > FAR_APART * min(ended)


def span(lanes: Sequence[LaneRecord]) -> tuple[float, float]:
    """Return the seconds a little before anything happens, and at the longest lane's end; both above 0."""
    falls = [fall.seconds for lane in lanes for fall in lane.falls]
    times = [seconds for seconds in (*falls, *(lane.seconds for lane in lanes)) if seconds > 0]
    return (0.7 * min(times), max(times)) if times else (0.5, 1.0)


def title(record: RaceRecord) -> str:
    """Return what the staircases count."""
    if all(record.pictures[i].right for i in record.standing):
        return "How many pictures the network still gets right"
    return "How many pictures the network still answers as before"


def axis(lanes: Sequence[LaneRecord]) -> str:
    """Return what the axis of time counts."""
    return f"by the seconds since each attack began{' (logarithmic)' if is_logarithmic(lanes) else ''}"


def payload(
    record: RaceRecord, images: Sequence[bytes], *, going_on: bool = False, showing: str = ""
) -> dict[str, Any]:
    """Return what assets/race/race.js draws: JSON-able, of strings, numbers, lists and dicts.

    images: PNG files, one a picture, in their order. going_on: it has not ended. showing: another text has
    the replay begin anew. Seconds are each lane's own; a picture's place says which one a fall is of.
    """
    first, last = span(record.lanes)
    known = (record.model, record.eps, record.norm, record.seed, [one.sha256 for one in record.pictures])
    lanes = (
        [lane.seconds for lane in record.lanes] if not going_on else [lane.attack for lane in record.lanes]
    )
    id = hashlib.sha256(json.dumps((known, lanes, going_on, showing)).encode()).hexdigest()
    return {
        "id": id[:16],
        "going_on": going_on,
        "standing": len(record.standing),
        "first": first,
        "last": last,
        "logarithmic": is_logarithmic(record.lanes),
        "title": title(record),
        "axis": axis(record.lanes),
        "alt": words.headline(record),
        "pictures": [
            {
                "words": f"{picture.name}: {words.answer(picture)};",
                "attacked": picture.answer is not None,
                "kept": "flagged" if record.flagged(i) else PHRASES["withstood"],
                "image": "data:image/png;base64," + base64.b64encode(image).decode("ascii"),
            }
            for i, (picture, image) in enumerate(zip(record.pictures, images, strict=True))
        ],
        "lanes": [_lane(lane, record) for lane in record.lanes],
    }


def _lane(lane: LaneRecord, record: RaceRecord) -> dict[str, Any]:
    return {
        "title": lane.title,
        "state": lane.state,
        "seconds": lane.seconds,
        "end": end(lane, record),
        "stages": [{"start": one.start, "words": words.STAGES[one.stage]} for one in lane.stages],
        "falls": [
            {
                "picture": fall.picture,
                "seconds": fall.seconds,
                "words": f"“{fall.answer.name}” after {stopwatch(fall.seconds)}, {PHRASES[fall.outcome]}",
            }
            for fall in lane.falls
        ],
    }


def end(lane: LaneRecord, record: RaceRecord) -> str:
    """Return where an attack is at last: how many answers it has changed, and whether and when it ended."""
    n, time = len(record.standing), stopwatch(lane.seconds)
    if lane.state == "waiting":
        return "not begun"
    changed = f"{len(lane.falls)} of {n} changed"
    if lane.state == "running":
        return f"{changed} after {time}"
    how = "stopped" if lane.state == "stopped" else "ended" if len(lane.falls) == n else "gave up"
    return f"{changed}, {how} after {time}"
