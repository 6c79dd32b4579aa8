"""The training program on tiny data: it learns, stops and resumes exactly, writes its card, exports."""

import copy
import csv
import dataclasses
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from malt_core.models.efficientnet_lite import EfficientNetLite
from malt_core.models.providers import bundled
from training import card, checkpoint, export, measure, soft_labels, train, tutor
from training.augment import to_batch
from training.recipes import FURTHER

pytestmark = pytest.mark.slow

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CLASSES = ["blue stripes", "red stripes", "green stripes", "grey stripes"]
COLOURS = np.array([[40, 60, 200], [200, 50, 40], [40, 180, 60], [128, 128, 128]])


def stripes(label: int, rng: np.random.Generator) -> bytes:
    """A PNG of noisy stripes in the colour of the class: easy to learn, not trivial."""
    pixels = np.full((64, 64, 3), COLOURS[label]) + rng.integers(-40, 40, (64, 1, 3))
    pixels = np.clip(pixels + rng.integers(-60, 60, (64, 64, 3)), 0, 255)
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "png")
    return file.getvalue()


def write_parquet(path: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = [i % len(CLASSES) for i in range(count)]
    images = [{"bytes": stripes(label, rng), "path": f"{i}.png"} for i, label in enumerate(labels)]
    pq.write_table(pa.table({"image": images, "label": labels}), path)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stripes")
    write_parquet(folder / "stripes_train-00000-of-00002.parquet", 64, 0)
    write_parquet(folder / "stripes_train-00001-of-00002.parquet", 64, 1)
    write_parquet(folder / "stripes_valid.parquet", 20, 2)
    (folder / "stripes_classes.json").write_text(json.dumps(CLASSES))
    return folder


@pytest.fixture(scope="module", autouse=True)
def one_thread_and_few_attacks():
    before = torch.get_num_threads(), train.WATCHED, train.DRAWS, measure.DRAWS
    torch.set_num_threads(1)
    train.WATCHED, train.DRAWS, measure.DRAWS = 8, 5, 5
    yield
    torch.set_num_threads(before[0])
    _, train.WATCHED, train.DRAWS, measure.DRAWS = before


def arguments(recipe: str, data: Path, out: Path, *more: str) -> list[str]:
    base = f"--recipe {recipe} --epochs 2 --batch-size 16 --workers 2 --device cpu".split()
    return [*base, "--data", str(data), "--out", str(out), "--cache", str(data / "cache"), *more]


def trainer(*args: str) -> train.Trainer:
    return train.prepare(train.parser().parse_args(arguments(*args)))


@pytest.fixture(scope="module")
def standard(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished standard run."""
    out = tmp_path_factory.mktemp("standard")
    assert train.main(arguments("standard", data, out)) == 0
    return out


def test_it_learns_and_writes_metrics_and_card(standard: Path) -> None:
    with (standard / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["loss"]) < float(rows[0]["loss"]) < np.log(len(CLASSES)) + 0.5
    written = card.read(standard / "card.json")
    assert written.clean_accuracy > 0.6  # chance is 0.25
    assert (written.recipe, written.epochs, written.seed) == ("standard", 2, 0)
    assert (written.train_images, written.val_images, written.dataset) == (128, 20, "stripes")
    assert [(a.attack, a.eps, a.images) for a in written.attacked] == [
        ("PGD-10", "1/255", 8),
        ("PGD-10", "4/255", 8),
    ]
    assert f"{written.clean_accuracy:.1%}" in (standard / "card.md").read_text()


def states_equal(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(states_equal(a[k], b[k]) for k in a if k != "seconds")
    if isinstance(a, list):
        return len(a) == len(b) and all(states_equal(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def test_interrupted_and_resumed_equals_uninterrupted(data: Path, standard: Path, tmp_path: Path) -> None:
    trainer("standard", data, tmp_path).train(stop_after=3)  # in the middle of the first epoch
    trainer("standard", data, tmp_path, "--resume").train(stop_after=8)  # in the middle of the second
    half = checkpoint.load(tmp_path / "checkpoint.pt")
    assert half["step"] == 11
    trainer("standard", data, tmp_path, "--resume").train()
    whole, resumed = (checkpoint.load(p / "checkpoint.pt") for p in (standard, tmp_path))
    assert whole["step"] == resumed["step"] == 16
    assert states_equal(whole, resumed)
    assert not states_equal(half["net"], whole["net"])
    before = (tmp_path / "card.json").read_bytes()
    assert train.main(arguments("standard", data, tmp_path, "--resume")) == 0  # nothing left to train
    assert json.loads(before)["clean_accuracy"] == card.read(tmp_path / "card.json").clean_accuracy


@pytest.mark.parametrize("recipe", ["robust", "distilled", "regularised"])
def test_the_defences_build_on_the_standard_model(
    recipe: str, data: Path, standard: Path, tmp_path: Path
) -> None:
    more = ("--epochs", "1", "--limit", "64", "--standard", str(standard / "checkpoint.pt"))
    assert train.main(arguments(recipe, data, tmp_path, *more)) == 0
    state = checkpoint.load(tmp_path / "checkpoint.pt")
    assert state["step"] == 4
    assert all(v.isfinite().all() for v in state["average"].values())
    written = card.read(tmp_path / "card.json")
    assert (written.recipe, written.train_images) == (recipe, 64)
    assert written.builds_on == ("standard, 2 epochs",)


def test_export_and_measure(data: Path, standard: Path, tmp_path: Path) -> None:
    path = standard / "checkpoint.pt"
    assert export.main(["--checkpoint", str(path), "--data", str(data), "--to", str(tmp_path)]) == 0
    weights = tmp_path / "stripes-standard.safetensors"
    assert weights.stat().st_size < 16e6
    names = json.loads((tmp_path / "stripes_classes.json").read_text())
    assert names == [{"name": name, "wnid": None} for name in CLASSES]

    x = to_batch(train.load_images(data, "val", data / "cache").pixels)
    shipped, trained = bundled.read_network(weights)(x), checkpoint.load_average(path)(x)
    assert (shipped - trained).abs().max() < 0.05 * trained.abs().max()  # float16
    assert not torch.equal(shipped, trained)

    more = ["--count", "4", "--eps", "8/255", "--attacks", "malt", "pgd", "--cache", str(data / "cache")]
    assert measure.main(["--weights", str(weights), "--data", str(data), *more]) == 0
    attacked = {(a.attack, a.eps) for a in card.read(weights.with_suffix(".json")).attacked}
    assert {("PGD-10", "8/255"), ("MALT", "8/255"), ("PGD-10", "1/255")} == attacked - {("PGD-10", "4/255")}

    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert measure.main(["--weights", str(weights), "--data", str(data), *more]) == 2


def test_noise_and_photographs_come_onto_the_card(data: Path, standard: Path, tmp_path: Path) -> None:
    out, to = tmp_path / "noise", tmp_path / "to"
    base = ("--epochs", "1", "--limit", "64", "--standard", str(standard / "checkpoint.pt"))
    assert train.main(arguments("noise", data, out, *base)) == 0
    (row,) = [a for a in card.read(out / "card.json").attacked if a.attack.startswith("Gaussian")]
    assert (row.eps, row.images) == ("σ = 0.12", 8)
    with (out / "metrics.csv").open() as file:
        assert 0 <= float(next(csv.DictReader(file))["noise_accuracy"]) <= 1
    assert (
        export.main(["--checkpoint", str(out / "checkpoint.pt"), "--data", str(data), "--to", str(to)]) == 0
    )

    wnids = dataclasses.replace(card.read(to / "stripes-noise.json"), soft_labels="A teacher")
    card.write(wnids, to / "stripes-noise.json")
    (tmp_path / "photos").mkdir()
    names = [{"name": name, "wnid": f"n{i}"} for i, name in enumerate(CLASSES)]
    for i in (1, 2, 7):  # the last is of no class of the data
        rng = np.random.default_rng(i)
        (tmp_path / "photos" / f"n{i}_stripes.png").write_bytes(stripes(i % len(CLASSES), rng))
    with_wnids = tmp_path / "data"
    shutil.copytree(data, with_wnids, ignore=shutil.ignore_patterns("cache"))
    (with_wnids / "stripes_classes.json").write_text(json.dumps(names))
    more = ["--count", "8", "--eps", "8/255", "--attacks", "--photos", str(tmp_path / "photos")]
    more += ["--weights", str(to / "stripes-noise.safetensors"), "--cache", str(tmp_path / "cache")]
    assert measure.main(["--data", str(with_wnids), *more]) == 0
    written = card.read(to / "stripes-noise.json")
    assert written.photos == 2
    text = (to / "stripes-noise.md").read_text(encoding="utf-8")
    assert f"| clean, 2 photographs from elsewhere | | | {written.photos_right} of 2 |" in text
    assert "**Soft labels.** A teacher. Tiny-ImageNet's pictures" in text
    assert "| Gaussian noise, majority of 5 | σ = 0.12 | 8 |" in text


def test_a_run_goes_on_from_a_finished_one_with_soft_labels(
    data: Path, standard: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    soft = soft_labels.SoftLabels(torch.randn(128, 4).half(), "A teacher")
    soft_labels.write(soft, tmp_path / "soft.npz")
    first, second, to = tmp_path / "first", tmp_path / "second", tmp_path / "to"
    more = ("--epochs", "1", "--limit", "64", "--soft-labels", str(tmp_path / "soft.npz"))
    further = ("--further", str(standard / "checkpoint.pt"))
    run = trainer("standard", data, first, *more, *further)
    start = checkpoint.load_average(standard / "checkpoint.pt")
    assert states_equal(run.run.net.state_dict(), start.state_dict())
    run.train()
    written = card.read(first / "card.json")
    assert (written.builds_on, written.soft_labels) == (("standard, 2 epochs",), "A teacher")
    assert (written.settings["soft"], written.settings["label_smoothing"]) == (FURTHER["standard"].soft, 0.0)

    without = (*more[:4], *further)
    assert train.main(arguments("standard", data, first, *without, "--resume")) == 2
    assert "--soft-labels" in capsys.readouterr().err
    assert train.main(arguments("distilled", data, second, *further)) == 2
    assert "no settings to go on with distilled" in capsys.readouterr().err
    assert train.main(arguments("robust", data, second, *further)) == 2
    assert "is a standard model, not a robust one" in capsys.readouterr().err

    path = str(first / "checkpoint.pt")
    assert export.main(["--checkpoint", path, "--data", str(data), "--to", str(to)]) == 0
    shipped = str(to / "stripes-standard.safetensors")
    run = trainer("distilled", data, second, "--standard", shipped)
    assert run.soft is None  # it learns from its teacher alone, but what the teacher learnt is told
    assert run.run.soft_labels == "A teacher"
    assert run.run.lineage == ["standard, 2 epochs", "standard, 1 epochs"]


def test_a_tutor_teaches_a_run(data: Path, standard: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    file, out = tmp_path / "tutor.safetensors", tmp_path / "out"
    tutor.write(tutor.Taught(tutor.Tutor(EfficientNetLite(0), 4, 32).eval(), "A tutor"), file)
    more = ("--epochs", "1", "--limit", "16", "--further", str(standard / "checkpoint.pt"))
    run = trainer("standard", data, out, *more, "--tutor", str(file))
    run.train()
    written = card.read(out / "card.json")
    assert (written.soft_labels, written.settings["label_smoothing"]) == ("A tutor", 0.0)
    assert train.main(arguments("standard", data, out, *more, "--resume")) == 2  # without the tutor


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("recipe", ["standard", "robust", "noise"])
def test_it_trains_on_a_gpu(recipe: str, data: Path, standard: Path, tmp_path: Path) -> None:
    more = ("--device", "cuda", "--workers", "1", "--standard", str(standard / "checkpoint.pt"))
    run = trainer(recipe, data, tmp_path, *more)
    assert run.train_images.pixels.is_cuda
    run.train()
    assert card.read(tmp_path / "card.json").clean_accuracy > 0.5


@pytest.mark.parametrize("file", range(1, 5))
def test_an_export_that_fails_leaves_the_last_one_whole(
    data: Path, standard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: int
) -> None:
    """New weights beside an old card would be called damaged."""
    words = ["--checkpoint", str(standard / "checkpoint.pt"), "--data", str(data), "--to", str(tmp_path)]
    assert export.main(words) == 0
    (tmp_path / "stripes-standard.md").write_text("of the first export")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real, count = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == file:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    assert export.main(words) == 2
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_unfinished_run_is_not_exported(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    trainer("standard", data, tmp_path).train(stop_after=1)
    path = str(tmp_path / "checkpoint.pt")
    assert export.main(["--checkpoint", path, "--data", str(data), "--to", str(tmp_path / "to")]) == 2
    assert "not finished" in capsys.readouterr().err


def test_mistakes_are_told(data: Path, standard: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert train.main(arguments("robust", data, tmp_path)) == 2
    assert "--standard" in capsys.readouterr().err
    assert train.main(arguments("standard", data, standard)) == 2
    assert "--resume" in capsys.readouterr().err
    assert train.main(arguments("standard", data, standard, "--resume", "--epochs", "5")) == 2
    assert "for 2 epochs" in capsys.readouterr().err
    assert train.main(arguments("standard", tmp_path, tmp_path / "out")) == 2
    assert "No train images" in capsys.readouterr().err
    assert train.main(arguments("standard", data, tmp_path / "out", "--limit", "8")) == 2
    assert "do not fill one batch" in capsys.readouterr().err


@pytest.mark.skipif(not SHARED.is_dir(), reason="the Tiny-ImageNet shards are not here")
def test_one_epoch_on_one_percent_of_tiny_imagenet(tmp_path: Path) -> None:
    for file in ("tiny_imagenet_classes.json", "tiny_imagenet_valid.parquet"):
        (tmp_path / file).symlink_to(SHARED / file)
    shard = pq.ParquetFile(SHARED / "tiny_imagenet_train-00000-of-00003.parquet")
    first = next(shard.iter_batches(750, columns=["image", "label"]))
    pq.write_table(pa.Table.from_batches([first]), tmp_path / "tiny_imagenet_train-00000-of-00001.parquet")
    valid = pq.ParquetFile(SHARED / "tiny_imagenet_valid.parquet")
    (tmp_path / "tiny_imagenet_valid.parquet").unlink()
    few = next(valid.iter_batches(40, columns=["image", "label"]))
    pq.write_table(pa.Table.from_batches([few]), tmp_path / "tiny_imagenet_valid.parquet")

    run = trainer("standard", tmp_path, tmp_path / "out", "--epochs", "1", "--batch-size", "32")
    before = training_loss(run)
    run.train()
    assert run.run.step == 23
    assert training_loss(run) < before - 0.1
    assert card.read(tmp_path / "out" / "card.json").classes == 200


def training_loss(trainer: train.Trainer) -> float:
    """Cross-entropy of the first 128 training images, without augmentation, by the batch's own statistics."""
    x = to_batch(trainer.train_images.pixels[:128])
    y = trainer.train_images.labels[:128]
    with torch.no_grad():
        return F.cross_entropy(copy.deepcopy(trainer.run.net).train()(x), y).item()
