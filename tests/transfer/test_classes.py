"""Classes between networks go by WordNet id."""

from __future__ import annotations

import pytest

from malt_core.errors import BadConfig
from malt_core.models.catalogue import model_info
from malt_core.transfer.classes import class_map
from malt_core.transfer.images import gallery_images, photo_image

TINY, IMAGENET = model_info("tiny-imagenet/standard"), model_info("imagenet/efficientnet-lite0")
CIFAR = model_info("autoattack/resnet18-cifar10")


def test_tiny_imagenet_lies_in_imagenet() -> None:
    there, back = class_map(TINY, IMAGENET), class_map(IMAGENET, TINY)
    assert len(set(there)) == 200
    assert None not in there
    assert [back[index] for index in there] == list(range(200))
    assert sum(index is None for index in back) == 800
    for name in ("goldfish", "espresso", "cannon"):
        assert IMAGENET.classes[there[TINY.classes.index(name)]] == name


def test_networks_of_one_data_set_have_the_same_classes() -> None:
    assert class_map(TINY, model_info("tiny-imagenet/robust")) == tuple(range(200))


def test_networks_without_a_common_class_are_refused() -> None:
    with pytest.raises(BadConfig, match="no classes in common"):
        class_map(CIFAR, TINY)


def test_a_photograph_is_right_in_the_words_of_each_network() -> None:
    truth = photo_image("espresso", [TINY, IMAGENET]).truth
    assert [TINY.classes[i] for i in truth[TINY.id]] == ["espresso"]
    assert [IMAGENET.classes[i] for i in truth[IMAGENET.id]] == ["espresso", "cup"]
    assert photo_image("bald-eagle", [TINY, IMAGENET]).truth[TINY.id] == ()
    found = {
        len(infos): [image.record.name for image in gallery_images(infos).images]
        for infos in ([IMAGENET], [TINY, IMAGENET])
    }
    assert "bald-eagle" in found[1]
    assert set(found[2]) < set(found[1])
    assert "espresso" in found[2]
