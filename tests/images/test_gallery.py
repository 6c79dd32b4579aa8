"""The gallery's photographs are there, cut around their subjects, and truly labelled."""

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from malt_core import load_model
from malt_core.errors import BadConfig, BadImage
from malt_core.images import gallery as gallery_module
from malt_core.images.gallery import (
    DEFAULT_PHOTO,
    find_photo,
    gallery,
    open_photo,
    thumbnail_bytes,
    true_classes,
)
from malt_core.images.resize import to_sample
from malt_core.models.catalogue import model_info
from malt_core.models.classes import class_names

IDS = [photo.id for photo in gallery()]
OF_FOOLBOX = [photo for photo in gallery() if photo.package == "foolbox"]
WRONGLY_LABELLED = {630, 741}


def test_the_photos_are_there():
    assert IDS[0] == DEFAULT_PHOTO == "espresso"
    assert {"cat", "astronaut", "rocket", "pagoda", "flower", "dalmatian", "goose", "cannon"} < set(IDS)
    assert len(OF_FOOLBOX) == 20
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("photo", gallery(), ids=IDS)
def test_photo(photo):
    whole, subject = open_photo(photo.id, "fit"), open_photo(photo.id)
    assert whole.mode == subject.mode == "RGB"
    assert subject.width == subject.height <= min(whole.size)
    assert subject.width >= 300
    assert open_photo(photo.id, "0,0,0.5").size == whole.size, "a frame is one of the whole photo"
    if photo.box:
        left, top, right, bottom = photo.box
        assert left >= 0
        assert top >= 0
        assert right <= whole.width
        assert bottom <= whole.height
        assert (np.asarray(subject) == np.asarray(whole)[top:bottom, left:right]).all()
    assert np.asarray(subject).std() > 20, "a photograph, not an empty wall"
    assert len(photo.alt) > 20
    assert photo.source in photo.credit
    assert photo.licence in photo.credit


@pytest.mark.parametrize("photo", OF_FOOLBOX, ids=lambda photo: photo.id)
def test_the_labels_in_foolboxs_file_names_are_the_truth(photo):
    label = int(re.fullmatch(r"data/imagenet_\d\d_(\d+)\.jpg", photo.file)[1])
    expected = None if label in WRONGLY_LABELLED else (class_names("imagenet")[label],)
    assert photo.truth.get("imagenet") == expected
    assert "licence unknown" in photo.credit or "CC BY" in photo.credit


def test_what_has_left_says_why():
    with pytest.raises(BadConfig, match=r"'motorcycle' has left the gallery: no licence .* gallery:espresso"):
        open_photo("motorcycle")
    assert all(photo.licence != "none stated" for photo in gallery())


def test_true_classes():
    imagenet, cifar10 = model_info("torchvision/resnet50"), model_info("autoattack/resnet18-cifar10")
    assert {imagenet.classes[i] for i in true_classes("cat", imagenet)} == {"tiger cat", "tabby"}
    assert true_classes("rocket", imagenet) is None
    assert true_classes("rocket", cifar10) == frozenset()
    assert true_classes("dalmatian", cifar10) == {cifar10.classes.index("dog")}


def test_without_a_box_the_centre_is_cut():
    assert find_photo("cat").box is None
    assert (np.asarray(open_photo("cat")) == np.asarray(open_photo("cat", "fit"))[:, 75:375]).all()


@pytest.mark.parametrize(
    ("asked", "answer"),
    [("cta", "Did you mean 'cat'"), ("Espreso", "'espresso'"), ("zzz", "has espresso, cat")],
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
        for dataset, true in photo.truth.items():
            names = tiny if dataset == "tiny-imagenet" else class_names(dataset)
            assert [names.count(name) for name in true] == [1] * len(true) != [], (photo.id, dataset)


@pytest.mark.parametrize("crop", ["centre", "fit"])
def test_the_example_model_is_right_about_the_cat(crop):
    model = load_model("autoattack/resnet18-cifar10")
    sample = to_sample(open_photo("cat", crop), model.info.size, crop=crop, name="cat")
    with torch.inference_mode():
        confidence = model(sample.x[None]).softmax(1)[0]
    assert confidence[model.info.classes.index("cat")] > 0.99
