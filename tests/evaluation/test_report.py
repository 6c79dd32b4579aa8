"""The report: put together, written, read back, drawn as a table."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from malt_core.cli.evaluate import table
from malt_core.errors import BadConfig
from malt_core.evaluation.report import read_report, report_from_json, report_of, report_to_json
from malt_core.evaluation.types import ChunkResult, Corrupt, ImageResult
from tests.helpers.evaluations import CONFIG, Pictures, plan


def image(index: int, outcome: str, **told: object) -> ImageResult:
    clean = 1 if outcome != "wrong" else 2
    return ImageResult(index=index, name=f"image {index}", label=1, clean=clean, outcome=outcome, **told)


def chunk(number: int, *images: ImageResult, corrupt: tuple[Corrupt, ...] = ()) -> ChunkResult:
    return ChunkResult(
        number=number, images=images, corrupt=corrupt, n_forward=10, n_backward=7, seconds=1.25
    )


@pytest.fixture(scope="module")
def report():
    """Two chunks that came in the wrong order: five images read, one corrupt."""
    whole = replace(plan(Pictures(6)), config=replace(CONFIG, chunk=3, batch_size=3, eps_text="2.5/255"))
    told = {"n_forward": 5, "n_backward": 4}
    return report_of(
        whole,
        [
            chunk(
                1,
                image(3, "fooled", adversarial=4, target=4, malt_rank=2, confidence_rank=10, **told),
                image(4, "wrong", **told),
                corrupt=(Corrupt(index=5, name="image 5", reason="image 5 is empty."),),
            ),
            chunk(
                0,
                image(0, "robust", **told),
                image(1, "fooled", adversarial=3, target=5, malt_rank=1, confidence_rank=9, **told),
                image(2, "robust", **told),
            ),
        ],
    )


def test_the_numbers(report):
    assert report.counts == {
        "read": 5,
        "corrupt": 1,
        "wrong": 1,
        "fooled": 2,
        "robust": 2,
        "invalid": 0,
        "refused": 0,
    }
    assert (report.clean_accuracy, report.robust_accuracy) == (0.8, 0.4)
    assert [i.index for i in report.images] == [0, 1, 2, 3, 4]
    assert (report.n_forward, report.n_backward, report.seconds, report.complete) == (20, 14, 2.5, True)
    assert not report_of(report.plan, [chunk(1, image(3, "robust"))]).complete


def test_the_file_has_the_documented_format(report):
    content = report_to_json(report)
    assert list(content) == [
        *("format", "format_version", "model", "data", "settings", "clean_accuracy", "robust_accuracy"),
        *("counts", "images", "corrupt", "cost", "versions", "complete"),
        *("flags", "second_opinion"),
    ]
    assert (content["format"], content["format_version"]) == ("malt-lab-report", 1)
    assert content["data"].keys() == {
        *("path", "name", "images", "fingerprint", "preprocessing", "left_out", "classes"),
    }
    assert content["settings"] == {
        "attack": "malt",
        "norm": "linf",
        "eps": 2.5 / 255,
        "eps_text": "2.5/255",
        "n_targets": 3,
        "n_candidates": 100,
        "n_iter": 6,
        "seed": 0,
        "batch_size": 3,
        "chunk": 3,
        "precision": "float32",
        "faithful": True,
        "check": False,
        "eot": 1,
        "device": "cpu",
    }
    assert content["images"][1] == {
        "index": 1,
        "name": "image 1",
        "label": 1,
        "clean": 1,
        "outcome": "fooled",
        "adversarial": 3,
        "target": 5,
        "malt_rank": 1,
        "confidence_rank": 9,
        "n_forward": 5,
        "n_backward": 4,
        "digest": None,
        "refused": False,
    }
    assert content["corrupt"] == [
        {"index": 5, "name": "image 5", "reason": "image 5 is empty.", "digest": None}
    ]
    assert content["cost"] == {"n_forward": 20, "n_backward": 14, "seconds": 2.5}
    assert content["counts"] == report.counts
    json.dumps(content, allow_nan=False)


def test_what_was_written_is_read_back(report, tmp_path):
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report_to_json(report)), encoding="utf-8")
    assert read_report(file) == read_report(tmp_path) == report


def changed(report, *keys: str, to: object) -> dict:
    content = json.loads(json.dumps(report_to_json(report)))
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    return content


@pytest.mark.parametrize(
    ("keys", "to", "says"),
    [
        (["format"], "run", "it is no report of `malt evaluate`."),
        (["format_version"], 2, "it has the format version 2; this MALT Lab reads 1."),
        (["model"], None, "In it, model should be text, not null."),
        (["data"], [], "In it, data should be an object, not a list."),
        (["settings", "attack"], "pgd", "In it, settings.attack should be malt or naive or"),
        (["settings", "eps"], 0, "In it: eps is 0, but"),
        (["images", 2], {"index": 2}, "In it, images[2] has no name."),
        (
            ["images", 2, "outcome"],
            "won",
            "In it, images[2].outcome should be wrong or fooled or robust or invalid, not 'won'.",
        ),
        (
            ["images", 2, "outcome"],
            "fooled",
            "it contradicts itself: its counts are not those of its images.",
        ),
        (["images", 2, "clean"], 9, "it contradicts itself: it calls image 2 robust, and by its classes"),
        (["cost", "seconds"], -1.0, "it contradicts itself: its cost is negative."),
        (["robust_accuracy"], 0.99, "it contradicts itself: its robust_accuracy is not that of its images."),
        (["images"], [], "it contradicts itself: its counts"),
        (["images", 2, "label"], 12, "it contradicts itself: image 2 has a class that is not in its list."),
        (["images", 1, "target"], -1, "it contradicts itself: image 1 has a class that is not in its list."),
        (["cost"], {"n_forward": 1}, "In it, cost has no n_backward."),
        (["cost", "seconds"], float("nan"), "it contradicts itself: its cost is negative."),
        (["clean_accuracy"], float("nan"), "it contradicts itself: its clean_accuracy is not"),
        (["complete"], "yes", "In it, complete should be true or false, not text."),
    ],
)
def test_other_files_are_refused(report, keys, to, says):
    with pytest.raises(BadConfig) as refusal:
        report_from_json(changed(report, *keys, to=to), "it")
    assert str(refusal.value).startswith(says)


@pytest.mark.parametrize("content", [[], None, {}, "report", {"format": None}])
def test_other_json_is_refused(content):
    with pytest.raises(BadConfig, match="it is no report of"):
        report_from_json(content, "it")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(BadConfig, match=r"There is no .*report\.json: `malt evaluate` writes"):
        read_report(tmp_path)
    (tmp_path / "report.json").write_bytes(b"\xff{")
    with pytest.raises(BadConfig, match=r"report\.json is no report: it is not JSON"):
        read_report(tmp_path)


def test_the_table(report):
    lines = [" ".join(line.split()) for line in table(report).splitlines()]
    assert lines == [
        "tests/tiny on random pictures",
        "MALT as published at ε = 2.5/255, seed 0, float32, cpu",
        "",
        "clean accuracy 80.00% 4 of 5",
        "robust accuracy 40.00% 2 of 5",
        "fooled 2",
        "could not be read 1",
        "mean rank of the winning target by MALT score 1.50 over 2 images",
        "mean rank of the winning target by confidence 9.50 over 2 images",
        "winning targets not among the 9 likeliest classes 50.00% 1 of 2",
        "forward passes 20 4 an image",
        "backward passes 14 3 an image",
        "seconds 2.5 0.50 an image",
        "",
        "1 image of random pictures could not be read and count in no figure: image 5 is empty.",
    ]


def test_the_table_says_how_pictures_were_prepared_and_what_is_left_out(report):
    left_out = ("cat/notes\n\x1b[31m.txt is no picture.", "Thumbs.db lies in no class's folder.", *"abc")
    data = replace(report.plan.data, preprocessing="BicubicRes256Crop224", left_out=left_out)
    lines = table(replace(report, plan=replace(report.plan, data=data))).splitlines()
    assert lines[2] == (
        "pictures: BicubicRes256Crop224, the shorter side to 256 pixels (bicubic), then the centre of "
        "224 × 224 pixels"
    )
    assert lines[-1] == (
        "5 files are left out: cat/notes ?[31m.txt is no picture. Thumbs.db lies in no class's folder. a And "
        "2 more."
    )


def test_the_table_of_an_attack_that_tells_less(report):
    less = [replace(i, target=None, malt_rank=None, confidence_rank=None) for i in report.images]
    config = replace(report.plan.config, attack="apgd-ce", n_targets=9, faithful=False, norm="l2", eps=0.5)
    other = replace(report, images=tuple(less), plan=replace(report.plan, config=config), complete=False)
    text = table(other)
    assert "rank" not in text
    assert "likeliest" not in text
    assert text.startswith(
        "tests/tiny on random pictures (so far, of 6 images)\nAPGD-CE at ε = 0.5 (L2), seed 0"
    )


def test_accuracies_are_exact():
    """Not 0.30000000000000004, as a difference would give."""
    whole = plan(Pictures(10), chunk=10)
    images = [image(i, "wrong" if i < 7 else "robust") for i in range(10)]
    report = report_of(whole, [chunk(0, *images)])
    assert (report.clean_accuracy, report.robust_accuracy) == (0.3, 0.3)
