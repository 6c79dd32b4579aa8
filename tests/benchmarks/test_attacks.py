"""The attacks of the comparison, one by one on a small network."""

import pytest
import torch

from benchmarks import others, worker
from benchmarks.attacks import ATTACKS, Attack, Settings
from benchmarks.common import judge
from tests.helpers.analytic import classes, images, smooth_cnn

WEAK = Settings(eps=2.5 / 255, steps=6, batch_size=5)
STRONG = Settings(eps=0.5, steps=6, batch_size=5)  # nobody withstands, so that autoattack is over at once


@pytest.fixture(autouse=True)
def installed(request):
    if "name" in request.fixturenames:
        package = ATTACKS[request.getfixturevalue("name")].package
        if package and others.missing(package):
            pytest.skip(f"{package} is not installed (requirements-benchmarks.txt)")


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.filterwarnings("ignore:it seems that the output is a probability")
def test_what_an_attack_returns_and_what_it_costs(name):
    model, x = smooth_cnn().eval().requires_grad_(False), images(8)
    y = classes(model, x)
    settings = STRONG if name == "autoattack" else WEAK
    found, cost = worker.measure(name, model, x, y, settings)
    fooled = judge(model, x, found, y, "linf", settings.eps)
    assert fooled.any()
    assert cost["seconds"] > 0
    assert cost["floor_seconds"] > 0
    assert min(cost["n_forward"], cost["n_backward"]) > 0
    assert cost["precision"] in ("float32", "bfloat16")
    if name != "malt":
        assert cost["precision"] == "float32" or name == "malt-faithful"
    again, _ = worker.measure(name, model, x, y, settings)
    if name not in ("malt", "malt-faithful"):  # which may find the other precision faster this time
        assert torch.equal(again, found)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "autoattack"])
def test_no_attack_makes_more_calls_than_its_progress_expects(name, monkeypatch):
    heard = []
    monkeypatch.setattr(worker.Progress, "tick", lambda self, with_gradient: heard.append(with_gradient))
    model, x = smooth_cnn().eval().requires_grad_(False), images(8)
    settings = Settings(eps=1e-6, steps=6, batch_size=5, bf16=False)
    worker.measure(name, model, x, classes(model, x), settings)
    with_gradient, without = ATTACKS[name].most(8, 12, settings)
    assert 0 < heard.count(True) <= with_gradient
    assert heard.count(False) <= without + 12  # verdicts and first looks


def test_ours_without_bfloat16_is_float32():
    model, x = smooth_cnn().eval(), images(4)
    settings = Settings(eps=1 / 255, steps=2, bf16=False)
    for name in ("malt", "malt-faithful", "malt-float32"):
        _, cost = worker.measure(name, model, x, classes(model, x), settings)
        assert cost["precision"] == "float32"


def test_peak_memory_is_that_of_the_attack(monkeypatch):
    def hungry(model, x, y, settings):
        torch.ones(50_000_000)  # 200 MB
        return ATTACKS["malt-float32"].run(model, x, y, settings)

    model, x = smooth_cnn().eval(), images(4)
    y = classes(model, x)
    _, modest = worker.measure("malt-float32", model, x, y, WEAK)
    if modest["peak_mb"] is None:
        pytest.skip("only Linux says how much memory a process takes")
    monkeypatch.setitem(
        worker.ATTACKS,
        "hungry",
        Attack(title="hungry", run=hungry, most=ATTACKS["malt"].most),
    )
    _, cost = worker.measure("hungry", model, x, y, WEAK)
    assert cost["peak_mb"] > 180
    _, after = worker.measure("malt-float32", model, x, y, WEAK)
    assert max(modest["peak_mb"], after["peak_mb"]) < 100
