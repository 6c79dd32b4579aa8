"""run.json: what it says of a run, that it reads as before, and that it comes back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from malt_core import AttackConfig, Model, load_model
from malt_core.attack_run.record import read_record, record_from_bytes, record_of, record_to_json
from malt_core.attack_run.run import attack_and_measure
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import RankedTarget, TargetDone
from malt_core.errors import BadConfig
from malt_core.images.resize import to_sample
from malt_core.images.sources import open_source, source_credit
from tests.helpers.example_run import already_wrong, example_run

STORED = Path(__file__).with_name("records")
"""What `attack` wrote before its record had types; seconds are set to 0."""
RUNS = {
    "fooled": ("flower", 4, None),
    "closest_try": ("espresso", 2, None),
    "already_wrong": ("espresso", 2, 1),
}
"""The photo, eps in 1/255 and the label of each."""


@cache
def network() -> Model:
    return load_model("tiny-imagenet/robust")


def real_run(photo: str, steps: float, label: int | None) -> AttackRun:
    model, source = network(), f"gallery:{photo}"
    about = {"name": photo, "label": label, "credit": source_credit(source)}
    sample = to_sample(open_source(source, "centre"), model.info.size, crop="centre", **about)
    config = AttackConfig(eps=steps / 255, n_iter=6, n_targets=2, n_candidates=4)
    *_, run = attack_and_measure(model, sample, config, crop="centre", source=source)
    return run


def without_digits(value: object) -> object:
    """The same with every number that is not whole replaced: computers differ in the last digits."""
    if isinstance(value, dict):
        return {name: without_digits(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_digits(inner) for inner in value]
    return "a number" if isinstance(value, float) else value


def numbers(value: object) -> list[float]:
    """All numbers that are not whole, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for inner in value for number in numbers(inner)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_written_as_ever(name):
    """The same names in the same order, and the same values."""
    stored = json.loads((STORED / f"{name}.json").read_text("utf-8"))
    written = record_to_json(replace(record_of(real_run(*RUNS[name])), seconds=0.0))
    for content in (stored, written):
        content["versions"] = list(content["versions"])
    younger = ("survives", "format_version", "refused")
    assert [written.pop(name) for name in younger] == [None, 1, False]
    assert json.dumps(without_digits(written)) == json.dumps(without_digits(stored))
    assert numbers(written) == pytest.approx(numbers(stored), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("name", RUNS)
def test_what_was_written_before_comes_back_to_the_letter(name):
    file = STORED / f"{name}.json"
    assert json.dumps(record_to_json(read_record(file)), indent=2) + "\n" == file.read_text("utf-8")


@pytest.mark.parametrize("run", [example_run(), already_wrong(), example_run(name="caf\udce9.png")])
def test_a_record_comes_back(run, tmp_path):
    record = record_of(run)
    (tmp_path / "run.json").write_text(json.dumps(record_to_json(record)), "utf-8")
    assert read_record(tmp_path) == record


def test_files_that_are_no_record(tmp_path):
    with pytest.raises(BadConfig, match=r"There is no .*run\.json: `malt attack` writes"):
        read_record(tmp_path)
    (tmp_path / "run.json").mkdir()
    with pytest.raises(BadConfig, match=r"There is no .*run\.json.run\.json"):
        read_record(tmp_path / "run.json")
    with pytest.raises(BadConfig, match=r"^mine\.json cannot be read: it is not JSON"):
        record_from_bytes(b"", "mine.json")
    with pytest.raises(BadConfig, match=r"^mine\.json has no model\.$"):
        record_from_bytes(b"{}", "mine.json")
    content = record_to_json(record_of(example_run()))
    content["ranking"][0]["rank"] = "first"
    with pytest.raises(
        BadConfig, match=r"^In mine\.json, ranking\[0\]\.rank should be a whole number, not text"
    ):
        record_from_bytes(json.dumps(content).encode(), "mine.json")


def test_the_record_is_json_and_says_what_happened():
    run = example_run()
    record = record_to_json(record_of(run))
    result, names = run.result, run.model.classes
    assert record["model"] == "tests/tiny"
    assert record["label"] == {"index": result.label, "name": names[result.label]}
    assert record["adversarial_label"]["index"] == result.adversarial_index
    assert record["adversarial_label"]["confidence"] == result.adversarial_confidence
    assert record["linearity"]["t"] == list(run.linearity.t)
    assert record["linearity"]["true_margin"] == list(run.linearity.true_margin)
    assert record["linearity"]["target"]["index"] == run.linearity.target
    assert record["image"] == {
        "name": "holiday.png",
        "source": "holiday.png",
        "crop": "centre",
        "credit": "",
        "sha256": "0" * 64,
        "height": 8,
        "width": 8,
    }
    assert {"malt_lab", "python", "torch", "robustbench"} <= record["versions"].keys()


def test_what_is_undefined_becomes_null():
    run = example_run()
    flat = RankedTarget(
        index=5, rank=2, confidence_rank=1, margin=1.0, gradient_norm=math.nan, predicted_distance=math.inf
    )
    run = replace(
        run,
        result=replace(run.result, ranking=(*run.result.ranking, flat)),
        linearity=replace(
            run.linearity, max_deviation=math.inf, predicted_crossing=None, true_crossing=None, r2=-math.inf
        ),
    )
    record = record_to_json(record_of(run))
    assert record["ranking"][1]["predicted_distance"] is None
    assert record["ranking"][1]["gradient_norm"] is None
    for name in ("r2", "max_deviation", "predicted_crossing", "true_crossing"):
        assert record["linearity"][name] is None


def test_tried_and_succeeded_come_from_the_attempts():
    run = example_run()
    ranking = tuple(
        RankedTarget(index=i, rank=r, confidence_rank=r, margin=1, gradient_norm=1, predicted_distance=1)
        for r, i in enumerate((4, 7, 2), start=1)
    )
    attempts = (
        TargetDone(target=4, order=1, round=1, steps=10, fooled=False, reached=False),
        TargetDone(target=7, order=2, round=2, steps=3, fooled=True, reached=True),
        TargetDone(target=4, order=1, round=3, steps=30, fooled=True, reached=False),
    )
    result = replace(run.result, ranking=ranking, attempts=attempts, n_targets=2)
    record = record_of(replace(run, result=result))
    outcome = {row.index: (row.tried, row.succeeded, row.reached) for row in record.ranking}
    assert outcome == {4: (True, True, False), 7: (True, True, True), 2: (False, False, False)}


def test_an_image_that_was_wrong_from_the_start_has_no_target_and_no_path():
    record = record_to_json(record_of(already_wrong()))
    assert (record["success"], record["already_misclassified"]) == (False, True)
    assert (record["target"], record["linearity"], record["ranking"]) == (None, None, [])


if __name__ == "__main__":  # after new weights: python -m tests.attack_run.test_record
    for run in RUNS:
        content = record_to_json(replace(record_of(real_run(*RUNS[run])), seconds=0.0))
        (STORED / f"{run}.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")
