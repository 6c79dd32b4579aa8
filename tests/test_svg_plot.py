"""The plot without a library: everything stands where its numbers say."""

from __future__ import annotations

import pytest

from malt_core.svg_plot import SYMBOLS, Axis, Bars, Marks, bars_plot, plot, rows_plot
from tests.helpers.svg import drawn

X = Axis(title="steps", low=0, high=10, ticks=(0, 5, 10))
Y = Axis(title="margin", low=-1, high=3, ticks=(-1, 0, 3))


def test_points_curves_and_intervals_stand_where_their_numbers_say():
    marks = Marks(x=[0, 5, 10], y=[3, 0, -1], colour="#123456", curve=True, y_intervals=[None, (-1, 1), None])
    figure = drawn(plot(X, Y, [marks], height=200, alt="It falls"))
    assert figure.alt == "It falls"
    assert figure.symbols == [(0, 0, "#123456"), (50, 150, "#123456"), (100, 200, "#123456")]
    assert figure.intervals == [(50, 50, 200, 100)]
    assert figure.curves == [[(0, 0), (50, 150), (100, 200)]]
    assert figure.words == ["0", "5", "10", "steps", "\N{MINUS SIGN}1", "0", "3", "margin"]


def test_a_curve_without_symbols():
    figure = drawn(plot(X, Y, [Marks(x=[0, 1], y=[0, 1], colour="red", symbol="", curve=True)], alt=""))
    assert (len(figure.curves), figure.symbols) == (1, [])


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_names_are_never_markup(symbol: str):
    hostile = '<img src=x onerror="alert(1)">&'
    marks = Marks(x=[1], y=[0], colour="red", symbol=symbol, tips=[hostile])
    html = rows_plot([hostile], X, [marks], alt=hostile)
    assert "<img" not in html
    figure = drawn(html)
    assert figure.alt == hostile
    assert hostile in figure.words


def test_bars_are_as_long_as_their_values_and_the_legend_names_them():
    axis = Axis(title="share", low=0, high=100, ticks=(0, 100))
    bars = [
        Bars(name="first <", values=[50, 0], colour="#111", intervals=[(40, 60), None]),
        Bars(name="second", values=[25, 100], colour="#222", tips=["a", "b"]),
    ]
    drawn = bars_plot(["one", "two"], axis, bars, alt="bars")
    assert drawn.count("<rect") == 4
    for width in ("50.000%", "0.000%", "25.000%", "100.000%"):
        assert f'width="{width}"' in drawn
    assert "first &lt;" in drawn
    assert drawn.count('class="mf-interval"') == 3
    assert "<title>b</title>" in drawn
