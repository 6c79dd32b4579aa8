"""Every network has a card: what it is, what it was trained against, its accuracy, its limits."""

from __future__ import annotations

import pytest

from malt_core.comparison.cards import model_card
from malt_core.errors import BadConfig
from malt_core.models.catalogue import list_models


def test_our_own_networks_show_the_card_that_was_measured():
    card = model_card("tiny-imagenet/robust")
    assert not card.startswith("#")
    assert "| clean | | 5000 | 46.3% |" in card
    assert "**Limits.**" in card


def test_others_show_what_is_known_of_them():
    card = model_card("robustbench/cifar10/Linf/Carmon2019Unlabeled")
    for words in ("attacked meanwhile", "89.7% right", "10,000 test images", "ε = 8/255", "MIT"):
        assert words in card
    assert "has not been measured" in model_card("torchvision/resnet50")


def test_every_network_has_one():
    assert all("**Limits.**" in model_card(info.id) for info in list_models())


def test_a_network_that_does_not_exist():
    with pytest.raises(BadConfig):
        model_card("nobody/nothing")
