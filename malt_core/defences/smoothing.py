"""Randomised smoothing (Cohen, Rosenfeld and Kolter, arXiv 1902.02918): a vote under Gaussian noise."""

from __future__ import annotations

import torch
from scipy.stats import binomtest
from torch import Tensor, nn

from malt_core.defences.randomised import Randomised
from malt_core.trust.eot import count
from malt_core.trust.refusals import Answer, Refusing

VOTES = 50  # noisy copies for a verdict
ALPHA = 0.001  # how often an answer may be given that infinitely many copies would not give


class WithNoise(nn.Module):
    """The network, shown images with Gaussian noise of standard deviation sigma, not clipped to [0, 1]."""

    def __init__(self, network: nn.Module, sigma: float) -> None:
        super().__init__()
        self.network, self.sigma = network, sigma

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x + self.sigma * torch.randn(x.shape, dtype=x.dtype).to(x.device))


class Smoothing(Refusing):
    """The class that most noisy copies name; it abstains where they do not clearly (algorithm PREDICT).

    Where a gradient is asked for, the mean logits of `draws` copies have to do (Salman et al., arXiv
    1906.04584, attack smoothed networks so); a verdict asks for `votes`.
    """

    abstains = True

    def __init__(
        self, network: nn.Module, sigma: float, draws: int, *, votes: int = VOTES, seed: int = 0
    ) -> None:
        super().__init__()
        self.noisy = Randomised(WithNoise(network, sigma), draws, seed)
        self.votes = votes

    def answer(self, x: Tensor) -> Answer:
        if torch.is_grad_enabled() and x.requires_grad:
            z = self.noisy(x)
            return Answer(z, torch.full_like(z[:, 0], -1.0))
        answers = self.noisy.answers(x, self.votes)
        return Answer(self.noisy.majority(answers), _not_clear(count(answers)).to(x.dtype) - 0.5)


def _not_clear(votes: Tensor) -> Tensor:
    """Return whose first two classes of votes (B, K) may be the other way round, (B,) bool."""
    first, second = votes.topk(2, dim=1).values.unbind(1)
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    clear = [binomtest(most, most + next_, 0.5).pvalue <= ALPHA for most, next_ in pairs]
    return ~torch.tensor(clear, device=votes.device)
