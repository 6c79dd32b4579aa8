"""Data sets in memory: the first images of another one, and the gallery's photographs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from malt_core.datasets.in_memory import first_images, gallery_data
from malt_core.datasets.open_data import open_data
from malt_core.errors import BadConfig
from malt_core.images.gallery import find_photo
from malt_core.models.catalogue import model_info
from tests.helpers.evaluations import Pictures


def test_the_first_images():
    data = Pictures(14)
    held = first_images(data, 5)
    assert list(held.labels) == data.labels[:5]
    assert held.records(range(1, 4)) == data.records(range(1, 4))
    assert (held.path, held.name, held.fingerprint) == (data.path, data.name, data.fingerprint)
    assert len(first_images(data, 100).labels) == 14


def test_the_gallerys_photos_have_the_right_answers():
    info = model_info("robustbench/cifar100/Linf/Wang2023Better_WRN-28-10")
    held = gallery_data(info)
    assert len(held.labels) >= 4
    for i, record in enumerate(held.records(range(len(held.labels)))):
        assert record.index == i
        assert info.classes[record.label] == find_photo(record.name).truth["cifar100"][0]
        assert record.image.mode == "RGB"


def test_other_photos_are_other_data():
    cifar10, cifar100 = (
        gallery_data(model_info(f"robustbench/{name}/Linf/Wang2023Better_WRN-28-10"))
        for name in ("cifar10", "cifar100")
    )
    assert cifar10.fingerprint != cifar100.fingerprint
    assert "cat" in {record.name for record in cifar10.content}


def test_most_of_foolboxs_photographs_are_data_for_an_imagenet_network():
    info = model_info("torchvision/resnet50")
    held = open_data("gallery", info)
    assert len(held.labels) == 19
    assert not {"cat", "espresso"} & {record.name for record in held.content}, "they have two right answers"
    assert {99, 251, 471} < set(held.labels)
    assert held.fingerprint == gallery_data(info).fingerprint


def test_a_model_of_other_things_has_no_photos():
    info = replace(model_info("autoattack/resnet18-cifar10"), dataset="digits", classes=("zero", "one"))
    with pytest.raises(BadConfig, match="None of the gallery's photographs certainly shows one of the 2"):
        gallery_data(info)
