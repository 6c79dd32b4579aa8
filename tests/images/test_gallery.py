"""The gallery's photographs are there, cut around their subjects, and truly labelled."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from malt_core import load_model
from malt_core.errors import BadConfig, BadImage
from malt_core.images import gallery as gallery_module
from malt_core.images.gallery import find_photo, gallery, open_photo, thumbnail_bytes
from malt_core.images.resize import to_sample
from malt_core.models.catalogue import model_info
from malt_core.models.classes import class_names

IDS = [photo.id for photo in gallery()]


def test_the_promised_photos_are_there():
    assert IDS == ["cat", "espresso", "astronaut", "motorcycle", "rocket", "pagoda", "flower"]


@pytest.mark.parametrize("photo", gallery(), ids=IDS)
def test_photo(photo):
    whole, subject = open_photo(photo.id, "fit"), open_photo(photo.id)
    assert whole.mode == subject.mode == "RGB"
    assert subject.width == subject.height <= min(whole.size)
    assert subject.width >= 300
    if photo.box:
        left, top, right, bottom = photo.box
        assert left >= 0
        assert top >= 0
        assert right <= whole.width
        assert bottom <= whole.height
        assert (np.asarray(subject) == np.asarray(whole)[top:bottom, left:right]).all()
    assert np.asarray(subject).std() > 30, "a photograph, not an empty wall"
    assert len(photo.alt) > 20
    assert photo.source
    assert photo.licence


def test_without_a_box_the_centre_is_cut():
    assert find_photo("cat").box is None
    assert (np.asarray(open_photo("cat")) == np.asarray(open_photo("cat", "fit"))[:, 75:375]).all()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [("cta", "Did you mean 'cat'"), ("Espreso", "'espresso'"), ("zzz", "has cat, espresso")],
)
def test_unknown_id_names_the_nearest(asked, answer):
    with pytest.raises(BadConfig, match=rf"Unknown gallery photo '{asked}'.*{answer}"):
        open_photo(asked)


def test_missing_package(monkeypatch):
    monkeypatch.setattr(gallery_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadImage, match="comes with scikit-image, which is not installed: pip install"):
        open_photo("cat")


@pytest.mark.parametrize("side", [32, 96])
def test_thumbnail(side):
    data = thumbnail_bytes("rocket", side)
    assert Image.open(io.BytesIO(data)).size == (side, side)
    assert len(data) < 10_000
    assert thumbnail_bytes("rocket", side) is data, "made once"


def test_true_names_are_classes_of_their_data_sets():
    tiny = model_info("tiny-imagenet/robust").classes
    for photo in gallery():
        for dataset, name in photo.truth.items():
            names = tiny if dataset == "tiny-imagenet" else class_names(dataset)
            assert names.count(name) == 1, (photo.id, dataset)


@pytest.mark.parametrize("crop", ["centre", "fit"])
def test_the_example_model_is_right_about_the_cat(crop):
    model = load_model("autoattack/resnet18-cifar10")
    sample = to_sample(open_photo("cat", crop), model.info.size, crop=crop, name="cat")
    with torch.inference_mode():
        confidence = model(sample.x[None]).softmax(1)[0]
    assert confidence[model.info.classes.index(find_photo("cat").truth["cifar10"])] > 0.99
