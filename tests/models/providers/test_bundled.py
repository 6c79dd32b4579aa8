"""Our own networks: that they are what their cards say, load quickly and answer as when they were stored."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from malt_core import load_model
from malt_core.errors import ModelUnavailable
from malt_core.images.gallery import open_photo
from malt_core.images.resize import to_sample
from malt_core.models.catalogue import list_models, model_info
from malt_core.models.providers import bundled

IDS = [f"tiny-imagenet/{recipe}" for recipe in ("robust", "standard", "distilled", "regularised", "noise")]
STORED = Path(__file__).with_name("bundled_logits.json")
PHOTOS = ("espresso", "cat", "rocket", "flower")


def logits(id: str) -> dict[str, list[float]]:
    """What the model says of each photograph."""
    model = load_model(id)
    x = torch.stack([to_sample(open_photo(p), model.info.size, crop="centre", name=p).x for p in PHOTOS])
    with torch.inference_mode():
        return dict(zip(PHOTOS, model(x).tolist(), strict=True))


def test_there_are_five():
    assert [info.id for info in list_models("tiny-imagenet/*")] == IDS
    assert all(info.offline for info in list_models("tiny-imagenet/*"))


@pytest.mark.parametrize("id", IDS)
def test_what_the_catalogue_says(id):
    info = model_info(id)
    assert len(set(info.classes)) == 200
    assert {"espresso", "tabby", "school bus", "teddy"} <= set(info.classes)
    assert info.robust == (id == "tiny-imagenet/robust")
    assert (info.defence == "none") == (id == "tiny-imagenet/standard")
    assert info.suggested_eps == pytest.approx((4 if info.robust else 1) / 255)
    assert "research" in info.licence


@pytest.mark.parametrize("id", IDS)
def test_answers_are_the_stored_ones(id):
    """The tolerance is for other processors; a wrong layer, label order or normalisation is far beyond it."""
    for photo, expected in json.loads(STORED.read_text(encoding="utf-8"))[id].items():
        found, expected = torch.tensor(logits(id)[photo]), torch.tensor(expected)
        assert int(found.argmax()) == int(expected.argmax())
        assert float((found - expected).abs().max()) < 1e-2 * float(expected.abs().max())


@pytest.mark.parametrize("id", IDS)
def test_espresso_is_an_espresso(id):
    classes = model_info(id).classes
    assert classes[int(torch.tensor(logits(id)["espresso"]).argmax())] == "espresso"


@pytest.mark.parametrize("id", IDS)
def test_small_enough_to_ship_and_quick_enough_for_two_cores(id):
    file = bundled.FOLDER / f"{id.replace('/', '-')}.safetensors"
    assert file.stat().st_size <= 16e6
    network = bundled.read_network(file)
    assert sum(p.numel() for p in network.parameters()) <= 8e6
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 3, 64, 64))
    assert counter.get_total_flops() / 2 <= 0.6e9
    assert not any(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize("id", IDS)
def test_the_card_has_every_number(id):
    card = json.loads((bundled.FOLDER / f"{id.replace('/', '-')}.json").read_text(encoding="utf-8"))
    attacked = {(a["attack"].split(" ")[0], a["eps"]) for a in card["attacked"]}
    assert {("PGD-10", "4/255"), ("MALT", "4/255")} <= attacked
    assert 0.3 < card["clean_accuracy"] < 0.8
    assert all(0 <= a["accuracy"] <= card["clean_accuracy"] + 0.1 for a in card["attacked"])
    assert (card["classes"], card["train_images"], card["val_images"]) == (200, 75000, 5000)


@pytest.fixture
def folder(tmp_path):
    """A copy of one model's files."""
    for name in (
        "tiny-imagenet-robust.safetensors",
        "tiny-imagenet-robust.json",
        "tiny-imagenet_classes.json",
    ):
        shutil.copy(bundled.FOLDER / name, tmp_path)
    return tmp_path


def test_what_lies_in_the_folder_is_in_the_catalogue(folder):
    assert [info.id for info in bundled.infos(folder)] == ["tiny-imagenet/robust"]


def test_a_damaged_file_is_refused(folder):
    weights = folder / "tiny-imagenet-robust.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelUnavailable, match=r"is damaged: its SHA-256 is not the one on its card"):
        bundled.read_network(weights)


def test_a_missing_file_is_named(folder):
    weights = folder / "tiny-imagenet-robust.safetensors"
    weights.unlink()
    with pytest.raises(ModelUnavailable, match=r"tiny-imagenet-robust\.safetensors is missing"):
        bundled.read_network(weights)


if __name__ == "__main__":  # after new weights: python -m tests.models.providers.test_bundled
    stored = {id: {k: [round(v, 4) for v in z] for k, z in logits(id).items()} for id in IDS}
    STORED.write_text(json.dumps(stored) + "\n", encoding="utf-8")
