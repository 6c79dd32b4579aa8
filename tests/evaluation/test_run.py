"""A whole data set: the plan, the events, going on after an interruption."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from malt_core.errors import BadConfig
from malt_core.evaluation import plan as plan_module
from malt_core.evaluation.chunks import evaluate_chunk
from malt_core.evaluation.folder import EvaluationFolder
from malt_core.evaluation.plan import make_plan
from malt_core.evaluation.run import evaluate, in_process
from malt_core.evaluation.types import Chunks, EvaluationConfig, Progress
from malt_core.models.loaders import Model
from tests.helpers.evaluations import CONFIG, INFO, Pictures, load, numbers, plan, result


def test_events_count_up_and_end_with_the_report():
    data = Pictures(corrupt=(5,))
    whole = plan(data)
    *events, report = evaluate(whole, data, in_process(load(), whole))
    assert [event.done for event in events] == [0, 4, 8, 12, 14]
    assert {event.total for event in events} == {14}
    last = events[-1].counts
    assert {name: last[name] for name in ("corrupt", "wrong", "fooled", "robust", "invalid", "refused")} == {
        name: count for name, count in report.counts.items() if name != "read"
    }
    assert report.complete
    assert report.counts == {
        "read": 13,
        "corrupt": 1,
        "wrong": 3,
        "fooled": 5,
        "robust": 5,
        "invalid": 0,
        "refused": 0,
    }
    assert [image.index for image in report.images] == [i for i in range(14) if i != 5]


def test_chunks_change_nothing_but_the_cut():
    data = Pictures()
    reports = []
    for chunk in (3, 4, 14, 100):
        whole = plan(data, chunk=chunk, batch_size=14)
        reports.append(result(evaluate(whole, data, in_process(load(), whole))))
        assert whole.config.chunk == chunk
    # How many images are looked at again, and so the passes, depends on how many of a chunk are left.
    found = [[replace(image, n_forward=0, n_backward=0) for image in report.images] for report in reports]
    assert all(images == found[0] for images in found)


def test_the_model_is_left_as_it_was():
    model, data = load().train(), Pictures(4)
    whole = plan(data)
    result(evaluate(whole, data, in_process(model, whole)))
    assert all(part.training for part in model.modules())


def test_an_interrupted_run_goes_on_and_ends_with_the_same_report(tmp_path):
    data = Pictures(corrupt=(5,))
    whole = plan(data)
    expected = numbers(result(evaluate(whole, data, in_process(load(), whole))))
    folder = EvaluationFolder(tmp_path)
    folder.begin(whole)
    events = evaluate(whole, data, in_process(load(), whole), folder)
    assert [next(events).done for _ in range(3)] == [0, 4, 8]
    events.close()

    asked: list[int] = []

    def run(jobs: Chunks):
        asked.extend(jobs.numbers)
        return in_process(load(), whole)(jobs)

    again = EvaluationFolder(tmp_path)
    assert again.plan() == whole
    progress, *_, report = evaluate(again.plan(), data, run, again)
    assert (progress.done, asked) == (8, [2, 3])
    assert numbers(report) == expected


def test_closing_stops_the_work():
    data, closed = Pictures(), []
    whole = plan(data)

    def run(jobs: Chunks):
        try:
            yield from in_process(load(), whole)(jobs)
        finally:
            closed.append(True)

    events = evaluate(whole, data, run)
    next(events), next(events)
    events.close()
    assert closed == [True]


def test_results_in_any_order_give_the_same_report():
    data = Pictures()
    whole = plan(data)

    def backwards(jobs: Chunks):
        for number in reversed(jobs.numbers):
            yield evaluate_chunk(load(), INFO.size, jobs.read(number), whole.config)

    forwards = result(evaluate(whole, data, in_process(load(), whole)))
    assert numbers(result(evaluate(whole, data, backwards))) == numbers(forwards)


def test_a_data_set_without_a_single_picture():
    data = Pictures(6, corrupt=tuple(range(6)))
    whole = plan(data)
    with pytest.raises(
        BadConfig, match=r"None of the 6 images of memory could be read\. The first: image 0 is no"
    ):
        result(evaluate(whole, data, in_process(load(), whole)))


def test_the_plan_names_everything():
    whole = make_plan(load(), Pictures(), CONFIG)
    assert (whole.model, whole.classes, whole.device) == ("tests/tiny", INFO.classes, "cpu")
    assert (whole.data.path, whole.data.name, whole.data.images) == ("memory", "random pictures", 14)
    assert whole.config == replace(CONFIG, chunk=4, eps_text="2.5/255")
    assert {"malt_lab", "torch", "python"} <= whole.versions.keys()


def test_only_the_first_n():
    assert make_plan(load(), Pictures(), CONFIG, n=5).data.images == 5
    assert make_plan(load(), Pictures(), CONFIG, n=500).data.images == 14
    with pytest.raises(BadConfig, match="n must be a whole number from 1"):
        make_plan(load(), Pictures(), CONFIG, n=0)


@pytest.mark.parametrize(("fast", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_precision_is_decided_once_on_the_first_images(monkeypatch, fast, precision):
    measured = []
    monkeypatch.setattr(plan_module, "prefers_bfloat16", lambda model, x, passes: measured.append(x) or fast)
    data = Pictures(corrupt=(1,))
    whole = plan(data, precision="auto")
    assert whole.config.precision == precision
    assert torch.equal(measured[0], data.x[[0, 2, 3]])
    assert len(measured) == 1
    result(evaluate(whole, data, in_process(load(), whole)))
    assert len(measured) == 1


def test_nothing_is_measured_for_attacks_in_float32(monkeypatch):
    monkeypatch.setattr(plan_module, "prefers_bfloat16", lambda *_: pytest.fail("measured"))
    config = EvaluationConfig(attack="apgd-ce", batch_size=4)
    assert make_plan(load(), Pictures(), config).config.precision == "float32"
    nothing = Pictures(4, corrupt=(0, 1, 2, 3))
    assert make_plan(load(), nothing, replace(CONFIG, precision="auto")).config.precision == "float32"


class Wide(torch.nn.Module):
    """Keeps so many bytes an image for its backward pass: those of one product."""

    def __init__(self, kept: int) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(kept // 4))

    def forward(self, x):
        wide = x.flatten(1)[:, :1] + torch.zeros(len(self.scale))
        return wide.sin()[:, :12]


@pytest.mark.parametrize(("kept", "batch"), [(1000, 32), (30_000, 32), (70_000, 8), (900_000, 1)])
def test_the_batch_fits_into_the_memory(monkeypatch, kept, batch):
    monkeypatch.setitem(plan_module.MEMORY, "cpu", 1_000_000)
    config = EvaluationConfig(attack="apgd-ce")
    whole = make_plan(Model(INFO, Wide(kept)), Pictures(), config)
    assert (whole.config.batch_size, whole.config.chunk) == (batch, batch)


def test_a_plan_goes_on_with_what_was_decided_before(monkeypatch):
    data = Pictures()
    monkeypatch.setattr(plan_module, "prefers_bfloat16", lambda *_: True)
    asked = replace(CONFIG, batch_size=None, precision="auto")
    earlier = make_plan(load(), data, asked)
    monkeypatch.setattr(plan_module, "prefers_bfloat16", lambda *_: pytest.fail("measured anew"))
    assert make_plan(load(), data, asked, earlier=earlier) == earlier
    moved = Pictures()
    moved.path = "elsewhere"
    assert make_plan(load(), moved, asked, earlier=earlier) == earlier
    explicit = replace(asked, batch_size=32, precision="bfloat16", eps_text="5/510")
    assert make_plan(load(), data, explicit, earlier=earlier) == earlier


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"eps": 3 / 255}, r"eps \(then 0.0098.*, now 0.0117"),
        ({"attack": "naive"}, r"attack \(then malt, now naive\)"),
        ({"seed": 1, "n_iter": 7}, r"n_iter \(then 6, now 7\); seed \(then 0, now 1\)"),
        ({"batch_size": 5}, r"batch_size \(then 4, now 5\)"),
        ({"precision": "bfloat16"}, r"precision \(then float32, now bfloat16\)"),
    ],
)
def test_other_settings_are_not_gone_on_with(change, says):
    data = Pictures()
    with pytest.raises(BadConfig, match=f"not the evaluation that was begun there; it differs in {says}"):
        make_plan(load(), data, replace(CONFIG, **change), earlier=plan(data))


def test_another_model_or_data_set_is_not_gone_on_with():
    earlier = plan(Pictures())
    with pytest.raises(BadConfig, match=r"number of images \(then 14, now 13\)"):
        make_plan(load(), Pictures(), CONFIG, n=13, earlier=earlier)
    changed = Pictures()
    changed.fingerprint = "4567"
    with pytest.raises(BadConfig, match="the data set: its files are no longer those of memory"):
        make_plan(load(), changed, CONFIG, earlier=earlier)
    other = Model(replace(INFO, id="tests/other"), load().network)
    with pytest.raises(BadConfig, match=r"model \(then tests/tiny, now tests/other\)"):
        make_plan(other, Pictures(), CONFIG, earlier=earlier)
    older = replace(earlier, versions=earlier.versions | {"torch": "1.0"})
    with pytest.raises(BadConfig, match=r"torch \(then 1.0, now"):
        make_plan(load(), Pictures(), CONFIG, earlier=older)
    with pytest.raises(BadConfig, match=r"device \(then cuda, now cpu\)"):
        make_plan(load(), Pictures(), CONFIG, earlier=replace(earlier, device="cuda"))


def test_pictures_that_were_exchanged_are_not_gone_on_with(tmp_path):
    """Issue 20: names, sizes and labels stay, the pictures are others; one report was over two data sets."""
    data = Pictures(corrupt=(5,))
    whole, folder = plan(data), EvaluationFolder(tmp_path)
    folder.begin(whole)
    first = result(evaluate(whole, data, in_process(load(), whole), folder))
    (tmp_path / "chunks" / "000000.json").unlink()
    others = Pictures(corrupt=(5,))
    others.x = 1 - others.x
    with pytest.raises(BadConfig, match=r"image 4 in memory has changed since it was evaluated\. Put back"):
        result(evaluate(whole, others, in_process(load(), whole), folder))
    assert result(evaluate(whole, data, in_process(load(), whole), folder)).images == first.images
    mended = Pictures()
    with pytest.raises(BadConfig, match="image 5 in memory has changed"):
        result(evaluate(whole, mended, in_process(load(), whole), folder))


def test_chunks_that_do_not_say_what_they_are_of_are_evaluated_anew(tmp_path):
    data = Pictures()
    whole, folder = plan(data), EvaluationFolder(tmp_path)
    folder.begin(whole)
    first = result(evaluate(whole, data, in_process(load(), whole), folder))
    for file in (tmp_path / "chunks").glob("0*.json"):
        content = json.loads(file.read_text())
        for image in content["images"]:
            del image["digest"], image["n_forward"]
        file.write_text(json.dumps(content))
    again = result(evaluate(whole, data, in_process(load(), whole), folder))
    assert again.images == first.images


def test_other_weights_under_the_same_name_are_not_gone_on_with():
    """As after a download or an export that took the place of another."""
    earlier, other = plan(Pictures()), load()
    assert make_plan(load(), Pictures(), CONFIG, earlier=earlier) == earlier
    with torch.no_grad():
        next(other.parameters()).flatten()[0] += 1
    with pytest.raises(BadConfig, match=r"differs in weights \(then [0-9a-f]{16}, now [0-9a-f]{16}\)"):
        make_plan(other, Pictures(), CONFIG, earlier=earlier)


def test_another_preprocessing_is_not_gone_on_with():
    earlier = plan(Pictures())
    data = Pictures()
    data.preprocessing = "Res256Crop224"
    with pytest.raises(BadConfig, match=r"preprocessing \(then centre, now Res256Crop224\)"):
        make_plan(load(), data, CONFIG, earlier=earlier)


def test_progress_is_what_pages_may_keep():
    data = Pictures(4)
    whole = plan(data)
    events = list(evaluate(whole, data, in_process(load(), whole)))
    assert events[0] == Progress(done=0, total=4, counts=events[0].counts)
    assert not events[0].counts
