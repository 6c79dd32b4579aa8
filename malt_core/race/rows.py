"""The staircases of a race as a table. No torch."""

from __future__ import annotations

from typing import Any

from malt_core.race.record import RaceRecord


def race_rows(record: RaceRecord) -> list[dict[str, Any]]:
    """Return the numbers behind the staircases: a row for each picture that an attack changed, and one for
    each attack's end.
    """
    rows: list[dict[str, Any]] = []
    for lane in record.lanes:
        left = len(record.standing)
        for fall in lane.falls:
            left -= 1
            rows.append(
                {
                    "attack": lane.title,
                    "seconds": fall.seconds,
                    "unchanged": left,
                    "picture": record.pictures[fall.picture].name,
                    "answer": fall.answer.name,
                    "survives_png": fall.survives_png,
                    "forward": fall.n_forward,
                    "backward": fall.n_backward,
                }
            )
        if lane.state != "waiting":
            rows.append(
                {
                    "attack": lane.title,
                    "seconds": lane.seconds,
                    "unchanged": left,
                    "picture": None,
                    "answer": f"({lane.state})",
                    "forward": lane.n_forward,
                    "backward": lane.n_backward,
                }
            )
    return rows
