"""Randomised smoothing: certify (Cohen, Rosenfeld and Kolter, arXiv 1902.02918, section 3.2.2, CERTIFY).

A hundred samples choose the class; others, which the choice has not seen, say how often it comes at least.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from malt_core.certificates.types import Certificate, SmoothingConfig, lower_bound, radius_of
from malt_core.numerics.checks import check_batch
from malt_core.numerics.gradients import match_memory_format
from malt_core.numerics.guard import evaluation_mode
from malt_core.numerics.modules import Network
from malt_core.numerics.random import row_generator

TOGETHER = 64  # noisy images in a forward pass


def certify_steps(
    network: Network, x: Tensor, config: SmoothingConfig, *, index: int = 0
) -> Iterator[int | Certificate]:
    """Yield how many samples are drawn so far, then the certificate of one image.

    network: from (B, C, H, W) to logits (B, K). x: (C, H, W) in [0, 1]; noise leaves that range, as it does
    in the paper. index: of the image in its data set, on which the noise depends, beside the seed. Raises
    BadImage where x is no image.
    """
    x = check_batch(x[None])[0]
    source, drawn = row_generator(config.seed, index, 0), 0
    votes = []  # of the selection, then of the estimation
    for samples in (config.selection, config.samples):
        votes.append(0)
        for begin in range(0, samples, TOGETHER):
            n = min(TOGETHER, samples - begin)
            votes[-1] = votes[-1] + _votes(network, x, config.sigma, n, source)
            drawn += n
            yield drawn
    answer = int(votes[0].argmax())
    count = int(votes[1][answer])
    lower = lower_bound(count, config.samples, config.alpha)
    yield Certificate(
        answer=answer if lower > 0.5 else -1,
        count=count,
        lower=lower,
        radius=radius_of(lower, config.sigma),
    )


def certify(network: Network, x: Tensor, config: SmoothingConfig, *, index: int = 0) -> Certificate:
    """Return the certificate of one image; see certify_steps."""
    *_, last = certify_steps(network, x, config, index=index)
    assert isinstance(last, Certificate)
    return last


@torch.no_grad()
def _votes(network: Network, x: Tensor, sigma: float, n: int, source: torch.Generator) -> Tensor:
    """Return how often n noisy copies of x get which class, (K,)."""
    noise = torch.randn((n, *x.shape), generator=source).to(x)
    with evaluation_mode(network):
        z = network(match_memory_format(network, x + sigma * noise))
    return nn.functional.one_hot(z.argmax(1), z.shape[1]).sum(0)
