"""From the classes of a data set to those of a model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from malt_core.datasets.labels import class_wnids, folders_to_classes, label_order
from malt_core.errors import BadConfig


def test_imagenet_wnids_are_in_torchvisions_order(imagenet):
    wnids = class_wnids("imagenet")
    assert wnids == tuple(sorted(wnids))
    assert len(set(wnids)) == 1000
    assert imagenet.classes[wnids.index("n02123045")] == "tabby"
    assert imagenet.classes[wnids.index("n02012849")] == "crane (bird)"
    assert class_wnids("cifar10") == ()


@pytest.mark.parametrize(
    ("folders", "classes"),
    [
        (["cat", "Airplane", "TRUCK"], [3, 0, 9]),
        (["0", "9", "03"], [0, 9, 3]),
        ([str(i) for i in range(10)], list(range(10))),
    ],
)
def test_folders_are_names_or_numbers(cifar, folders, classes):
    assert folders_to_classes(folders, cifar, "here") == dict(zip(folders, classes, strict=True))


def test_folders_are_names_or_wnids_of_imagenet(imagenet):
    folders = ["n01440764", "n02123045-tabby", "n02012849_crane"]
    assert list(folders_to_classes(folders, imagenet, "here").values()) == [0, 281, 134]
    folders = ["crane_(bird)", "tench", "great-white-shark"]
    assert list(folders_to_classes(folders, imagenet, "here").values()) == [134, 0, 2]


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        (
            ["cat", "lion"],
            "The folder 'lion' in here is no class of autoattack/resnet18-cifar10: name the folders",
        ),
        (["train", "val"], "The folders 'train', 'val' in here are no classes of .*'airplane' to 'truck'"),
        (["0", "10"], "The folder '10' in here is no class of .* or number them from 0 to 9"),
        (["cat", "3"], "The folder '3' in here"),
        (list("abcdef"), "The folders 'a', 'b', 'c' and 3 more in here"),
    ],
)
def test_folders_that_are_no_classes_are_named(cifar, folders, says):
    with pytest.raises(BadConfig, match=says):
        folders_to_classes(folders, cifar, "here")


def test_a_name_that_two_classes_bear_is_none(imagenet):
    with pytest.raises(
        BadConfig, match=r"The folder 'crane' in here is no class .* WordNet ids such as n01440764"
    ):
        folders_to_classes(["crane", "tench"], imagenet, "here")


def test_label_names_in_any_order(of_classes):
    info = of_classes("cat", "dog", "crane (bird)")
    assert list(label_order(["Dog", "crane", "CAT"], info, "it")) == [1, 2, 0]


def test_label_names_that_are_spelt_otherwise_are_in_the_models_order(of_classes):
    info = of_classes("cat", "dog", "bird")
    assert list(label_order(["cat", "dog", "Aves"], info, "it")) == [0, 1, 2]
    assert list(label_order(["0", "1", "2"], info, "it")) == [0, 1, 2]


def test_label_names_of_another_data_set_are_refused(of_classes):
    says = r"The classes of it \('T-shirt', 'Trouser', 'Coat'\) are not those of tests/few \('cat', 'dog'"
    with pytest.raises(BadConfig, match=says):
        label_order(["T-shirt", "Trouser", "Coat"], of_classes("cat", "dog", "bird"), "it")


def test_label_names_that_contradict_the_model(of_classes):
    with pytest.raises(BadConfig, match="label 0 is 'bird' there, and 'cat' in the model"):
        label_order(["bird", "dog", "felis"], of_classes("cat", "dog", "bird"), "it")


def test_imagenet_names_of_a_hub(imagenet):
    names = [f"{name}, and a synonym" for name in imagenet.classes]
    assert list(label_order(names, imagenet, "it")) == list(range(1000))
    assert list(label_order(class_wnids("imagenet")[::-1], imagenet, "it")) == list(range(999, -1, -1))


def test_wnids_of_our_own_models(cifar, tmp_path, monkeypatch):
    from malt_core.models.providers import bundled

    monkeypatch.setattr(bundled, "FOLDER", tmp_path)
    (tmp_path / "pets_classes.json").write_text(
        '[{"name": "cat", "wnid": "n02121808"}, {"name": "dog", "wnid": null}]'
    )
    info = replace(cifar, dataset="pets", classes=("cat", "dog"))
    class_wnids.cache_clear()
    assert folders_to_classes(["n02121808"], info, "here") == {"n02121808": 0}
    class_wnids.cache_clear()
