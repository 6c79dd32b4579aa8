"""What the figures of an experiment hold, and the numbers behind them."""

from __future__ import annotations

import pytest

from malt_core.theory import figures, sweep_figures
from malt_core.theory.gradient_plot import gradient_html
from malt_core.theory.types import DEEP_T, T
from ui.theory.example import stored_deep, stored_experiment

STORED = stored_experiment()


def test_along_a_step_lie_drift_and_output_with_their_spread():
    drift, value = figures.drift_figure(STORED.measured, 2.0), figures.value_figure(STORED.measured, 1.0)
    lines = {trace.name: trace for trace in drift.data if trace.name}
    assert list(lines["down the gradient"].x) == list(T)
    assert lines["down the gradient"].y[0] == 0
    assert "your step" in {annotation.text for annotation in drift.layout.annotations}
    straight = next(trace for trace in value.data if "prediction" in (trace.name or ""))
    assert straight.y[0] == 1
    rows = figures.curve_rows(STORED.measured)
    assert len(rows) == 2 * len(T)
    assert rows[0]["output_median"] == 1


def test_every_point_is_in_the_figures_of_points():
    measured = STORED.measured
    box = figures.gradient_figure(measured)
    assert [len(trace.y) for trace in box.data] == [len(measured.points)] * 2
    html = gradient_html(measured, alt="what it shows")
    assert 'aria-label="what it shows"' in html
    assert "off it (190 dimensions)" in html
    assert len(figures.prediction_figure(measured).data[-1].x) == len(measured.points)
    assert len(figures.point_rows(measured)) == len(measured.points)
    assert len(figures.loss_figure(STORED.training).data[0].x) == len(STORED.training)


def test_sweeps_have_a_bar_for_each_mean():
    points = STORED.swept("scale")
    figure = sweep_figures.sweep_figure(points, [("off", lambda point: point.off)], "length", log=True)
    (trace,) = figure.data
    assert list(trace.x) == sorted({point.value for point in points})
    assert all(bar > 0 for bar in trace.error_y.array)
    length = sweep_figures.length_figure(STORED.swept("dimension"), STORED.swept("toy"))
    assert length.layout.yaxis.type == "log"
    ends = length.data[0]
    assert ends.y[0] / ends.y[1] == pytest.approx((ends.x[1] / ends.x[0]) ** 0.5)


def test_deep_networks_have_a_line_each():
    curve = sweep_figures.DeepCurve(name="one", t=(0, 1), drift=(0, 0.2))
    assert sweep_figures.deep_figure([curve]).data[0].name == "one"
    rows = sweep_figures.deep_rows(stored_deep())
    reached = [record for record in stored_deep() if record.reached is not None]
    assert len(rows) == len(reached) * len(DEEP_T)
