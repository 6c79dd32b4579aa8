"""The figures draw the numbers, whole and in the right place."""

from __future__ import annotations

import pytest

from malt_core.comparison.accuracies import COLOURS, OTHERS, SYMBOLS, Row, accuracies_html
from malt_core.comparison.compare import accuracy, compare_images, eps_curves
from malt_core.comparison.figures import curves_figure, matrix_figure
from malt_core.evaluation.types import ATTACKS
from tests.helpers.reports import CLASSES, report
from tests.helpers.svg import drawn


def test_every_attack_has_a_mark_of_its_own():
    assert COLOURS.keys() == SYMBOLS.keys() == set(ATTACKS)
    assert len(set(COLOURS.values())) == len(set(SYMBOLS.values())) == len(ATTACKS)


def test_accuracies_and_their_intervals():
    found = accuracy(report("wffr"))
    rows = [
        Row(
            name="MALT",
            attack="malt",
            clean=found.clean.value,
            robust=found.robust.value,
            interval=found.robust.interval,
        ),
        Row(name="Published", attack=None, clean=0.9, robust=0.4, interval=None),
    ]
    figure = drawn(accuracies_html(rows, alt="Two rows"))
    assert figure.alt == "Two rows"
    assert figure.symbols == [(75, 33, OTHERS), (90, 79, OTHERS), (25, 33, COLOURS["malt"]), (40, 79, OTHERS)]
    low, high = found.robust.interval
    level, *caps = figure.intervals
    assert level == pytest.approx((100 * low, 100 * high, 33, 33), abs=1e-3)
    assert [cap[0] for cap in caps] == [level[0], level[1]]
    assert [word for word in figure.words if not word.isdigit()] == ["accuracy (%)", "MALT", "Published"]


@pytest.mark.parametrize(("norm", "title"), [("linf", "ε (n/255)"), ("l2", "ε (L2)")])
def test_curves_in_the_unit_that_people_know(norm, title):
    curves = eps_curves([report("rrrr", eps=1.0, norm=norm), report("rrff", eps=3.0, norm=norm)])
    figure = curves_figure(curves, ["MALT"])
    (curve,) = figure.data
    assert list(curve.x) == pytest.approx([0, 1, 3])
    assert list(curve.y) == [100, 100, 50]
    assert figure.layout.xaxis.title.text == title


def test_the_matrix_puts_the_most_often_fooled_first_and_the_wrong_last():
    compared = compare_images([report("wrfr"), report("wffr", "naive")])
    figure = matrix_figure(compared, ["MALT", "Naive"], CLASSES)
    (heat,) = figure.data
    assert [list(row) for row in heat.z] == [[2, 1, 1, 0], [2, 2, 1, 0]]
    assert list(heat.text[0]) == ["image 2: cat", "image 1: cat", "image 3: cat", "image 0: cat"]
    assert list(heat.customdata[0]) == ["fooled: dog", "withstood", "withstood", "wrong without attack"]
