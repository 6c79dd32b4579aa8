"""What matplotlib draws is what the Plotly figure says: places, colours, names, axes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.colors import to_rgba
from plotly.subplots import make_subplots

from malt_core.errors import BadConfig
from malt_core.figure_style import INK, PALETTE
from malt_core.printing.from_plotly import printed
from malt_core.printing.look import DARK, LIGHT
from malt_core.printing.saving import png_bytes


def drawn(figure: go.Figure, look=LIGHT):
    """Return the axes, after everything has been laid out."""
    made = printed(figure, title="Title", caption="Caption.", look=look)
    png_bytes(made)
    return made.axes


def test_a_curve_is_where_it_was_with_its_gaps_its_colour_and_its_name():
    figure = go.Figure(
        go.Scatter(x=[1, 2, 4], y=[3, None, 5], name="true", line={"color": PALETTE[1], "dash": "dash"})
    )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="ε (n/255)", type="log", range=[0, 1])
    (axes,) = drawn(figure)
    line = axes.lines[0]
    assert np.array_equal(line.get_xydata(), [[1, 3], [2, np.nan], [4, 5]], equal_nan=True)
    assert (to_rgba(line.get_color()), line.get_linestyle()) == (to_rgba(PALETTE[1]), "--")
    assert axes.get_xlabel() == "ε (n/255)"
    assert (axes.get_xscale(), axes.get_xlim()) == ("log", (1, 10))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["true"]


def test_lines_in_the_colour_of_words_are_visible_on_dark_paper():
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], line={"color": INK}))
    (axes,) = drawn(figure, DARK)
    assert to_rgba(axes.lines[0].get_color()) == to_rgba(DARK.theme.ink)


def test_groups_of_bars_stand_beside_each_other_at_their_names():
    figure = go.Figure()
    figure.add_bar(x=["a", "b"], y=[1, 2], name="first")
    figure.add_bar(x=["a", "b"], y=[3, 4], name="second")
    (axes,) = drawn(figure)
    assert [bar.get_height() for bar in axes.patches] == [1, 2, 3, 4]
    first, _, second, _ = (bar.get_x() + bar.get_width() / 2 for bar in axes.patches)
    assert (first + second) / 2 == pytest.approx(0)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b"]


def test_axes_that_go_together_have_one_range_and_their_titles():
    figure = make_subplots(2, 1, shared_xaxes=True, subplot_titles=("above", "below"))
    figure.add_scatter(x=[0, 1], y=[0, 1], row=1, col=1)
    figure.add_scatter(x=[0, 9], y=[0, 1], row=2, col=1)
    figure.add_vline(x=5)
    above, below = drawn(figure)
    assert above.get_xlim() == below.get_xlim()
    assert (above.get_title(loc="left"), below.get_title(loc="left")) == ("above", "below")
    assert above.get_position().y0 > below.get_position().y1
    assert [axes.lines[-1].get_xdata()[0] for axes in (above, below)] == [5, 5]


def test_cells_have_the_colours_of_the_scale_and_none_where_nothing_is_known():
    scale = [[0, "rgba(255,0,0,0)"], [1, "rgba(255,0,0,0.5)"]]
    figure = go.Figure(go.Heatmap(z=[[0, 1], [0.5, None]], zmin=0, zmax=1, colorscale=scale))
    (axes,) = drawn(figure)
    assert [cell.get_facecolor()[3] for cell in axes.patches] == [0, 0.5, 0.25, 0]


def test_a_kind_that_no_figure_has_is_refused():
    with pytest.raises(BadConfig, match="pie"):
        printed(go.Figure(go.Pie(values=[1])), title="", caption="")
