"""The words about straightness, and the figures, are true of the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from malt_core.explanations import straightness_figures as figures
from malt_core.explanations import straightness_words as words
from malt_core.explanations.plane_figure import plane_figure, plane_rows
from malt_core.explanations.straightness_summary import margins, summary
from malt_core.explanations.straightness_types import DriftOfImage, Straightness
from malt_core.linearity.scale_names import MESOSCOPIC
from malt_core.linearity.types import DriftPoint, Scale
from tests.helpers.straight import NAMES, found

TITLES = {"a": "Anna", "b": "Bert", "test/small": "Small"}


def scale(reach: float, *, end: float, linear_end: float, switches: int | None = None) -> Scale:
    """A margin that falls from 2 to `end` and is predicted to fall to `linear_end`, both evenly."""
    s = tuple(reach * i / 4 for i in range(5))
    true, linear = (tuple(2 + (v - 2) * i / 4 for i in range(5)) for v in (end, linear_end))
    off = abs(end - linear_end) / abs(linear_end - 2)
    return Scale(
        reach=reach, s=s, true=true, linear=linear, deviation=off, clipped=0.25, switches=switches,
        curvature=0.02, rounding=0.001,
    )  # fmt: skip


def made(model: str, *scales: Scale, **more: object) -> Straightness:
    return Straightness(
        model=model, norm="linf", eps=4 / 255, label=0, target=1, likeliest=2, success=True, scales=scales,
        planes={}, **more,
    )  # fmt: skip


BENT = made("a", scale(1.0, end=-1.0, linear_end=-2.0), scale(30.0, end=-1.0, linear_end=-60.0))
STRAIGHT = made("b", scale(1.0, end=1.02, linear_end=1.0), scale(30.0, end=-28.0, linear_end=-29.0))


def test_the_crossing_is_told_in_epsilon_and_in_steps() -> None:
    said = words.crossing(BENT, NAMES)
    assert said.startswith(
        "“class 1” overtakes “class 0” at 0.67 ε (2.67/255); the line says at 0.5 ε (2/255)."
    )
    # At 0.5, the last place before the crossing, truth is 0.5 and the line 0, of a lead of 2.
    assert "off by 25% of the lead" in said


def test_a_crossing_beyond_epsilon_is_found_at_the_farther_scale() -> None:
    known = summary(STRAIGHT)
    assert known.true == pytest.approx(2, rel=0.1)
    assert "does not" not in words.crossing(STRAIGHT, NAMES)


def test_no_crossing_is_said_so() -> None:
    never = made("a", scale(1.0, end=1.5, linear_end=1.4))
    assert "does not overtake “class 0” up to 1 ε, and the line does not say so" in words.crossing(
        never, NAMES
    )


def test_the_headline_tells_near_and_far() -> None:
    assert words.headline(STRAIGHT) == (
        "Up to ε = 4/255 the margin is almost straight: the line is off by 2.0% of the change that it "
        "predicts. Up to 30 ε it is almost straight: off by 3.2% of the change that it predicts."
    )
    assert "is bent: off by 95%" in words.headline(BENT)
    assert words.headline(made("a")) == ""


def test_networks_are_compared_up_to_the_crossing_and_beyond() -> None:
    said = words.comparison([BENT, STRAIGHT], TITLES)
    assert "Up to ε Bert is the straightest" in said
    assert "Anna is the least straight: 95%" in said
    assert words.comparison([BENT], TITLES) == ""


def test_pieces_or_curvature_are_told() -> None:
    assert "at least 1,234" in words.counted(scale(1.0, end=0, linear_end=0, switches=1234), "linf")
    assert "no unit switched" in words.counted(scale(1.0, end=0, linear_end=0, switches=0), "linf")
    smooth = scale(1.0, end=0, linear_end=0)
    assert words.counted(smooth, "linf") == "Curvature: per 1/255 the slope changes by 2.0% of the first one."
    assert "below 0.5 per 1 of length" in words.counted(replace(smooth, rounding=0.5), "l2")
    assert "25% of the colour values" in words.cut_off(smooth)


def test_gradients_that_are_not_aligned_are_warned_of() -> None:
    points = (DriftPoint(length=1.0, drift=0.4, cosine=0.9, random_drift=0.1, random_cosine=0.99),)
    fine = made("a", drift=(DriftOfImage(name="x", points=points, alignment=0.9),))
    said = words.drift_sentence(fine)
    assert "40% of its length" in said
    assert "by 10%" in said
    assert "artefact" not in said
    low = made("a", drift=(DriftOfImage(name="x", points=points, alignment=0.1),))
    assert "artefact" in words.drift_sentence(low)
    assert words.drift_sentence(made("a")) == ""


def test_places_of_all_scales_are_in_order_and_once() -> None:
    places = [point[0] for point in margins(found())]
    assert places == sorted(set(places))


def test_figures_show_the_numbers() -> None:
    last = found()
    meso = last.scale(MESOSCOPIC)
    line, true = figures.scale_figure(meso).data
    assert (tuple(line.y), tuple(true.y)) == (meso.linear, meso.true)
    rows = figures.logits_figure(last.logits, NAMES).data
    assert len(rows) == 2 * len(last.logits.classes)
    assert tuple(rows[1].y) == last.logits.true[1]
    drift = figures.drift_figure(last.drift).data
    values = [one.points[-1].drift for one in last.drift]
    assert drift[2].y[-1] == pytest.approx(sum(values) / len(values))
    assert (drift[0].y[-1], drift[1].y[-1]) == (min(values), max(values))
    plane = next(iter(last.planes.values()))
    heat, boundary, predicted, ball, way = plane_figure(plane.axes, plane.grid, NAMES).data
    assert heat.text[20][20] == NAMES[last.label]
    assert boundary.z[20][20] == predicted.z[20][20] == pytest.approx(last.scales[0].true[0], abs=1e-5)
    assert len(ball.x) == len(plane.axes.ball) + 1
    assert len(way.x) == len(plane.axes.way) + 1


def test_tables_have_every_number() -> None:
    last = found()
    assert len(figures.scale_rows(last.scales)) == sum(len(scale.s) for scale in last.scales)
    assert len(plane_rows(next(iter(last.planes.values())).grid, NAMES)) == 41 * 41
    assert len(figures.drift_rows(last.drift)) == 16
    row = words.rows([last], TITLES)[0]
    assert row["off up to ε"] == last.scale(1.0).deviation
    assert len(figures.beside_figure([last, last], TITLES, 1.0).data) == 4
    assert {r["network"] for r in figures.beside_rows([last], TITLES)} == {"Small"}
