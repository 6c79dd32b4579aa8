"""A finished run without its tensors: what a page draws, and that it survives being stored."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from malt_core.attack_run import pictures, way
from malt_core.attack_run.player import payload
from malt_core.attack_run.record import record_of
from malt_core.attacks.types import Step
from malt_core.errors import BadConfig
from malt_core.export.commands import attack_command
from malt_core.export.snapshot import snapshot_from_json, snapshot_of, snapshot_to_json
from tests.helpers.example_run import already_wrong, example_run


def step(target: int) -> Step:
    return Step(
        target=target,
        order=1,
        round=1,
        step=0,
        most=10,
        true_margin=1.5,
        linear_margin=1.25,
        best_margin=-0.5,
    )


def traced():
    """A run that tried the classes 5 and 2."""
    run = example_run()
    return replace(run, result=replace(run.result, trace=(step(5), step(5), step(2))))


def test_it_says_what_the_run_says():
    run = traced()
    snapshot = snapshot_of(run)
    assert snapshot.way_sentence == way.way_sentence(run)
    assert snapshot.record == record_of(run)
    assert snapshot.player == payload(run)
    assert snapshot.trace == run.result.trace
    assert (snapshot.name, snapshot.robust) == ("holiday.png", False)
    assert snapshot.command == attack_command(run)
    assert snapshot.adversarial_png == pictures.adversarial_png(run)
    original = np.asarray(Image.open(io.BytesIO(snapshot.original_png)))
    np.testing.assert_array_equal(original, np.rint(run.sample.x.numpy().transpose(1, 2, 0) * 255))


def test_the_attacked_classes_have_names():
    run = traced()
    expected = {index: f"class {index}" for index in (2, 5, run.result.label)}
    assert snapshot_of(run).names == expected


def test_where_nothing_was_attacked_there_is_nothing_to_play():
    snapshot = snapshot_of(already_wrong())
    assert (snapshot.player, snapshot.way_sentence, snapshot.trace) == (None, "", ())
    assert snapshot.names == {0: "class 0", 3: "class 3"}


@pytest.mark.parametrize("run", [traced(), already_wrong(), example_run(name="caf\udce9.png")])
def test_it_comes_back_from_json(run):
    snapshot = snapshot_of(run)
    text = json.dumps(snapshot_to_json(snapshot), allow_nan=False)
    assert snapshot_from_json(json.loads(text), "it") == snapshot


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"trace": [{"target": 3}]}, "In it, trace[0] has no order."),
        ({"original_png": "?"}, "In it, original_png cannot be read: Invalid base64 encoded string."),
        ({"names": {"cat": "cat"}}, "In it, a name in names should be a whole number, not text."),
        ({"player": []}, "In it, player should be an object or null, not a list."),
    ],
)
def test_other_content_is_refused(change, says):
    content = snapshot_to_json(snapshot_of(traced())) | change
    with pytest.raises(BadConfig) as refusal:
        snapshot_from_json(content, "it")
    assert str(refusal.value) == says
