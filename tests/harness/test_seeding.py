"""Random numbers of one's own: the global generator's sequence, untouched by whoever else draws."""

from __future__ import annotations

import threading

import torch

from malt_core.harness.seeding import SeededDraws


def draws() -> list[torch.Tensor]:
    return [torch.rand(3), torch.randn([2, 2]), torch.rand((1, 4)), torch.randn(5)]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(map(torch.equal, a, b))


def globally(seed: int) -> list[torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return draws()


def test_they_are_those_of_the_global_generator_with_that_seed() -> None:
    with SeededDraws(5) as own:
        first = draws()
        own.seed(6)
        second = draws()
    assert same(first, globally(5))
    assert same(second, globally(6))
    assert not same(first, second)


def test_the_global_state_neither_moves_nor_matters() -> None:
    before = torch.random.get_rng_state()
    with SeededDraws(5):
        draws()
    assert torch.equal(torch.random.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]), SeededDraws(5):
        torch.random.manual_seed(99)
        drawn = draws()
    assert same(drawn, globally(5))


def test_other_threads_draw_as_ever() -> None:
    theirs: list[list[torch.Tensor]] = []
    with SeededDraws(5):
        thread = threading.Thread(target=lambda: theirs.append(globally(8)))
        thread.start()
        thread.join()
    assert same(theirs[0], globally(8))


def test_a_generator_that_is_named_is_kept() -> None:
    with SeededDraws(5):
        drawn = torch.rand(4, generator=torch.Generator().manual_seed(3))
    assert torch.equal(drawn, torch.rand(4, generator=torch.Generator().manual_seed(3)))
