"""One id, one network."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from malt_core import load_model
from malt_core.comparison.cards import model_card
from malt_core.defences.catalogue import DEFENCES
from malt_core.errors import BadConfig
from malt_core.models.catalogue import list_models, model_info
from malt_core.networks import (
    defence_of,
    defended_ids,
    load_network,
    network_info,
    undefended,
    weights_digest,
)
from malt_core.trust.refusals import Refusing
from tests.helpers.analytic import images

STANDARD = "tiny-imagenet/standard"


def test_describing_networks_loads_no_torch() -> None:
    code = (
        "import sys; from malt_core.networks import defended_ids, network_info;"
        "list(map(network_info, defended_ids())); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_stands_in_the_catalogue_is_as_before() -> None:
    assert all(network_info(info.id) is info for info in list_models())
    assert load_network(STANDARD) is load_model(STANDARD)


def test_a_defended_network_tells_its_own_of_the_one_within() -> None:
    id = f"defended/jpeg/{STANDARD}"
    info, inner = network_info(id), model_info(STANDARD)
    assert (info.id, info.classes, info.size) == (id, inner.classes, inner.size)
    assert info.title == f"{inner.title}, behind JPEG compression"
    assert (undefended(id), undefended(STANDARD)) == (STANDARD, STANDARD)
    assert defence_of(STANDARD) is None
    assert weights_digest(id) == ""
    assert DEFENCES["jpeg"].sentence in model_card(id)


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("defended/foo/tiny-imagenet/standard", "choose jpeg, bit-depth"),
        ("defended/jpeg/tiny-imagenet/standart", "tiny-imagenet/standard"),
        ("defended/jpeg", "Unknown model ''"),
        ("defended/smoothing/tiny-imagenet/standard", "It goes with tiny-imagenet/noise"),
        ("defended/vote/imagenet/efficientnet-lite0", "tiny-imagenet/robust"),
        ("defended/reformer/autoattack/resnet18-cifar10", "tiny-imagenet/robust"),
    ],
)
def test_a_wrong_id_is_told_what_there_is(id: str, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        network_info(id)


@pytest.mark.parametrize("defence", DEFENCES)
def test_each_defence_loads_and_does_what_its_record_says(defence: str) -> None:
    id = next(id for id in defended_ids() if id.startswith(f"defended/{defence}/tiny-imagenet/"))
    network, record = load_network(id), DEFENCES[defence]
    assert network.info == network_info(id)
    x = images(1, shape=(3, 64, 64)).requires_grad_()
    z = network(x)
    assert z.shape == (1, 200)
    (gradient,) = torch.autograd.grad(z[0, 0], x)
    assert gradient.abs().sum() > 0
    assert isinstance(network, Refusing) == (record.refuses or record.abstains)
    if isinstance(network, Refusing):
        assert network.abstains == record.abstains
    assert record.randomised == (not torch.equal(network(x), z))
