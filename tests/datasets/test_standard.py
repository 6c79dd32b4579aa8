"""CIFAR and ImageNet as torchvision and RobustBench lay them out."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from malt_core.datasets.labels import class_wnids, robustbench_file
from malt_core.datasets.open_data import open_data
from malt_core.errors import BadConfig
from malt_core.evaluation.chunks import readable_images
from malt_core.images.pixels import to_pixels
from malt_core.models.catalogue import model_info
from malt_core.models.classes import class_names
from malt_core.models.providers.robustbench_zoo import zoo

CIFAR10, CIFAR100 = "cifar-10-batches-py/test_batch", "cifar-100-python/test"


class Python2Pickler(pickle._Pickler):
    """Writes text and bytes alike as the one kind of string that Python 2 had."""

    def save_string(self, value: str | bytes) -> None:
        data = value.encode("latin1") if isinstance(value, str) else value
        self.write(pickle.BINSTRING + len(data).to_bytes(4, "little") + data)

    dispatch = pickle._Pickler.dispatch | {str: save_string, bytes: save_string}


def write_cifar(file: Path, count: int = 5, **changes: object) -> np.ndarray:
    """A file like the original ones, which Python 2 wrote; returns its pictures (N, 32, 32, 3)."""
    file.parent.mkdir(parents=True)
    planes = np.random.default_rng(0).integers(0, 256, (count, 3072), dtype=np.uint8)
    key = "labels" if file.name == "test_batch" else "fine_labels"
    names = [f"{i}.png" for i in range(count)]
    content = {"data": planes, key: list(range(count)), "filenames": names} | changes
    buffer = io.BytesIO()
    Python2Pickler(buffer, protocol=2).dump(content)
    file.write_bytes(buffer.getvalue().replace(b"numpy._core.", b"numpy.core."))
    return planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


@pytest.mark.parametrize(
    ("name", "file", "model"),
    [
        ("cifar10", CIFAR10, "autoattack/resnet18-cifar10"),
        ("cifar100", CIFAR100, "robustbench/cifar100/Linf/Wang2023Better_WRN-28-10"),
    ],
)
def test_cifar(tmp_path, name, file, model):
    pictures = write_cifar(tmp_path / file)
    data = open_data(name, model_info(model), data_dir=tmp_path)
    assert (data.name, data.path, list(data.labels)) == (name, str(tmp_path / file), [0, 1, 2, 3, 4])
    records = data.records(range(1, 4))
    assert [(r.index, r.name, r.label) for r in records] == [(i, f"{i}.png", i) for i in (1, 2, 3)]
    assert all((np.asarray(r.image) == pictures[r.index]).all() for r in records)


def test_the_real_batch_reads_as_torchvision_reads_it(tmp_path, cifar, monkeypatch):
    """On a file like the real one, whose checksum torchvision is kept from asking for."""
    from torchvision.datasets import CIFAR10

    write_cifar(tmp_path / "cifar-10-batches-py" / "test_batch", count=8)
    (tmp_path / "cifar-10-batches-py" / "batches.meta").write_bytes(pickle.dumps({"label_names": []}))
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    theirs, ours = CIFAR10(tmp_path, train=False), open_data("cifar10", cifar, data_dir=tmp_path)
    for record, (picture, label) in zip(ours.records(range(8)), theirs, strict=True):
        assert (np.asarray(record.image) == np.asarray(picture)).all()
        assert record.label == label


def test_it_is_looked_for_where_robustbench_puts_it_and_in_the_cache(tmp_path, cifar, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MALT_LAB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(BadConfig) as refusal:
        open_data("cifar10", cifar)
    for words in (
        f"data/{CIFAR10}",
        f"cache/data/{CIFAR10}",
        "cifar-10-python.tar.gz into data",
        "--data-dir",
    ):
        assert words in str(refusal.value)
    write_cifar(tmp_path / "cache" / "data" / CIFAR10, count=2)
    assert len(open_data("cifar10", cifar).labels) == 2
    write_cifar(tmp_path / "data" / CIFAR10, count=3)
    assert len(open_data("cifar10", cifar).labels) == 3


def test_files_that_python_3_wrote(tmp_path, cifar):
    write_cifar(tmp_path / CIFAR10)
    content = pickle.loads((tmp_path / CIFAR10).read_bytes(), encoding="latin1")
    first = open_data("cifar10", cifar, data_dir=tmp_path).records(range(5))
    (tmp_path / CIFAR10).write_bytes(pickle.dumps(content, protocol=4))
    assert open_data("cifar10", cifar, data_dir=tmp_path).records(range(5)) == first


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_a_pickle_runs_no_code(tmp_path, cifar):
    write_cifar(tmp_path / CIFAR10, batch_label=Trap(tmp_path / "sprung"))
    with pytest.raises(BadConfig, match="does not hold cifar10's test images, or is damaged"):
        open_data("cifar10", cifar, data_dir=tmp_path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"data": np.zeros((5, 3071), np.uint8)},
        {"data": np.zeros((5, 3072), np.float32)},
        {"data": np.zeros((4, 3072), np.uint8)},
        {"data": None},
        {"labels": [0, 1, 2, 3, 10]},
        {"filenames": ["a.png"]},
    ],
)
def test_other_content_is_refused(tmp_path, cifar, changes):
    write_cifar(tmp_path / CIFAR10, **changes)
    with pytest.raises(BadConfig, match=r"test_batch does not hold cifar10's test images.*Unpack https"):
        open_data("cifar10", cifar, data_dir=tmp_path)


def test_a_file_that_broke_off_is_refused(tmp_path, cifar):
    write_cifar(tmp_path / CIFAR10)
    (tmp_path / CIFAR10).write_bytes((tmp_path / CIFAR10).read_bytes()[:5000])
    with pytest.raises(BadConfig, match="is damaged"):
        open_data("cifar10", cifar, data_dir=tmp_path)


def test_a_model_of_other_classes_is_refused(tmp_path, cifar, imagenet):
    write_cifar(tmp_path / CIFAR10)
    with pytest.raises(BadConfig, match="has 10 classes, but torchvision/resnet50 tells 1000 apart"):
        open_data("cifar10", imagenet, data_dir=tmp_path)
    write_cifar(tmp_path / CIFAR100)
    with pytest.raises(BadConfig, match="has 100 classes, but autoattack/resnet18-cifar10 tells 10 apart"):
        open_data("cifar100", cifar, data_dir=tmp_path)


@pytest.mark.parametrize("place", ["val", "imagenet/val"])
def test_imagenet_starts_with_robustbenchs_images(tmp_path, imagenet, png, place):
    listed = robustbench_file("imagenet_test_image_ids.txt").read_text().split()[:3]
    for name in (*listed, "n01440764/ILSVRC2012_val_00000001.JPEG"):
        file = tmp_path / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(png(1))
    data = open_data("imagenet", imagenet, data_dir=tmp_path)
    names = [record.name for record in data.records(range(4))]
    assert names == [*listed, "n01440764/ILSVRC2012_val_00000001.JPEG"]
    wnids = class_wnids("imagenet")
    assert [wnids[label] for label in data.labels] == [name.partition("/")[0] for name in names]
    assert data.name == "imagenet"


def test_imagenet_that_is_not_there(tmp_path, imagenet):
    with pytest.raises(
        BadConfig, match=r"There is no .*/val\. ImageNet's validation images come from .*--data-dir"
    ):
        open_data("imagenet", imagenet, data_dir=tmp_path)


def test_imagenet_and_a_model_of_other_classes(tmp_path, cifar, png):
    (tmp_path / "val" / "n01440764").mkdir(parents=True)
    (tmp_path / "val" / "n01440764" / "a.JPEG").write_bytes(png(1))
    with pytest.raises(BadConfig, match=r"The folder 'n01440764' in .*val is no class of autoattack"):
        open_data("imagenet", cifar, data_dir=tmp_path)


def test_class_names_are_those_of_the_models():
    assert class_names("cifar10") == model_info("autoattack/resnet18-cifar10").classes


@pytest.fixture
def odd_pictures(tmp_path) -> dict[str, Path]:
    """ImageNet files of several shapes, one turned by EXIF, one over 4096 pixels, one very small."""
    folder = tmp_path / "val" / "n01440764"
    folder.mkdir(parents=True)
    files = {}
    for name, (width, height), options in (
        ("wide.png", (500, 375), {}),
        ("tall.jpg", (333, 500), {}),
        ("turned.jpg", (400, 300), {"exif": True}),
        ("large.jpg", (4200, 4100), {}),
        ("tiny.png", (91, 60), {}),
        ("exact.png", (224, 224), {}),
        ("odd.png", (257, 256), {}),
        ("clear.png", (300, 280), {"alpha": True}),
    ):
        rows, columns = np.mgrid[:height, :width]
        planes = [columns * 255 // (width - 1), rows * 255 // (height - 1), (columns + rows) % 2 * 255]
        if options.get("alpha"):
            planes.append(np.full_like(rows, 100))
        image, exif = Image.fromarray(np.stack(planes, 2).astype(np.uint8)), Image.Exif()
        exif[0x0112] = 6
        image.save(folder / name, **({"exif": exif} if options.get("exif") else {}))
        files[f"n01440764/{name}"] = folder / name
    return files


@pytest.mark.parametrize(
    ("model", "preprocessing"),
    [
        ("robustbench/imagenet/Linf/Salman2020Do_R50", "Res256Crop224"),
        ("robustbench/imagenet/Linf/Wong2020Fast", "Crop288"),
        ("robustbench/imagenet/Linf/Liu2023Comprehensive_Swin-B", "BicubicRes256Crop224"),
        ("robustbench/imagenet/corruptions/Tian2022Deeper_DeiT-S", "BicubicRes248Crop224"),
        ("robustbench/imagenet/corruptions/Erichson2022NoisyMix", "Res256Crop224"),
    ],
)
@pytest.mark.slow
def test_imagenet_is_resized_as_robustbench_does(tmp_path, odd_pictures, model, preprocessing):
    """Issue 20: another field of view and another resampling, beside published figures."""
    zoo()
    from robustbench.data import get_preprocessing
    from robustbench.model_zoo.enums import BenchmarkDataset, ThreatModel

    info = model_info(model)
    _, _, threat, name = model.split("/")
    theirs = get_preprocessing(BenchmarkDataset("imagenet"), ThreatModel(threat), name, None)
    data = open_data("imagenet", info, data_dir=tmp_path)
    assert data.preprocessing == info.preprocessing == preprocessing
    records = data.records(range(len(odd_pictures)))
    for record, ours in zip(records, readable_images(records, info.size), strict=True):
        with Image.open(odd_pictures[record.name]) as image:
            assert (ours - theirs(image.convert("RGB"))).abs().max() < 1e-6, record.name


@pytest.mark.parametrize("model", ["resnet50", "efficientnet_b1", "inception_v3", "vit_h_14", "maxvit_t"])
@pytest.mark.slow
def test_imagenet_is_resized_as_torchvision_does(tmp_path, odd_pictures, model):
    from torchvision import models

    info = model_info(f"torchvision/{model}")
    how = models.get_model_weights(model).DEFAULT.transforms()
    how.mean, how.std = [0.0] * 3, [1.0] * 3
    records = open_data("imagenet", info, data_dir=tmp_path).records(range(len(odd_pictures)))
    for record, ours in zip(records, readable_images(records, info.size), strict=True):
        with Image.open(odd_pictures[record.name]) as image:
            assert (ours - how(image.convert("RGB"))).abs().max() < 1e-6, record.name


def test_a_folder_of_ones_own_is_resized_alike_but_turned_upright(tmp_path, odd_pictures):
    """And pictures that have the model's size, such as adversarial images that were saved, pass unchanged."""
    info = model_info("robustbench/imagenet/Linf/Salman2020Do_R50")
    named = open_data("imagenet", info, data_dir=tmp_path).records(range(8))
    own = open_data(str(tmp_path / "val"), info).records(range(8))
    alike = {
        mine.name.rpartition("/")[2]
        for mine, theirs in zip(own, named, strict=True)
        if torch.equal(readable_images([mine], info.size)[0], readable_images([theirs], info.size)[0])
    }
    assert alike == {"wide.png", "tall.jpg", "tiny.png", "odd.png"}
    (exact,) = (record for record in own if record.name.endswith("exact.png"))
    pixels = np.asarray(Image.open(odd_pictures[exact.name]))
    assert (to_pixels(readable_images([exact], info.size)[0]) == pixels).all()


def test_data_sets_of_other_models_have_no_preprocessing(tmp_path, cifar):
    write_cifar(tmp_path / CIFAR10)
    assert cifar.preprocessing == ""
    assert not any(r.preprocessing for r in open_data("cifar10", cifar, data_dir=tmp_path).records(range(5)))
