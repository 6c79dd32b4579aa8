import json
from pathlib import Path

import pytest

from malt_core.errors import BadConfig
from malt_core.models.classes import class_index, class_names, plain_name
from malt_core.models.refresh import IMAGENET_RENAMED

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100"])
def test_cifar_names_are_those_of_the_data_set(dataset: str) -> None:
    file = SHARED / f"{dataset}_classes.json"
    if not file.exists():
        pytest.skip(f"{file.name} is not in ../shared/data")
    assert list(class_names(dataset)) == json.loads(file.read_text())


def test_cifar_orders() -> None:
    assert class_names("cifar10")[3] == "cat"
    assert class_names("cifar100") == tuple(sorted(class_names("cifar100")))
    assert len(set(class_names("cifar100"))) == 100


def test_imagenet_names_are_torchvisions_but_for_those_people_confuse() -> None:
    from torchvision.models import ResNet18_Weights

    theirs = ResNet18_Weights.DEFAULT.meta["categories"]
    ours = class_names("imagenet")
    assert len(ours) == 1000
    differing = {i: name for i, name in enumerate(ours) if name != theirs[i]}
    assert differing == IMAGENET_RENAMED
    assert {theirs[i].split()[0].lower() for i in differing} == {"crane", "cardigan", "maillot"}


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100", "imagenet"])
def test_names_and_numbers_lead_back_to_their_class(dataset: str) -> None:
    names = class_names(dataset)
    for index in range(0, len(names), 7):
        name = names[index]
        assert class_index(names, name) == index
        assert class_index(names, name.upper().replace(" ", "_")) == index
        assert class_index(names, f" {index} ") == index


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100", "imagenet"])
def test_no_two_classes_are_called_alike(dataset: str) -> None:
    names = class_names(dataset)
    assert len({plain_name(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("Espresso", 967),
        ("aircraft  carrier", 403),
        ("jack-o'-lantern", 607),
        ("crane_bird", 134),
        ("tiger", 292),
    ],
)
def test_spelling_is_forgiving(text: str, index: int) -> None:
    assert class_index(class_names("imagenet"), text) == index


@pytest.mark.parametrize("word", ["crane", "Maillot", "cardigan"])
def test_a_name_of_two_classes_is_asked_back(word: str) -> None:
    renamed = {i: name for i, name in IMAGENET_RENAMED.items() if name.lower().startswith(word.lower())}
    with pytest.raises(BadConfig) as refused:
        class_index(class_names("imagenet"), word)
    for index, name in renamed.items():
        assert f"{name!r} (class {index})" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "suggested"),
    [("espreso", "'espresso'"), ("cat", "'Egyptian cat'"), ("golden retreiver", "'golden retriever'")],
)
def test_unknown_names_get_the_nearest(text: str, suggested: str) -> None:
    with pytest.raises(BadConfig, match=f"Unknown class '{text}'. Did you mean .*{suggested}"):
        class_index(class_names("imagenet"), text)


@pytest.mark.parametrize("text", ["", "qqqq", "9" * 5000, "²", "1.5"])
def test_hopeless_names_get_the_range(text: str) -> None:
    with pytest.raises(
        BadConfig, match="The 10 classes run from 'airplane' to 'truck'; their numbers work too"
    ):
        class_index(class_names("cifar10"), text)


@pytest.mark.parametrize("text", ["-1", "10", "999999999"])
def test_numbers_out_of_range_get_the_range(text: str) -> None:
    with pytest.raises(BadConfig, match="they are numbered from 0 to 9"):
        class_index(class_names("cifar10"), text)
