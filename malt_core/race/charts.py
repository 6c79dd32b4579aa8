"""The charts of a race: how many pictures stand, against each lane's own time, and what each was doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from malt_core.attacks.catalogue import TITLES
from malt_core.formatting import stopwatch
from malt_core.race.timeline import Lane
from malt_core.race.words import STAGES

# Okabe and Ito's colours, as in figure_style.py, but three.
COLOURS = ("#0072B2", "#E69F00", "#D55E00")
INK = ("#ffffff", "#1b2733", "#ffffff")  # for words on them
DASHES = ([1, 0], [2, 2], [8, 4])
FAR_APART = 8  # where the longest lane takes so many times what the shortest does, time is logarithmic
LETTER = 0.024  # share of a narrow chart's width that a letter takes


def is_logarithmic(lanes: Sequence[Lane]) -> bool:
    """Whether the lanes' times are too far apart for one linear axis.

    Only a lane that has ended can be the shortest one, or each new lane would have the axis change twice.
    """
    times = [lane.seconds for lane in lanes if lane.seconds > 0]
    ended = [lane.seconds for lane in lanes if lane.seconds > 0 and lane.state in ("done", "stopped")]
    return bool(ended) and max(times) > FAR_APART * min(ended)


def curve_points(lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    """The corners of each lane's staircase: from its start over every fall to where it is now."""
    begun = [lane for lane in lanes if lane.state != "waiting"]
    points = [
        {"lane": TITLES[lane.name], "seconds": seconds, "standing": standing}
        for lane in begun
        for seconds, standing in (
            (0.0, lane.standing),
            *((fell.seconds, fell.robust) for fell in lane.falls.values()),
            (lane.seconds, lane.robust),
        )
    ]
    if is_logarithmic(lanes):  # which has no 0: let the staircases start a little before anything happens
        first = 0.7 * min(point["seconds"] for point in points if point["seconds"] > 0)
        points = [{**point, "seconds": max(point["seconds"], first)} for point in points]
    return points


def curve_chart(lanes: Sequence[Lane]) -> dict[str, Any]:
    """The specification to draw curve_points with; it changes at most once in a race."""
    names = [TITLES[lane.name] for lane in lanes]
    scale = "log" if is_logarithmic(lanes) else "linear"
    standing = max(1, *(lane.standing for lane in lanes))
    return {
        "height": 300,
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5},
        "encoding": {
            "x": {
                "field": "seconds",
                "type": "quantitative",
                "title": f"seconds{' (logarithmic)' if scale == 'log' else ''}",
                "scale": {"type": scale, "nice": False},
                "axis": {"grid": False, "tickCount": 6, "format": "~g"},
            },
            "y": {
                "field": "standing",
                "type": "quantitative",
                "title": "pictures that stand",
                "scale": {"domain": [0, 1.04 * standing], "nice": False},
                "axis": {"tickMinStep": 1},
            },
            "color": {
                "field": "lane",
                "scale": {"domain": names, "range": COLOURS},
                "legend": {
                    "title": None,
                    "orient": "top",
                    "columns": 2,  # three in a row are too wide for a phone
                    "labelLimit": 300,
                    "symbolType": "stroke",
                    "symbolSize": 400,
                },
            },
            "strokeDash": {"field": "lane", "scale": {"domain": names, "range": DASHES}},
        },
    }


def bar_parts(lanes: Sequence[Lane]) -> list[dict[str, Any]]:
    """The stages of each lane, and its falls: rows for bar_chart."""
    longest = max(lane.seconds for lane in lanes) or 1.0
    spans = [
        {
            "lane": TITLES[lane.name],
            "start": span.start,
            "end": span.end,
            "what": STAGES[span.stage],
            "time": f"{stopwatch(span.start)} to {stopwatch(span.end)}",
            "word": STAGES[span.stage]
            if _has_room(STAGES[span.stage], span.end - span.start, longest)
            else "",
        }
        for lane in lanes
        for span in lane.spans
    ]
    falls = [
        {
            "lane": TITLES[lane.name],
            "fell": fell.seconds,
            "what": "a picture falls",
            "time": stopwatch(fell.seconds),
        }
        for lane in lanes
        for fell in lane.falls.values()
    ]
    return spans + falls


def _has_room(word: str, seconds: float, longest: float) -> bool:
    return seconds / longest >= LETTER * len(word)


def bar_chart(lanes: Sequence[Lane]) -> dict[str, Any]:
    """The specification to draw bar_parts with; always the same in a race."""
    names = [TITLES[lane.name] for lane in lanes]
    lane = {"field": "lane", "sort": names, "scale": {"domain": names}, "title": None}
    seconds = {"type": "quantitative", "title": "seconds", "axis": {"grid": False, "tickCount": 6}}
    tooltip = [{"field": "what", "title": "doing"}, {"field": "time", "title": "when"}]
    return {
        "height": {"step": 44},
        "encoding": {"y": {**lane, "type": "nominal", "axis": {"labelLimit": 125, "ticks": False}}},
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.end)"}],
                "mark": {"type": "bar", "height": 24, "stroke": "#ffffff", "strokeWidth": 0.75},
                "encoding": {
                    "x": {"field": "start", **seconds},
                    "x2": {"field": "end"},
                    "color": {
                        "field": "lane",
                        "scale": {"domain": names, "range": COLOURS},
                        "legend": None,
                    },
                    "tooltip": tooltip,
                },
            },
            {
                "transform": [{"filter": "datum.word"}],
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11},
                "encoding": {
                    "x": {"field": "start", "type": "quantitative"},
                    "text": {"field": "word"},
                    "color": {"field": "lane", "scale": {"domain": names, "range": INK}, "legend": None},
                },
            },
            {
                "transform": [{"filter": "isValid(datum.fell)"}],
                "mark": {
                    "type": "point",
                    "shape": "triangle-up",
                    "yOffset": 18,
                    "size": 45,
                    "filled": True,
                    "color": "#888888",
                },
                "encoding": {"x": {"field": "fell", "type": "quantitative"}, "tooltip": tooltip},
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
    }
