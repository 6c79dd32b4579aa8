"""Images, networks and the judge of the benchmarks."""

import pytest
import torch

from benchmarks.common import LeftTheBall, judge, network, right_images
from malt_core.errors import BadConfig
from tests.helpers.analytic import classes, images, smooth_cnn
from tests.helpers.evaluations import load
from tests.helpers.parquet import write


def test_the_first_images_that_the_network_gets_right(tmp_path):
    model, x = load(), images(120)
    y = classes(model, x)
    y[::3] = (y[::3] + 1) % 12
    source = str(write(tmp_path / "data.parquet", x, y))
    found, labels, places = right_images(model, source, 60)
    expected = [i for i in range(120) if i % 3][:60]
    assert places == expected
    assert torch.equal(found, x[expected])
    assert torch.equal(labels, y[expected])
    assert len(right_images(model, source, 1000)[2]) == 80


def test_images_that_cannot_be_read_are_passed_over(tmp_path):
    model, x = load(), images(60)
    path = write(tmp_path / "data.parquet", x, classes(model, x), damaged=range(53))
    found, _, places = right_images(model, str(path), 4)
    assert places == [53, 54, 55, 56]
    assert torch.equal(found, x[53:57])


def test_data_that_does_not_fit_is_said_so(tmp_path):
    model, x = load(), images(3)
    source = str(write(tmp_path / "data.parquet", x, (classes(model, x) + 1) % 12))
    with pytest.raises(BadConfig, match=r"gets no image of .*data\.parquet right"):
        right_images(model, source, 2)
    with pytest.raises(BadConfig, match=r"missing\.parquet"):
        right_images(model, str(tmp_path / "missing.parquet"), 2)
    with pytest.raises(BadConfig, match="must know its classes"):
        right_images(smooth_cnn(), source, 2)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_judge_looks_for_itself(norm):
    model, x = smooth_cnn(), images(10)
    y = classes(model, x)
    other = (x + 0.02 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    eps = 0.1 if norm == "linf" else 2.0
    assert torch.equal(judge(model, x, other, y, norm, eps), classes(model, other) != y)
    assert judge(model, x, x, (y + 1) % 12, norm, eps).all()
    with pytest.raises(LeftTheBall, match=r"where 0\.255/255 was allowed"):
        judge(model, x, other, y, norm, 0.001)


@pytest.mark.parametrize("value", [-0.001, 1.001, torch.nan])
def test_the_judge_turns_down_what_is_no_image(value):
    model, x = smooth_cnn(), images(2)
    bad = x.clone()
    bad[1, 0, 3, 3] = value
    with pytest.raises(LeftTheBall, match="outside"):
        judge(model, x, bad, classes(model, x), "linf", 1.0)


def test_networks_by_name():
    untrained = network("random/17")
    x = images(2, shape=(3, 32, 32))
    assert untrained(x).shape == (2, 17)
    assert torch.equal(untrained(x), network("random/17")(x))
    assert not any(p.requires_grad for p in untrained.parameters())
    mine = network("tests.helpers.analytic:smooth_cnn")
    assert torch.equal(mine(images(3)), smooth_cnn()(images(3)))
    assert not mine.training


@pytest.mark.parametrize(
    "spec", ["random/many", "random/1", "nobody/knows", "tests.nowhere:f", "tests.helpers.analytic:f"]
)
def test_a_network_that_is_not_there(spec):
    with pytest.raises(BadConfig):
        network(spec)
