"""The drawings of a run by answers alone hold its numbers."""

from __future__ import annotations

from dataclasses import replace

from malt_core.answers.figures import curves_figure, curves_rows
from malt_core.answers.first_figure import curves_html
from malt_core.answers.marks import curve, reached
from malt_core.answers.record import AnswersRecord, record_of
from malt_core.answers.types import AnswersConfig, Began, Heard
from malt_core.models.catalogue import model_info
from tests.answers.test_words import end, record


def some() -> AnswersRecord:
    return record(
        Heard(method="square", queries=1, value=3.0),
        Heard(method="square", queries=80, value=-0.5),
        Heard(method="evolution", queries=9, value=0.5),
        Heard(method="evolution", queries=417, value=6 / 255),
        end("evolution", within=417, distance=6 / 255),
    )


def test_curves_are_margins_in_logits_and_distances_as_people_count() -> None:
    found = some()
    assert curve(found.of("square"), "linf") == ([1, 80], [3.0, -0.5])
    assert curve(found.of("evolution"), "linf") == ([9, 417, 900], [127.5, 6.0, 6.0])
    assert reached(found.of("evolution"), "linf") == (417, 6.0)
    assert reached(found.of("square"), "linf") is None
    assert [(row["method"], row["queries"]) for row in curves_rows(found)] == [
        ("square", 1), ("square", 80), ("evolution", 9), ("evolution", 417),
    ]  # fmt: skip


def test_both_figures_have_malts_passes_and_leave_them_out_where_it_could_not_be_run() -> None:
    found = some()
    assert "MALT: 40 passes" in curves_html(found)
    assert "MALT: 40 passes" in [trace.name for trace in curves_figure(found).data]
    without = replace(found, malt=replace(found.malt, reason="No gradient."))
    assert "MALT" not in curves_html(without)
    assert not any("MALT" in trace.name for trace in curves_figure(without).data)


def test_a_run_that_has_only_begun_can_be_drawn() -> None:
    began = Began(label=5, confidence=0.9, margin=4.0)
    found = record_of([began], model_info("tiny-imagenet/standard"), "cat", AnswersConfig())
    assert found is not None
    assert curves_html(found).count("<svg role") == 2
    assert curves_figure(found)
