"""A figure with its downloads."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.helpers.pages import texts


def shown() -> None:
    import plotly.graph_objects as go

    from ui.widgets.figure import show_figure

    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))
    show_figure(figure, key="some_drift", alt="A line", title="Drift", rows=[{"x": 1}], caption="Words.")


def test_below_a_figure_stand_its_words_and_its_files():
    app = AppTest.from_function(shown, default_timeout=20).run()
    assert not app.exception
    (chart,) = app.get("plotly_chart")
    assert chart.proto.alt == "A line"
    assert texts(app).strip() == "Words."
    assert [button.proto.label for button in app.get("download_button")] == ["HTML", "CSV"]
