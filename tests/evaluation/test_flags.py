"""What flags and second opinions become in a chunk, in a report, and in its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from malt_core.attacks import second_opinion
from malt_core.evaluation.chunks import evaluate_chunk
from malt_core.evaluation.report import report_from_json, report_of, report_to_json
from malt_core.evaluation.types import Chunk, ChunkResult
from malt_core.trust import soundness
from malt_core.trust.flags import flag, zero_gradient
from malt_core.trust.opinion import SecondOpinion
from tests.helpers.analytic import InSteps, smooth_cnn
from tests.helpers.evaluations import CONFIG, Pictures
from tests.helpers.reports import report

EPS = 12 / 255


@pytest.fixture(autouse=True)
def few_queries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(second_opinion, "QUERIES", 40)
    return


def chunk(**settings: object) -> ChunkResult:
    """Images 4 to 8 of the pictures, seen by a network that hides its gradient."""
    job = Chunk(2, tuple(Pictures().records(range(4, 9))))
    return evaluate_chunk(InSteps(smooth_cnn()), (8, 8), job, replace(CONFIG, eps=EPS, **settings))


def test_a_chunk_names_images_by_their_place_in_the_data_set() -> None:
    found = chunk(check=True)
    opinion = found.second_opinion
    assert opinion.fooled
    assert set(opinion.images) <= set(range(4, 9))
    outcomes = {image.index: image for image in found.images}
    for index in opinion.fooled:
        assert outcomes[index].outcome == "fooled"
        assert outcomes[index].target is None
    first = found.flags[0]
    assert (first.code, first.images) == ("black-box-wins", opinion.fooled)
    assert sum(image.n_forward for image in found.images) == found.n_forward


@pytest.mark.parametrize("attack", ["apgd-ce", "malt"])
def test_what_the_trial_of_the_network_finds_is_told_of_every_attack(
    attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = soundness.try_out
    seen = flag("randomised", "It answers otherwise.")
    monkeypatch.setattr(soundness, "try_out", lambda *given: replace(tried(*given), flags=(seen,)))
    settings = {"n_targets": 9, "faithful": False} if attack == "apgd-ce" else {}
    found = chunk(attack=attack, **settings)
    assert seen in found.flags
    assert (found.second_opinion is not None) == (attack == "malt"), "where a flag is raised, one is asked"


def part(number: int, opinion: SecondOpinion | None, *flags) -> ChunkResult:
    images = report("rrrr").images[2 * number : 2 * number + 2]
    return ChunkResult(
        number=number,
        images=images,
        corrupt=(),
        n_forward=5,
        n_backward=4,
        seconds=1.0,
        flags=flags,
        second_opinion=opinion,
    )


def test_a_report_has_each_flag_once_whoever_was_first() -> None:
    asked = {"queries": 40, "unbounded_failed": (), "n_forward": 9, "n_backward": 1, "seconds": 0.5}
    chunks = [
        part(0, None, zero_gradient((0, 1), 3, 4)),
        part(1, SecondOpinion(images=(2, 3), fooled=(3,), **asked), zero_gradient((2,), 1, 4)),
    ]
    plan = report("rrrr").plan
    found, other = report_of(plan, chunks), report_of(plan, chunks[::-1])
    assert found.flags == other.flags, "workers may come in any order"
    wins, zero = found.flags
    assert (wins.code, wins.images) == ("black-box-wins", (3,))
    assert "fooled 1 of 2 images" in wins.message
    assert zero.images == (0, 1, 2)
    assert zero.message.startswith("The gradient of the margin was zero 3 of 4 times.")
    assert "first of 2 such parts" in zero.message
    assert found.flagged(2)
    content = report_to_json(found)
    assert report_from_json(content, "report.json") == found
    for name in ("flags", "second_opinion"):
        del content[name]
    del content["settings"]["check"]
    old = report_from_json(content, "report.json")
    assert (old.flags, old.second_opinion, old.plan.config.check) == ((), None, False)
