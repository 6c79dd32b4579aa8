"""What the list of networks calls them."""

from __future__ import annotations

from malt_core.models.catalogue import list_models
from ui.address.common import model_ids, model_name

CUT = 26  # letters that a narrow list shows


def test_names_tell_networks_apart_where_the_list_is_cut() -> None:
    offline = [model_name(info.id) for info in list_models() if info.offline]
    assert len({name[:CUT] for name in offline}) == len(offline)
    assert model_name("tiny-imagenet/robust").startswith("Robust · 200 classes")
    assert model_name("imagenet/efficientnet-lite0").startswith("Undefended · 1,000 classes")


def test_robustbench_is_found_with_what_is_published_the_most_robust_first() -> None:
    found = [model for model in model_ids() if "RobustBench" in model_name(model)]
    assert set(found) == {model for model in model_ids() if model.startswith("robustbench/")}
    assert "% clean, " in model_name("robustbench/cifar10/Linf/Carmon2019Unlabeled")
    linf = [model_name(model) for model in found if model.startswith("robustbench/cifar10/Linf/")]
    shares = [int(name.partition("% robust")[0].rpartition(" ")[2]) for name in linf if "% robust" in name]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) > 10


def test_a_download_says_its_size_where_it_is_published() -> None:
    assert model_name("torchvision/resnet50").endswith("98 MB")
