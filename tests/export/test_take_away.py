"""Each file of a figure, opened again: what it says is what the figure says."""

from __future__ import annotations

import csv
import io
import json
import math
import xml.etree.ElementTree as ET

import plotly.graph_objects as go
import pytest
from PIL import Image

from malt_core.export.take_away import KINDS, Taken, html, json_bytes, of_figure, png, svg

TITLE, ABOUT = "Drift < 1 & more", "tiny-imagenet/robust, ε = 4/255, 60 images."
ROWS = [{"x": 1.0, "y": 0.1 + 0.2, "name": "<b>a</b>"}, {"x": math.inf, "y": None, "name": "b"}]


def taken() -> Taken:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[0.25, 4], name="costs $5, or $x^2$", mode="lines+markers"))
    figure.update_layout(showlegend=True)
    return of_figure(figure, name="malt-drift", title=TITLE, rows=ROWS, about=ABOUT, alt="A line that rises")


@pytest.mark.parametrize(
    ("look", "size", "corner"),
    [
        ("light", (1200, 675), (255, 255, 255)),
        ("dark", (1200, 675), (18, 21, 28)),
        ("square", (1200, 1200), (255, 255, 255)),
    ],
)
def test_a_picture_has_the_size_and_the_colours_of_its_look(look, size, corner):
    picture = Image.open(io.BytesIO(png(taken(), look))).convert("RGB")
    assert (picture.size, picture.getpixel((0, 0))) == (size, corner)
    assert picture.entropy() > 0.1


def test_a_drawing_has_its_words_as_text_and_is_the_same_each_time():
    drawing = svg(taken())
    said = {
        "".join(text.itertext()) for text in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")
    }
    assert TITLE in said
    assert "costs $5, or $x^2$" in said
    assert any(ABOUT in text for text in said)
    assert drawing == svg(taken())


def test_a_page_is_one_small_file_without_scripts_that_follows_its_readers_colours():
    page = html(taken()).decode()
    assert len(page) < 60_000
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/", "")
    assert 'role="img" aria-label="Drift &lt; 1 &amp; more. A line that rises tiny-imagenet/robust' in page
    assert "<td>&lt;b&gt;a&lt;/b&gt;</td>" in page
    assert "currentColor" in page
    assert "#010203" not in page


def test_the_numbers_keep_their_digits_as_csv_and_as_json():
    (first, second) = csv.DictReader(io.StringIO(KINDS["csv"].make(taken()).decode()))
    assert float(first["y"]) == 0.1 + 0.2
    assert second["y"] == ""
    record = json.loads(json_bytes(taken()))
    assert (record["kind"], record["version"], record["about"]) == ("malt-figure", 1, ABOUT)
    assert record["columns"] == ["x", "y", "name"]
    assert record["rows"] == [
        {"x": 1.0, "y": 0.1 + 0.2, "name": "<b>a</b>"},
        {"x": None, "y": None, "name": "b"},
    ]


def test_the_figure_itself_stays_as_it_was():
    figure = go.Figure(go.Scatter(x=[1], y=[1]))
    before = figure.to_json()
    png(of_figure(figure, name="x", title="x", rows=[]))
    assert figure.to_json() == before
