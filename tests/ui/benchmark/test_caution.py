"""What the Benchmark page says where a report has flags."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from malt_core.trust.flags import of_opinion, zero_gradient
from malt_core.trust.opinion import SecondOpinion
from tests.helpers.pages import texts
from tests.helpers.reports import report
from tests.ui.benchmark.test_page import hand_in, open_page, rows
from ui.benchmark import store


@pytest.fixture(autouse=True)
def no_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "examples", lambda: ())


def test_flags_stand_beside_conclusion_and_figures() -> None:
    opinion = SecondOpinion(
        queries=500, images=(1, 2), fooled=(1,), unbounded_failed=(), n_forward=9, n_backward=2, seconds=1.0
    )
    flags = (*of_opinion(opinion), zero_gradient((2, 3), 5, 9))
    flagged = replace(report("wfrr"), flags=flags, second_opinion=opinion)
    app = hand_in(open_page(), flagged=flagged, plain=report("wffr", "apgd-ce"))
    assert "There are flags: what is left need not be robust." in app.subheader[0].value
    (box,) = (re.sub(r"\\(.)", r"\1", one.value) for one in app.warning)
    assert "MALT: A second opinion, without gradients (Square, 500 queries at most)" in box
    assert box.index("fooled 1 of 2 images") < box.index("zero 5 of 9 times"), "who fooled more is said first"
    assert "(Images: 2 of 4.)" in box
    flags_of = {row["report"]: row["flags"] for row in rows(app, "flags")}
    assert flags_of == {"MALT": "black-box-wins, zero-gradient", "APGD-CE": "none"}
    fates = {row["image"]: row["MALT"] for row in rows(app, "MALT")}
    assert fates["image 2"] == "withstood, but flagged"
    assert "withstood, but flagged" not in texts(app)
