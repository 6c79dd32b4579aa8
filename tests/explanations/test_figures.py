"""What the figures of explanations draw, and the tables behind them."""

from __future__ import annotations

import pytest

from malt_core.explanations import figures
from malt_core.storage.typed_json import plain, typed
from malt_core.types import NamedClass
from tests.explanations.records import CAT, DOG, TRACE, classes, distances, ranks


def test_every_class_is_a_point_and_known_by_its_index() -> None:
    record = classes([0.01 * (12 - i) for i in range(12)] + [None])
    figure = figures.classes_figure(record)
    points = {
        custom[0]: place
        for trace in figure.data
        for custom, *place in zip(trace.customdata, trace.x, trace.y, strict=True)
    }
    assert set(points) == set(range(1, 13))
    assert points[12] == [12, pytest.approx(0.01 * 255)]
    by_name = {trace.name: [custom[0] for custom in trace.customdata] for trace in figure.data}
    assert sorted(by_name["MALT's first 9"]) == [10, 11, 12]
    assert sorted(by_name["the 9 likeliest"]) == [1, 2, 3]
    assert len(by_name["among the first 9 of both"]) == 6
    assert typed(type(record), plain(record), "") == record
    assert len(figures.classes_rows(record)) == 13


def test_what_was_not_reached_stands_above_all() -> None:
    record = distances([(0.01, 0.011, True), (0.02, 0.02, False), (0.03, None, False)])
    figure = figures.distances_figure(record)
    by_name = {trace.name: trace for trace in figure.data}
    assert by_name["the network answers it there"].y[0] == pytest.approx(0.011 * 255)
    assert by_name["not reached"].x[0] == pytest.approx(0.03 * 255)
    assert by_name["not reached"].y[0] > max(by_name["as predicted"].y)
    assert typed(type(record), plain(record), "") == record
    assert figures.distances_rows(record)[2]["reached"] is None


def test_bars_are_shares_of_what_each_order_fooled() -> None:
    record = ranks([(1, 1), (1, 7), (3, 0), (0, 0)])
    malt, naive = figures.ranks_figure(record).data
    assert list(malt.text) == ["2", "0", "1", "0"]
    assert list(malt.y) == pytest.approx([200 / 3, 0, 100 / 3, 0])
    assert list(naive.y) == [50, 0, 0, 50]
    assert list(malt.x) == ["1", "2", "3", "4 to 9"]
    assert typed(type(record), plain(record), "") == record
    rows = figures.ranks_rows(record)
    assert (rows[2]["malt_place"], rows[2]["confidence_place"]) == (3, None)
    figures.ranks_figure(ranks([]))


def test_all_logits_are_drawn() -> None:
    third = NamedClass(index=3, name="bird")
    figure = figures.logits_figure(TRACE, CAT, DOG, third, 10)
    curves = {(trace.name, trace.yaxis): list(trace.y) for trace in figure.data}
    assert curves[("dog", "y")] == [0, 1, 2, 3]
    assert curves[("bird", "y2")] == [0, 1, 2, 3]
    assert curves[("all other classes", "y")] == [1.0] * 4 + [None], "but for the three that have a name"
    rows = figures.logits_rows(TRACE, DOG, third, ["cat", "dog", "fish", "bird"])
    assert len(rows) == 8
    assert rows[1]["3 bird"] == 0
    assert rows[1]["aimed_at"] == "bird"
    figures.logits_figure([], CAT, DOG, third, 10)
