"""A figure's files, opened again."""

from __future__ import annotations

import csv
import io
import re

import plotly.graph_objects as go

from malt_core.export.figures import config, csv_text, figure_html


def test_the_page_is_whole_says_its_words_and_asks_no_network():
    figure = go.Figure(go.Scatter(x=[1, 2], y=[0.25, 4], name="drift"))
    page = figure_html(figure, name="malt-drift", title="Drift < 1 & more", caption="Say <b>nothing</b>.")
    assert "<h1>Drift &lt; 1 &amp; more</h1>" in page
    assert "<p>Say &lt;b&gt;nothing&lt;/b&gt;.</p>" in page
    assert '"y":[0.25,4]' in page
    assert '"filename": "malt-drift"' in page
    assert len(page) > 1_000_000  # Plotly is inside
    assert not re.search(r"<(?:script|link|img)[^>]*(?:src|href)=", page)


def test_the_figure_itself_stays_as_it_was():
    figure = go.Figure(go.Scatter(x=[1], y=[1]))
    before = figure.to_json()
    figure_html(figure, name="x", title="x")
    assert figure.to_json() == before


def test_a_table_keeps_every_digit_and_leaves_out_what_is_not_known():
    rows = [{"t": 0.1 + 0.2, "kind": 'a "b", c'}, {"t": None, "more": 2}]
    read = list(csv.DictReader(io.StringIO(csv_text(rows))))
    assert float(read[0]["t"]) == 0.1 + 0.2
    assert read[0]["kind"] == 'a "b", c'
    assert read[1] == {"t": "", "kind": "", "more": "2"}


def test_the_only_button_saves_a_png():
    assert config("name")["modeBarButtons"] == [["toImage"]]
