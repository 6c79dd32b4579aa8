"""A figure, and the place where it is taken away."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.helpers.pages import texts


def shown() -> None:
    import plotly.graph_objects as go

    from ui.widgets.figure import offer_table, show_figure
    from ui.widgets.take_away import Record, growing, taking_away

    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))
    how = {"alt": "A line", "title": "Drift", "about": "Of one image.", "rows": [{"x": 1}]}
    with growing(), taking_away():
        show_figure(figure, key="still_growing", **how)
    with taking_away([Record("Record", "all.json", lambda: "{}")]):
        show_figure(figure, key="some_drift", caption="Words.", **how)
        offer_table("some_table", "drift", [{"x": 1}], "Of one image.")


FIGURE = ["Picture (PNG)", "Drawing (SVG)", "Page (HTML)", "Table (CSV)", "Table (JSON)", "Record"]


def labels(app: AppTest) -> list[str]:
    return [button.proto.label for button in app.get("download_button")]


def test_all_figures_and_tables_of_a_block_are_taken_away_in_one_place():
    app = AppTest.from_function(shown, default_timeout=20).run()
    assert not app.exception
    assert [chart.proto.alt for chart in app.get("plotly_chart")] == ["A line", "A line"]
    assert texts(app).count("Take it away") == 1
    assert labels(app) == FIGURE
    (which,) = app.selectbox
    assert which.options == ["Drift", "Table: drift"]
    which.select("malt-some-table").run()
    assert labels(app) == FIGURE[3:]
