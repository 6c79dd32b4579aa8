"""The engine in JavaScript against the library: the same attack, step by step, and the same words."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from malt_core.attack_run import near_miss, story, way, words
from malt_core.attack_run.likeness import likeness
from malt_core.attack_run.record import record_of
from malt_core.attacks.malt.single import attack
from malt_core.attacks.types import AttackConfig, Finished, Step
from malt_core.images.resize import resize
from malt_core.linearity import words as line_words
from malt_core.linearity.measurement import measure_linearity
from malt_core.numerics import norms
from malt_core.numerics.random import row_generator
from malt_core.portable.site import BROWSER
from malt_core.storage.typed_json import plain
from tests.helpers.analytic import SHAPE, sample
from tests.helpers.example_run import example_run

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None, reason="node is not installed: the browser tests run the engine."
)
K, HIDDEN, N = 8, 12, 192


def asked(**questions: Any) -> dict[str, Any]:
    """Return what the engine answers."""
    script = Path(__file__).with_name("engine.mjs")
    done = subprocess.run(
        [NODE, script, BROWSER], input=json.dumps(questions), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def tanh_network(seed: int = 3) -> tuple[nn.Module, dict[str, Any]]:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Flatten(), nn.Linear(N, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, K))
    with torch.no_grad():
        network[3].weight.mul_(6)
    named = {"A": network[1].weight, "a": network[1].bias, "B": network[3].weight, "b": network[3].bias}
    return network.eval(), {name: tensor.tolist() for name, tensor in named.items()}


def both(
    norm: str, eps: float, faithful: bool, n_iter: int = 20
) -> tuple[torch.Tensor, list[Step], list, Any, dict]:
    """Attack one image with the library and with the engine."""
    network, numbers = tanh_network()
    x = torch.rand(SHAPE, generator=torch.Generator().manual_seed(9)).mul(255).round() / 255
    config = AttackConfig(norm=norm, eps=eps, n_targets=5, n_candidates=7, n_iter=n_iter, faithful=faithful)
    points: list[torch.Tensor] = []
    events = list(attack(network, sample(x), config, look=points.append))
    starts = {
        t: norms.random_start(x[None], norm, eps, [row_generator(0, 0, t)]).flatten().tolist()
        for t in range(K)
    }
    settings = {
        "norm": norm, "eps": eps, "targets": 5, "candidates": 7, "steps": n_iter,
        "budget": "published" if faithful else "malt", "seed": 0,
    }  # fmt: skip
    question = {"network": numbers, "image": x.flatten().tolist(), "settings": settings, "starts": starts}
    found = asked(attack=question)["attack"]
    return x, [e for e in events if isinstance(e, Step)], points, events[-1], found


@pytest.mark.parametrize("faithful", [True, False])
@pytest.mark.parametrize(("norm", "eps"), [("linf", 2 / 255), ("linf", 40 / 255), ("l2", 0.3), ("l2", 3.0)])
def test_it_takes_the_librarys_steps(norm: str, eps: float, faithful: bool) -> None:
    _, steps, points, last, found = both(norm, eps, faithful)
    assert isinstance(last, Finished)
    result = last.result
    assert [t["index"] for t in found["ranking"]] == [t.index for t in result.ranking]
    ours = [t["distance"] for t in found["ranking"]]
    assert ours == pytest.approx([t.predicted_distance for t in result.ranking], rel=1e-4)
    assert found["success"] == result.success
    # Where a try ends the attack, ours waits until the saved picture is wrong by 0.1, the library's not.
    slack = 2e-5 if norm == "linf" else 1e-3  # float32 adds up along the gradient, not along its sign
    shared = min(len(steps), len(found["points"]))
    assert shared >= len(steps) - 1
    for step, point, seen in zip(steps[:shared], points, found["points"], strict=False):
        assert (seen["target"], seen["step"], seen["round"]) == (step.target, step.step, step.round)
        assert np.abs(np.array(seen["x"]) - point.flatten().numpy()).max() < slack
        assert seen["margin"] == pytest.approx(step.true_margin, abs=10 * slack)
        assert seen["linear"] == pytest.approx(step.linear_margin, abs=10 * slack)
    if not result.success:
        assert len(steps) == len(found["points"])
        assert found["stepsTotal"] == result.steps_total
        assert found["marginLeft"] == pytest.approx(result.margin_left, abs=1e-3)
    elif norm == "linf" and found["survivesPng"]:
        whole = np.array(found["x"]) * 255
        assert np.abs(whole - whole.round()).max() < 1e-3


def test_the_way_is_measured_as_the_library_does() -> None:
    x, _, _, _, found = both("linf", 40 / 255, False)
    network, _ = tanh_network()
    line = found["way"]
    y = int(network(x[None]).argmax())
    other = torch.tensor(found["x"]).view(SHAPE)
    report = measure_linearity(network, x, other, y, line["target"], t=tuple(line["t"]))
    assert line["truth"] == pytest.approx(report.true_margin, abs=1e-4)
    assert line["line"] == pytest.approx(report.linear_margin, abs=1e-4)
    for ours, theirs in (
        ("r2", "r2"), ("deviation", "max_deviation"), ("r2ToCrossing", "r2_to_crossing"),
        ("deviationToCrossing", "max_deviation_to_crossing"), ("trueCrossing", "true_crossing"),
        ("predictedCrossing", "predicted_crossing"),
    ):  # fmt: skip
        expected = getattr(report, theirs)
        assert line[ours] == (expected and pytest.approx(expected, rel=1e-3, abs=1e-4))
    crossing = line["trueCrossing"]
    assert sum(t <= 2 * crossing + 1e-9 for t in line["t"]) >= 16


def test_pictures_are_rounded_resized_and_compared_as_the_library_does() -> None:
    draw = torch.Generator().manual_seed(2)
    x0 = torch.rand((1, 3, 16, 16), generator=draw).mul(255).round() / 255
    x = (x0 + 0.05 * torch.rand((1, 3, 16, 16), generator=draw)).clamp(0, 1)
    flat = {"x": x.flatten().tolist(), "x0": x0.flatten().tolist()}
    pixels = np.random.default_rng(1).integers(0, 256, (50, 77, 3), dtype=np.uint8)
    rgba = np.dstack([pixels, np.full((50, 77), 255, np.uint8)])
    to = {"width": 24, "height": 24}
    found = asked(
        rounded={**flat, "norm": "linf", "eps": 3.4 / 255},
        alike={"a": flat["x0"], "b": flat["x"], "height": 16, "width": 16},
        resized={"data": rgba.flatten().tolist(), "width": 77, "height": 50, "to": to},
        start={"x0": flat["x0"], "norm": "linf", "eps": 0.03, "seeds": ["0/1", "0/1", "0/2"]},
    )
    expected = norms.eight_bit_image(x, x0, "linf", 3.4 / 255).flatten().numpy()
    assert np.abs(np.array(found["rounded"]) - expected).max() < 1e-6
    assert found["alike"] == pytest.approx(likeness(x0[0], x[0]).ssim, abs=1e-5)
    pillow = np.array(resize(Image.fromarray(pixels), (24, 24), crop="centre", name="x")).astype(int)
    ours = np.array(found["resized"]).reshape(24, 24, 4)[..., :3]
    assert np.abs(ours - pillow).max() <= 1
    first, again, other = (np.array(start) for start in found["start"])
    assert (first == again).all()
    assert (first != other).any()
    change = (first - x0.flatten().numpy())[(x0.flatten() > 0.05) & (x0.flatten() < 0.95)]
    assert np.abs(change).max() <= 0.03 + 1e-6
    assert abs(change.mean()) < 0.004
    assert np.abs(change).mean() == pytest.approx(0.015, rel=0.1)


def test_results_are_told_in_the_same_words() -> None:
    run = example_run()
    record = record_of(run)
    line = record.linearity
    lost = replace(record, success=False, margin_left=0.41, survives_png=False)
    records = [
        record,
        replace(record, survives_png=False),
        replace(record, steps=0, norm="l2", eps=0.5),
        replace(record, clean_label=replace(record.clean_label, confidence=0.11)),
        lost,
        replace(lost, margin_left=0.999, eps=1e-4),
        replace(lost, norm="l2", eps=0.5),
        replace(record, ssim=None, largest_change=8 / 255),
        replace(record, linearity=replace(line, max_deviation=0.2, max_deviation_to_crossing=0.05)),
        replace(record, linearity=replace(line, max_deviation=None, r2=-3.0, true_crossing=None)),
        replace(record, linearity=replace(line, true_crossing=None, predicted_crossing=None)),
    ]
    truths = [None, [], [record.label.index], [record.adversarial_label.index]]
    pairs = [(one, truth) for one in records for truth in truths]
    found = asked(records=[{"record": plain(one), "truth": truth} for one, truth in pairs])["words"]
    for (one, truth), ours in zip(pairs, found, strict=True):
        known = None if truth is None else frozenset(truth)
        assert ours["headline"] == story.headline(one, known)
        near = near_miss.near_sentence(one)
        expected = " ".join(filter(None, (story.told(one, known), near)))
        if one.survives_png or not one.success:  # the browser's caution about rounding is its own
            assert ours["told"] == expected
        assert ours["visibility"] == words.visibility(one)
        miss = near_miss.near_miss(one)
        expected_eps = miss.next_eps.value if miss and miss.next_eps else None
        assert ours["next"] == (None if expected_eps is None else pytest.approx(expected_eps))
        changed = _as_report(run, one)
        assert ours["straightness"] == line_words.straightness(changed.linearity)
        assert ours["measured"] == line_words.measured(changed.linearity)
        assert ours["crossings"] == way.crossings(changed)


def _as_report(run: Any, record: Any) -> Any:
    """Return the run with the linearity of a record."""
    line = record.linearity
    report = replace(
        run.linearity,
        max_deviation=float("inf") if line.max_deviation is None else line.max_deviation,
        max_deviation_to_crossing=line.max_deviation_to_crossing,
        r2=line.r2,
        true_crossing=line.true_crossing,
        predicted_crossing=line.predicted_crossing,
    )
    return replace(run, linearity=report, result=replace(run.result, success=record.success))
