"""Networks that can refuse a picture, or abstain, and how an attack that knows it takes that into account.

A detector's score joins the loss as Carlini and Wagner have it (arXiv 1705.07263, section 3.2): they give the
answer "refused" a logit of its own, the highest logit of a class where the score is at its threshold, higher
beyond. Here it is the label that gets it, since a refused picture has withstood just as one that is named
rightly: any attack on logits is one on network and detector at once, and fools only where both are fooled.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from malt_core.numerics import gradients
from malt_core.numerics.gradients import Network, Passes
from malt_core.trust.eot import Averaged

WEIGHT = 5.0  # logits that a score of twice its threshold puts the label above all others


@dataclass(frozen=True)
class Answer:
    """logits: (B, K); doubt: (B,), above 0 where the network refuses or abstains."""

    logits: Tensor
    doubt: Tensor


class Refusing(nn.Module):
    """A network from images (B, C, H, W) to logits (B, K) that can refuse one, or abstain.

    abstains: whether that is an error by itself, as where a vote is not clear. Otherwise a refused picture
    counts as wrong where nobody attacked it, and as withstood where somebody did.
    """

    abstains = False

    def answer(self, x: Tensor) -> Answer:
        """Return logits and doubt about images x (B, C, H, W), with the gradient of both."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(x).logits

    @torch.no_grad()
    def refuses(self, x: Tensor) -> Tensor:
        """Return which images x (B, C, H, W) it gives no answer to, (B,) bool."""
        return self.answer(x).doubt > 0


def refusing_within(network: Network) -> Refusing | None:
    """Return the network within its wrappers that can refuse, None where nothing there can.

    An attack's own view of it (WithLabels) takes refusals into account already, and counts as none.
    """
    while isinstance(network, nn.Module) and not isinstance(network, (Refusing, WithLabels)):
        inner = getattr(network, "network", None)
        network = getattr(network, "model", None) if inner is None else inner
    return network if isinstance(network, Refusing) else None


class WithLabels(nn.Module):
    """A network that can refuse, as an attack on images x (N, C, H, W) with labels y (N,) should see it.

    Its answer to a point is about the nearest of the images. A refused point keeps that image's label: the
    label's logit is above all others by WEIGHT for each multiple of the threshold. One that abstains has lost
    it: the label's logit is below the next.
    """

    def __init__(self, network: Network, refusing: Refusing, x: Tensor, y: Tensor) -> None:
        super().__init__()
        self.network, self.refusing, self.x, self.y = network, refusing, x.detach(), y
        self.training = False

    def forward(self, x: Tensor) -> Tensor:
        found = self.refusing.answer(x)
        z, doubt = found.logits, found.doubt.to(found.logits.dtype)
        y = self._labels(x)[:, None]
        label = z.gather(1, y)
        others = z.scatter(1, y, -torch.inf).amax(1, keepdim=True)
        if self.refusing.abstains:
            below = others - (1e-3 * (z.amax(1) - z.amin(1))[:, None]).clamp_min(1e-6).detach()
            return z.scatter(1, y, torch.where(doubt[:, None] > 0, torch.minimum(label, below), label))
        best = torch.maximum(label, others)
        return z.scatter(1, y, torch.maximum(label, best + WEIGHT * doubt[:, None]))

    @torch.no_grad()
    def _labels(self, x: Tensor) -> Tensor:
        """Return the labels (B,) of the images that points x (B, C, H, W) are nearest to."""
        if len(self.x) == 1:
            return self.y.expand(len(x))
        return self.y[torch.cdist(x.detach().flatten(1).float(), self.x.flatten(1).float()).argmin(1)]


def with_labels(network: Network, x: Tensor, y: Tensor) -> Network:
    """Return the network as an attack on images x (B, C, H, W) with labels y (B,) should see it.

    It stays as it is where it cannot refuse; the average of one that can is the average of such a view.
    """
    refusing = refusing_within(network)
    if refusing is None or not len(x):
        return network
    if isinstance(network, Averaged):
        return Averaged(WithLabels(network.network, refusing, x, y), network.draws, network.seed)
    return WithLabels(network, refusing, x, y)


def abstains(network: Network) -> bool:
    """Return whether giving no answer is an error of this network, attacked or not."""
    refusing = refusing_within(network)
    return refusing is not None and refusing.abstains


@torch.no_grad()
def verdict(network: Network, x: Tensor, passes: Passes) -> tuple[Tensor, Tensor]:
    """Return logits (B, K) for images x (B, C, H, W), and to which it gives no answer, (B,) bool.

    As gradients.logits, for any logits: in full precision, without a graph.
    """
    refusing = refusing_within(network)
    if refusing is None:
        z = gradients.logits(network, x, passes, any_number=True)
        return z, torch.zeros(len(x), dtype=torch.bool, device=x.device)
    found: list[Tensor] = []

    def answer(points: Tensor) -> Tensor:
        given = refusing.answer(points)
        found.append(given.doubt > 0)
        return given.logits

    z = gradients.logits(answer, x, passes, any_number=True)
    if isinstance(network, Averaged):
        z = gradients.logits(network, x, Passes(), any_number=True)
    return z, found[0]
