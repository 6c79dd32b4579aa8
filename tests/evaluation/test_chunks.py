"""One chunk: what is decoded, what is attacked, and who has the last word."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from malt_core.attacks import autoattack
from malt_core.datasets.base import Record
from malt_core.evaluation.chunks import evaluate_chunk, readable_images
from malt_core.evaluation.types import ATTACKS, Chunk
from malt_core.harness import verdict
from tests.helpers.analytic import classes, smooth_cnn
from tests.helpers.evaluations import CONFIG, Pictures

SIZE = (8, 8)
APGD_CE = {"attack": "apgd-ce", "n_targets": 9, "faithful": False}
# AutoAttack is quick where its first attack fools all.
ALL = {"n_targets": 9, "n_iter": 100, "faithful": False, "eps": 24 / 255, "batch_size": 14}
SETTINGS = {"apgd-ce": APGD_CE, "apgd-t": {"faithful": False}, "autoattack": ALL}


def chunk(data: Pictures, model=None, *, first: int = 0, last: int = 14, **settings: object):
    """The images from first to last as one chunk, and the model that it was evaluated with."""
    model = model or smooth_cnn()
    job = Chunk(3, tuple(data.records(range(first, last))))
    return evaluate_chunk(model, SIZE, job, replace(CONFIG, **settings)), model


@pytest.fixture
def seen(monkeypatch) -> list:
    """What attacks hand back: (original, adversarial) batches, as the judge gets them."""
    batches, original = [], verdict.inside

    def spy(adversarial, x, norm, eps):
        batches.append((x, adversarial))
        return original(adversarial, x, norm, eps)

    monkeypatch.setattr(verdict, "inside", spy)
    return batches


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_outcome_is_what_the_model_itself_says(seen, attack):
    data = Pictures()
    settings = SETTINGS.get(attack, {})
    result, model = chunk(data, **{"attack": attack} | settings)
    ((x, adversarial),) = seen
    torch.testing.assert_close(x, data.x, rtol=0, atol=0)
    before, after = classes(model, x).tolist(), classes(model, adversarial).tolist()
    outcomes = [
        "wrong" if b != y else "fooled" if a != y else "robust"
        for y, b, a in zip(data.labels, before, after, strict=True)
    ]
    assert set(outcomes) == {"wrong", "fooled"} | (set() if attack == "autoattack" else {"robust"})
    assert [image.outcome for image in result.images] == outcomes
    assert [image.clean for image in result.images] == before
    for image, a in zip(result.images, after, strict=True):
        assert image.adversarial == (a if image.outcome == "fooled" else None)
        assert (image.name, image.label) == (f"image {image.index}", data.labels[image.index])
    assert [image.index for image in result.images] == list(range(14))
    assert (result.number, result.corrupt) == (3, ())
    assert (adversarial - x).abs().max() <= settings.get("eps", CONFIG.eps) + 1e-6
    wrong = torch.tensor([outcome == "wrong" for outcome in outcomes])
    assert torch.equal(adversarial[wrong], x[wrong])


@pytest.mark.parametrize("attack", ["malt", "naive"])
def test_our_attacks_tell_targets_ranks_and_passes(attack):
    result, _ = chunk(Pictures(), attack=attack)
    for image in result.images:
        if image.outcome == "fooled":
            assert image.target != image.label
            assert 1 <= image.confidence_rank <= 11
            assert (image.malt_rank is None) == (attack == "naive")
        else:
            assert (image.target, image.malt_rank, image.confidence_rank) == (None, None, None)
        assert image.n_forward >= 3
        assert (image.n_backward > 0) == (image.outcome != "wrong")
    assert sum(image.n_forward for image in result.images) == result.n_forward
    assert sum(image.n_backward for image in result.images) == result.n_backward


def test_other_attacks_are_counted_as_a_whole():
    result, _ = chunk(Pictures(), **APGD_CE)
    right = sum(image.outcome != "wrong" for image in result.images)
    assert {(image.n_forward, image.n_backward, image.target) for image in result.images} == {
        (None, None, None)
    }
    # Two verdicts on all, and at most one pass a step on those that are attacked.
    assert 28 + right < result.n_forward <= 28 + right * (CONFIG.n_iter + 2)
    assert right <= result.n_backward <= right * (CONFIG.n_iter + 1)


class Suspicious(torch.nn.Module):
    """Calls every image class 0, unless it is one that it knows."""

    def __init__(self, known: torch.Tensor) -> None:
        super().__init__()
        self.network, self.known = smooth_cnn(), known

    def forward(self, x):
        same = (x[:, None] == self.known[None]).flatten(2).all(2).any(1)
        return torch.where(same[:, None], self.network(x), torch.eye(12)[0])


def outcomes_of(monkeypatch, move) -> list[str]:
    """What becomes of images that are moved so; each has a black corner."""
    data = Pictures()
    data.x[:, :, 0, 0] = 0
    monkeypatch.setattr(autoattack, "apgd_ce", lambda model, x, y, **_: move(x))
    result, _ = chunk(data, Suspicious(data.x), **APGD_CE)
    right = classes(smooth_cnn(), data.x) == torch.tensor(data.labels)
    return [image.outcome for image, attacked in zip(result.images, right, strict=True) if attacked]


def darker_corner(x: torch.Tensor) -> torch.Tensor:
    """Within the ball, but darker than black."""
    x = x.clone()
    x[:, :, 0, 0] -= 1 / 255
    return x


@pytest.mark.parametrize(
    "cheat", [lambda x: (x + 4 / 255).clamp(0, 1), lambda x: torch.full_like(x, torch.nan), darker_corner]
)
def test_an_image_that_breaks_the_rules_fools_nobody(monkeypatch, cheat):
    assert set(outcomes_of(monkeypatch, cheat)) == {"robust"}


@pytest.mark.parametrize(
    "move",
    [
        lambda x: torch.where(x < 0.5, x + CONFIG.eps, x - CONFIG.eps),
        lambda x: (x - 1 / 255).clamp(0, 1),
    ],
)
def test_an_image_on_the_edge_of_the_ball_counts(monkeypatch, move):
    assert set(outcomes_of(monkeypatch, move)) == {"fooled"}


def test_the_attacks_own_word_counts_for_nothing(monkeypatch):
    monkeypatch.setattr(autoattack, "apgd_ce", lambda model, x, y, **_: x)
    result, _ = chunk(Pictures(), **APGD_CE)
    assert {image.outcome for image in result.images} == {"wrong", "robust"}


def test_pictures_that_cannot_be_read_are_named_and_left_out():
    data = Pictures(corrupt=(1, 6))
    result, _ = chunk(data)
    whole, _ = chunk(Pictures())
    assert [(image.index, image.name) for image in result.corrupt] == [(1, "image 1"), (6, "image 6")]
    assert result.corrupt[0].reason.startswith("image 1 is no picture, whatever its name.")
    assert [image.index for image in result.images] == [i for i in range(14) if i not in (1, 6)]
    clean = {image.index: image.clean for image in whole.images}
    assert {image.index: image.clean for image in result.images} == {
        i: clean[i] for i in clean if i not in (1, 6)
    }


def test_a_record_with_a_problem_is_named():
    job = Chunk(0, (Record(5, "cat/a.png", 0, None, "cat/a.png cannot be read: No such file or directory."),))
    result = evaluate_chunk(smooth_cnn(), SIZE, job, CONFIG)
    assert (result.images, result.n_forward, result.n_backward) == ((), 0, 0)
    assert result.corrupt[0].reason == "cat/a.png cannot be read: No such file or directory."


def test_files_are_decoded_and_brought_to_size():
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    exact = io.BytesIO()
    Image.fromarray(pixels[:8, :8]).save(exact, "PNG")
    records = [
        Record(0, "a", 0, buffer.getvalue()),
        Record(1, "b", 0, b""),
        Record(2, "c", 0, exact.getvalue()),
    ]
    large, same = readable_images(records, SIZE)
    assert large.shape == same.shape == (3, 8, 8)
    assert torch.equal((same * 255).round().byte().permute(1, 2, 0), torch.from_numpy(pixels[:8, :8].copy()))
    assert abs(float(large.mean()) - pixels[:, 4:20].mean() / 255) < 0.02


def test_random_starts_depend_on_the_place_in_the_data_set(seen):
    """So a data set in chunks gives what the whole would, but for looks at some of what is left."""
    whole, _ = chunk(Pictures())
    parts = [chunk(Pictures(), first=first, last=last)[0] for first, last in ((0, 4), (4, 8), (8, 14))]
    alike = [replace(image, n_forward=0, n_backward=0) for part in parts for image in part.images]
    assert alike == [replace(image, n_forward=0, n_backward=0) for image in whole.images]
    adversarial = [batch for _, batch in seen]
    torch.testing.assert_close(torch.cat(adversarial[1:]), adversarial[0], rtol=0, atol=1e-6)
