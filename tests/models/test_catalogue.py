import json
import subprocess
import sys
from collections import Counter

import pytest

from malt_core.errors import BadConfig
from malt_core.models import refresh
from malt_core.models.catalogue import describe_models, list_models, model_info

HEAVY = ("torch", "torchvision", "robustbench", "timm", "requests", "numpy", "streamlit", "ray")


def test_offering_models_loads_nothing_heavy() -> None:
    code = (
        "import sys; from malt_core.models.catalogue import describe_models; describe_models();"
        f"loaded = set({HEAVY!r}) & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_robustbench_model_is_listed_under_its_own_name() -> None:
    refresh.zoo()
    from robustbench.model_zoo import model_dicts

    theirs = {
        f"robustbench/{dataset.value}/{threat.value}/{name}"
        for dataset, threats in model_dicts.items()
        for threat, models in threats.items()
        for name in models
    }
    assert {info.id for info in list_models("robustbench/*")} == theirs
    counts = Counter(tuple(id.split("/")[1:3]) for id in theirs)
    assert counts["cifar10", "Linf"] >= 76
    assert counts["cifar100", "Linf"] >= 38


def test_every_torchvision_classifier_is_listed_with_its_input_size() -> None:
    from torchvision import models

    sizes = {
        f"torchvision/{name}": models.get_model_weights(name).DEFAULT.transforms().crop_size * 2
        for name in models.list_models(module=models)
    }
    assert {info.id: list(info.size) for info in list_models("torchvision/*")} == sizes


@pytest.mark.parametrize(
    ("file", "rows"),
    [("robustbench.json", refresh.robustbench_rows), ("torchvision.json", refresh.torchvision_rows)],
)
def test_the_data_files_are_fresh(file: str, rows) -> None:
    stored = json.loads((refresh.DATA / file).read_text(encoding="utf-8"))
    assert stored == rows(), "run `python -m malt_core.models.refresh`"


@pytest.mark.parametrize(
    ("id", "robust", "eps", "size", "classes"),
    [
        ("autoattack/resnet18-cifar10", False, 1, 32, 10),
        ("imagenet/efficientnet-lite0", False, 1, 224, 1000),
        ("robustbench/cifar100/Linf/Wang2023Better_WRN-28-10", True, 8, 32, 100),
        ("robustbench/cifar10/L2/Rice2020Overfitting", True, 4, 32, 10),
        ("robustbench/cifar10/Linf/Standard", False, 1, 32, 10),
        ("robustbench/imagenet/Linf/Wong2020Fast", True, 4, 288, 1000),
        ("robustbench/imagenet/Linf/Debenedetti2022Light_XCiT-S12", True, 4, 224, 1000),
        ("robustbench/imagenet/Linf/Standard_R50", False, 1, 224, 1000),
        ("robustbench/imagenet/corruptions/AlexNet", False, 1, 224, 1000),
        ("robustbench/cifar10/corruptions/Hendrycks2020AugMix_WRN", False, 1, 32, 10),
        ("torchvision/vit_h_14", False, 1, 518, 1000),
    ],
)
def test_what_is_known_of_a_model(id: str, robust: bool, eps: int, size: int, classes: int) -> None:
    info = model_info(id)
    assert (info.robust, info.suggested_eps, info.size) == (robust, eps / 255, (size, size))
    assert len(info.classes) == classes


def test_what_was_not_trained_against_attacks_suggests_the_smallest_eps() -> None:
    assert all(info.robust == (info.suggested_eps > 1 / 255) for info in list_models())


def test_the_same_weights_are_as_robust_under_every_name() -> None:
    linf = model_info("robustbench/imagenet/Linf/Salman2020Do_50_2")
    corruptions = model_info("robustbench/imagenet/corruptions/Salman2020Do_50_2_Linf")
    assert linf.robust
    assert (corruptions.robust, corruptions.suggested_eps) == (linf.robust, linf.suggested_eps)


def test_only_what_needs_no_download_is_offline() -> None:
    offline = [info.id for info in list_models() if info.offline]
    ours = [info.id for info in list_models("tiny-imagenet/*")]
    lite = [info.id for info in list_models("imagenet/*") if not info.needs]
    assert offline == [*lite, *ours, "autoattack/resnet18-cifar10"]
    assert "imagenet/efficientnet-lite0" in lite
    assert len(ours) == 5


def test_licences_that_differ_are_told() -> None:
    assert model_info("robustbench/cifar10/Linf/Ding2020MMA").licence == "CC-BY-NC-SA-4.0"
    assert model_info("robustbench/cifar100/Linf/Gowal2020Uncovering_extra").licence == "Apache-2.0"
    assert model_info("torchvision/vit_h_14").licence == "CC-BY-NC-4.0"
    assert model_info("robustbench/cifar10/Linf/Carmon2019Unlabeled").licence == "MIT"


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("RESNET18", 4),
        ("torchvision/resnet*", {f"torchvision/resnet{n}" for n in (18, 34, 50, 101, 152)}),
        ("robustbench/cifar10/l2/*R18*", 3),
        ("no such model", set()),
    ],
)
def test_patterns(pattern: str, ids) -> None:
    found = {info.id for info in list_models(pattern)}
    assert (len(found) if isinstance(ids, int) else found) == ids


@pytest.mark.parametrize(
    ("id", "message"),
    [
        (
            "autoattack/resnet8-cifar10",
            "Unknown model 'autoattack/resnet8-cifar10'. Did you mean 'autoattack/resnet18-cifar10'? "
            "`malt models` lists all.",
        ),
        (
            "Peng2023Robust",
            "Unknown model 'Peng2023Robust'. Did you mean 'robustbench/cifar10/Linf/Peng2023Robust' or "
            "'robustbench/imagenet/Linf/Peng2023Robust'? `malt models` lists all.",
        ),
        (
            "imagent",
            "Unknown model 'imagent'. Did you mean 'imagenet/efficientnet-lite0' or "
            "'imagenet/efficientnet-lite1' or 'imagenet/efficientnet-lite2'? `malt models` lists all.",
        ),
        ("", "Unknown model ''. `malt models` lists all."),
    ],
)
def test_unknown_ids_get_the_nearest(id: str, message: str) -> None:
    with pytest.raises(BadConfig) as refused:
        model_info(id)
    assert str(refused.value) == message


def test_the_table_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALT_LAB_CACHE", "/somewhere")
    lines = describe_models("*resnet18*").splitlines()
    assert lines[0].split("  ")[0] == "id"
    assert lines[2].split() == [
        "autoattack/resnet18-cifar10",
        "cifar10",
        "32",
        "×",
        "32",
        "10",
        "1/255",
        "offline",
    ]
    assert lines[-1] == "4 models. Downloads are kept in /somewhere."
    starts = {
        line.index(word)
        for line, word in zip(lines[2:5], ["offline", "by download", "by download"], strict=True)
    }
    assert len(starts) == 1


def test_a_table_of_nothing_is_refused() -> None:
    with pytest.raises(BadConfig, match=r"No model matches 'resnet19'. Did you mean .*resnet18"):
        describe_models("resnet19")
