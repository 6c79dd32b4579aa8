"""Attacks on one module that overlap: it is in evaluation mode until the last has ended, then as before."""

import threading

import pytest
import torch
from torch import nn

from malt_core import AttackConfig, MaltWarning, attack
from malt_core.numerics.guard import evaluation_mode
from tests.helpers.analytic import images, sample, smooth_cnn
from tests.helpers.attacks import fast, same_batch


def network() -> nn.Module:
    return nn.Sequential(smooth_cnn(), nn.BatchNorm1d(12), nn.Dropout(0.5)).train()


def test_the_mode_comes_back_with_the_last_of_overlapping_attacks_in_any_order():
    model = network()
    model[1].eval()
    before = [m.training for m in model.modules()]
    first, second = evaluation_mode(model), evaluation_mode(lambda x: model(x))
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not any(m.training for m in model.modules())
    second.__exit__(None, None, None)
    assert [m.training for m in model.modules()] == before


def test_two_open_iterators_of_one_module():
    model, x = network(), images(2)
    config = AttackConfig(n_iter=5, n_targets=2, eps=1 / 255)
    alone = list(attack(model, sample(x[0]), config))[-1].result
    first, second = attack(model, sample(x[0]), config), attack(model, sample(x[1]), config)
    next(first), next(second)
    second.close()
    assert not model.training
    assert torch.equal([*first][-1].result.adversarial, alone.adversarial)
    assert all(m.training for m in model.modules())


def test_attacks_in_threads_find_what_each_finds_alone():
    model, x = network(), images(8)
    alone = fast(model, x)
    found = []
    threads = [threading.Thread(target=lambda: found.append(fast(model, x))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(same_batch(result, alone) for result in found)
    assert all(m.training for m in model.modules())


def test_a_module_that_is_switched_to_training_meanwhile_stays_so_with_a_warning():
    model = smooth_cnn().eval()
    with pytest.warns(MaltWarning, match="switched to training mode"), evaluation_mode(model):
        model.train()
    assert model.training
