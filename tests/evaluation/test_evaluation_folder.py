"""The folder of an evaluation: whatever interrupts it, what is there is whole."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from malt_core.errors import BadConfig
from malt_core.evaluation.folder import EvaluationFolder
from malt_core.evaluation.report import Report, read_report
from malt_core.evaluation.run import evaluate, in_process
from tests.helpers.evaluations import Pictures, load, plan, result

DATA = Pictures(10, corrupt=(5,))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, Report]:
    """The folder of a finished evaluation of three chunks, and the report."""
    folder = EvaluationFolder(tmp_path_factory.mktemp("evaluation") / "new" / "nested")
    assert not folder.used
    assert folder.plan() is None
    whole = plan(DATA)
    folder.begin(whole)
    return folder.path, result(evaluate(whole, DATA, in_process(load(), whole), folder))


@pytest.fixture
def begun(finished, tmp_path) -> tuple[EvaluationFolder, Report]:
    """A copy of it to do harm to."""
    shutil.copytree(finished[0], tmp_path / "copy")
    return EvaluationFolder(tmp_path / "copy"), finished[1]


def test_everything_comes_back(begun):
    folder, report = begun
    assert folder.used
    assert folder.plan() == report.plan
    chunks = folder.chunks(report.plan)
    assert sorted(chunks) == [0, 1, 2]
    assert sum((chunks[number].images for number in sorted(chunks)), ()) == report.images
    text = folder.write_report(report)
    assert (folder.path / "report.json").read_text() == text
    assert read_report(folder.path) == report
    assert sorted(path.name for path in folder.path.rglob("*.json")) == [
        *("000000.json", "000001.json", "000002.json", "plan.json", "report.json"),
    ]
    assert not list(folder.path.rglob("*.part"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_text(file.read_text()[:-40]),
        lambda file: file.write_text("[]"),
        lambda file: file.write_text((file.parent / "000000.json").read_text()),
        lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"images": []})),
        lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"n_forward": None})),
    ],
)
def test_a_chunk_that_is_not_whole_is_evaluated_anew(begun, damage):
    folder, report = begun
    damage(folder.path / "chunks" / "000001.json")
    assert sorted(folder.chunks(report.plan)) == [0, 2]
    again = result(evaluate(report.plan, DATA, in_process(load(), report.plan), folder))
    assert again.images == report.images
    assert sorted(folder.chunks(report.plan)) == [0, 1, 2]


def test_chunks_of_another_plan_are_not_taken(begun):
    """As two starts in one folder leave them, or a plan that was taken away."""
    folder, report = begun
    config = replace(report.plan.config, eps=report.plan.config.eps * 2)
    assert folder.chunks(replace(report.plan, config=config)) == {}


def test_only_one_of_two_evaluations_begins(begun):
    folder, report = begun
    with pytest.raises(BadConfig, match="Another evaluation has just begun in"):
        folder.begin(report.plan)
    assert folder.plan() == report.plan


def test_other_files_do_no_harm(begun):
    folder, report = begun
    for name in ("000003.json", "notes.json", "000000.json.17.part"):
        (folder.path / "chunks" / name).write_text("{}")
    assert sorted(folder.chunks(report.plan)) == [0, 1, 2]


def test_a_report_alone_is_use(tmp_path):
    (tmp_path / "report.json").write_text("{}")
    assert EvaluationFolder(tmp_path).used
    (tmp_path / "report.json").unlink()
    (tmp_path / "notes.txt").write_text("mine")
    assert not EvaluationFolder(tmp_path).used


def test_a_plan_that_cannot_be_read(begun):
    folder, _ = begun
    (folder.path / "chunks" / "plan.json").write_text("{")
    with pytest.raises(BadConfig, match=r"plan\.json cannot be read: .* Begin anew in another folder\."):
        folder.plan()
    (folder.path / "chunks" / "plan.json").write_text("{}")
    with pytest.raises(BadConfig, match=r"plan\.json has no model\."):
        folder.plan()


def test_names_of_files_that_are_not_utf8_come_back(tmp_path):
    """Python hands their odd bytes on as lone surrogates, and json writes those."""
    folder, whole = EvaluationFolder(tmp_path), plan(DATA)
    whole = replace(whole, data=replace(whole.data, path="caf\udce9", name="caf\udce9"))
    folder.begin(whole)
    assert folder.plan() == whole
    name = "caf\udce9.png"
    report = result(evaluate(whole, DATA, in_process(load(), whole), folder))
    odd = replace(report, images=(replace(report.images[0], name=name), *report.images[1:]))
    folder.write_report(odd)
    assert read_report(tmp_path) == odd


def test_a_disk_that_is_full_leaves_what_was_there(begun, monkeypatch):
    folder, report = begun
    before = folder.write_report(report)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        BadConfig, match=r"Cannot write to .*: No space left on device\. Choose another folder"
    ):
        folder.write_report(report)
    assert (folder.path / "report.json").read_text() == before
    assert not list(Path(folder.path).glob("*.part"))
