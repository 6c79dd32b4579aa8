"""What is stored of the networks' answers is what they answer, and sorts the gallery."""

from __future__ import annotations

import pytest

from malt_core.images.gallery import gallery, true_classes
from malt_core.models.catalogue import list_models, model_info, weights_digest
from scripts.make_gallery_answers import compute
from ui.pictures import answers
from ui.pictures.answers import groups, stored_answers
from ui.pictures.truth import true_class

OFFLINE = [info.id for info in list_models() if info.offline]
IDS = {photo.id for photo in gallery()}


@pytest.mark.parametrize("model", OFFLINE)
def test_every_offline_network_has_its_answers_stored(model: str) -> None:
    stored = stored_answers(model)
    assert stored is not None, "the weights have changed: python -m scripts.make_gallery_answers"
    assert set(stored) == IDS, "the gallery has changed: python -m scripts.make_gallery_answers"


def test_they_are_what_the_network_says() -> None:
    fresh = compute("tiny-imagenet/robust")
    assert fresh.weights == weights_digest("tiny-imagenet/robust")
    stored = stored_answers("tiny-imagenet/robust")
    assert {photo: answer.index for photo, answer in fresh.photos.items()} == {
        photo: answer.index for photo, answer in stored.items()
    }


@pytest.mark.parametrize("model", [*OFFLINE, "torchvision/resnet50"])
def test_the_groups_hold_every_photo_once_and_say_what_is_true(model: str) -> None:
    info, stored = model_info(model), stored_answers(model)
    held = [photo for group in groups(model) for photo in group.photos]
    assert len(held) == len(IDS)
    assert set(held) == IDS
    for group in groups(model):
        for photo in group.photos:
            classes = true_classes(photo, info)
            right = stored is not None and stored[photo].index in (classes or ())
            assert right == ("right" in group.words)
            assert (not classes) == ("Not among" in group.words)


def test_answers_of_other_weights_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "weights_digest", lambda model: "others")
    stored_answers.cache_clear()
    try:
        assert stored_answers("tiny-imagenet/robust") is None
    finally:
        stored_answers.cache_clear()


def test_the_label_of_a_photo_that_two_classes_name() -> None:
    info = model_info("torchvision/resnet50")
    assert info.classes[true_class("cat", info)] == "tiger cat"
    assert true_class("rocket", info) is None
