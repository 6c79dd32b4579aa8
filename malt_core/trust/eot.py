"""Randomised networks: gradients averaged, and verdicts by majority, over several draws of their noise.

Expectation over transformation (Athalye, Engstrom, Ilyas and Kwok, arXiv 1707.07397), as Athalye, Carlini and
Wagner use it against stochastic gradients (arXiv 1802.00420, section 4.2): a single draw says little of a
network that is run many times.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import torch
from torch import Tensor, nn

from malt_core.numerics.modules import Network, modules_within
from malt_core.numerics.random import own_randomness
from malt_core.trust import flags, soundness
from malt_core.trust.flags import Flag
from malt_core.trust.soundness import TriedOut

SURE = 2.0  # standard deviations of the difference of two classes' votes by which a majority holds


class Averaged(nn.Module):
    """The mean of `draws` answers of a randomised network, and their majority where a verdict is wanted.

    With a gradient, its answer to images (B, C, H, W) is the mean of the logits (B, K). Without, the same,
    but that the class with the most votes has the highest logit, in exchange with whichever had it; of
    several with the most votes, the one with the highest mean logit. The noise comes from seed and the number
    of the call; the global generators of torch, numpy and Python stay as they were.
    """

    def __init__(self, network: Network, draws: int, seed: int) -> None:
        super().__init__()
        self.network, self.draws, self.seed, self.calls = network, draws, seed, 0
        self.training = False

    def forward(self, x: Tensor) -> Tensor:
        answers = self.answers(x)
        return answers.mean(0) if torch.is_grad_enabled() and x.requires_grad else self.majority(answers)

    @staticmethod
    def majority(answers: Tensor) -> Tensor:
        """Return the mean of answers (N, B, K), (B, K), where the class with most votes is the highest."""
        mean, votes = answers.mean(0), count(answers)
        best = mean.masked_fill(votes < votes.amax(1, keepdim=True), -torch.inf).argmax(1, keepdim=True)
        first = mean.argmax(1, keepdim=True)
        highest, other = mean.gather(1, first), mean.gather(1, best)
        return mean.scatter(1, first, other).scatter(1, best, highest)

    @torch.no_grad()
    def votes(self, x: Tensor) -> Tensor:
        """Return how many of `draws` new answers name which class, (B, K) int64."""
        return count(self.answers(x))

    def answers(self, x: Tensor, draws: int | None = None) -> Tensor:
        """Return new answers to images x (B, C, H, W), (draws, B, K)."""
        found = []
        for _ in range(self.draws if draws is None else draws):
            self.calls += 1
            digest = hashlib.sha256(f"{self.seed}/{self.calls}".encode()).digest()
            with own_randomness(int.from_bytes(digest[:4], "little"), x.device):
                found.append(self.network(x))
        return torch.stack(found)


def averages(network: Network) -> bool:
    """Return whether a network, or a part of it, averages draws: each time it is asked they are others."""
    return any(isinstance(module, Averaged) for module in modules_within(network))


def count(answers: Tensor) -> Tensor:
    """Return how many of answers (N, B, K) name which class, (B, K)."""
    names = answers.detach().argmax(2)
    return nn.functional.one_hot(names, answers.shape[2]).sum(0)


def unsure(votes: Tensor) -> Tensor:
    """Return whose majority other draws may overturn, ties among them, of votes (B, K), (B,) bool.

    Two classes with n votes between them differ by sqrt(n) or so by chance alone.
    """
    first, second = votes.topk(2, dim=1).values.unbind(1)
    return (first - second) < SURE * (first + second).double().sqrt()


def tied(votes: Tensor) -> Tensor:
    """Return whose most votes went to more classes than one, (B,) bool."""
    first, second = votes.topk(2, dim=1).values.unbind(1)
    return first == second


def fooled(votes: Tensor, y: Tensor) -> Tensor:
    """Return where a class besides the label y (B,) has more of votes (B, K) than that, (B,) bool."""
    own = votes.gather(1, y[:, None])
    return votes.scatter(1, y[:, None], -1).amax(1) > own[:, 0]


def flags_of(votes: Tensor, images: list[int], draws: int) -> list[Flag]:
    """Return a flag where other draws might give another verdict. votes: (B, K), of those images."""
    those = [i for i, is_unsure in zip(images, unsure(votes).tolist(), strict=True) if is_unsure]
    return [flags.wavering(those, int(tied(votes).sum()), draws)] if those else []


def try_out(network: Network, x: Tensor, draws: int, seed: int) -> TriedOut:
    """Return soundness.try_out; with more than one draw, for the average, where noise is no surprise."""
    if draws == 1:
        return soundness.try_out(network, x)
    with own_randomness(seed, x.device):
        tried = soundness.look_at(network, x)
    return replace(tried, network=Averaged(tried.network, draws, seed), flags=settled(tried.flags))


def settled(known: tuple[Flag, ...]) -> tuple[Flag, ...]:
    """Return flags without that of noise: the votes tell more of it."""
    return tuple(each for each in known if each.code != "randomised")
