"""The ImageNet network that teaches, by soft labels or as a tutor: read, fitted, stored, learnt."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from malt_core.errors import BadConfig
from malt_core.models.architectures import SmallResNet
from malt_core.models.efficientnet_lite import EfficientNetLite
from training import soft_labels, tutor
from training.data import ClassName, Images
from training.recipes import RECIPES, batch_loss, logits


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny steps, which threads would only wait for each other in."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def teacher() -> EfficientNetLite:
    torch.manual_seed(0)
    return EfficientNetLite(0)


def images(count: int) -> Images:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 64, 64, 3), dtype=torch.uint8, generator=generator)
    return Images(pixels, torch.arange(count) % 3, tuple(ClassName(n, None) for n in "abc"), "noise")


def test_made_written_and_read(teacher: EfficientNetLite, tmp_path: Path) -> None:
    made = soft_labels.make(teacher, images(15), 32, 2, torch.device("cpu"))
    assert made.logits.shape == (15, 3)
    assert "at 32 px" in made.about
    soft_labels.write(made, tmp_path / "soft.npz")
    read = soft_labels.read(tmp_path / "soft.npz", 15, 3)
    assert torch.equal(read.logits, made.logits)
    assert read.about == made.about
    assert torch.allclose(read.probabilities(torch.tensor([4, 2])).sum(1), torch.ones(2))
    with pytest.raises(BadConfig, match="15 images and 3 classes"):
        soft_labels.read(tmp_path / "soft.npz", 16, 3)
    (tmp_path / "soft.npz").write_bytes(b"no archive")
    with pytest.raises(BadConfig, match="no file of soft labels"):
        soft_labels.read(tmp_path / "soft.npz", 15, 3)


def test_no_soft_label_comes_from_a_layer_that_saw_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soft_labels, "FOLDS", 2)  # thousands of tiny steps each
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1000, 60, generator=generator)
    chance = torch.randint(0, 4, (1000,), generator=generator)
    logits = soft_labels.cross_fitted(x, chance, 4)
    assert (logits.argmax(1) == chance).float().mean() < 0.35  # nothing can be learnt: chance is 0.25
    real = x[:, :4].argmax(1)
    logits = soft_labels.cross_fitted(x, real, 4)
    assert (logits.argmax(1) == real).float().mean() > 0.5


def test_a_batch_is_compared_with_the_mixture() -> None:
    torch.manual_seed(0)
    net = SmallResNet(5, widths=(8, 16), depth=1).eval()
    x, y, soft = torch.rand(6, 3, 16, 16), torch.arange(6) % 5, torch.rand(6, 5).softmax(1)
    recipe = replace(RECIPES["standard"], label_smoothing=0.0)
    got = batch_loss(recipe, net, None, x, y, soft, 0.5, torch.Generator())
    target = recipe.soft * soft + (1 - recipe.soft) * F.one_hot(y, 5)
    hard = batch_loss(replace(recipe, cutmix=1.0), net, None, x, y, None, 0.5, torch.Generator())
    assert hard.isfinite()
    assert got.item() == pytest.approx(
        -(target * logits(net, x).log_softmax(1)).sum(1).mean().item(), rel=1e-5
    )


def test_a_tutor_is_trained_written_and_read(teacher: EfficientNetLite, tmp_path: Path) -> None:
    seen = images(12)
    net = tutor.fine_tune(teacher, seen, 32, 2)
    start = teacher._conv_stem.weight
    assert not torch.equal(net.lite0._conv_stem.weight, start)  # the whole of it learns
    made = tutor.Taught(net, "A tutor")
    tutor.write(made, tmp_path / "tutor.safetensors")
    read = tutor.read(tmp_path / "tutor.safetensors", 3)
    x = torch.rand(2, 3, 48, 48)
    assert read.about == "A tutor"
    assert torch.allclose(read.probabilities(x), made.probabilities(x), atol=0.02)  # float16
    assert torch.allclose(read.probabilities(x).sum(1), torch.ones(2), atol=1e-5)
    with pytest.raises(BadConfig, match="knows 3 classes; the data has 4"):
        tutor.read(tmp_path / "tutor.safetensors", 4)
    (tmp_path / "tutor.safetensors").write_bytes(b"no weights")
    with pytest.raises(BadConfig, match="no tutor"):
        tutor.read(tmp_path / "tutor.safetensors", 3)


def test_a_tutor_is_asked_about_the_batch_as_it_is_mixed() -> None:
    torch.manual_seed(0)
    net = SmallResNet(5, widths=(8, 16), depth=1).eval()
    x, y = torch.rand(6, 3, 16, 16), torch.arange(6) % 5
    shown = []

    def says(batch: torch.Tensor) -> torch.Tensor:
        shown.append(batch)
        return torch.full((6, 5), 0.2)

    recipe = replace(RECIPES["standard"], label_smoothing=0.0, soft=1.0, cutmix=1.0)
    got = batch_loss(recipe, net, None, x, y, None, 0.5, torch.Generator().manual_seed(1), says)
    assert not torch.equal(shown[0], x)
    expected = -(0.2 * logits(net, shown[0]).log_softmax(1)).sum(1).mean()
    assert got.item() == pytest.approx(expected.item(), rel=1e-5)
