"""What APGD maximises on its way to a target class t, from logits z (B, K) and labels y (B,).

AutoAttack's targeted "difference of logits ratio" is the one used here (Croce & Hein 2020,
arXiv 2003.01690, section 4.2 and their code):  -(z_y - z_t) / (z_(1) - (z_(3) + z_(4)) / 2),
with z_(i) the i-th highest logit. It does not change when logits are shifted or scaled. The authors of
MALT call another library whose form takes z_t minus the best *other* logit; that one is not used here.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

LossName = Literal["dlr-targeted", "margin"]


def margin_to(z: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """Return m_t = z_y - z_t, (B,): below 0 where the target is more likely than the label."""
    return (z.gather(1, y[:, None]) - z.gather(1, target[:, None]))[:, 0]


def best_margin(z: Tensor, y: Tensor) -> Tensor:
    """Return z_y - max over i != y of z_i, (B,): below 0 where the model is fooled."""
    others = z.scatter(1, y[:, None], -torch.inf)
    return z.gather(1, y[:, None])[:, 0] - others.amax(1)


def loss_name(n_classes: int) -> LossName:
    """Return which loss fits: the ratio needs a fourth-highest logit, so fewer classes use the margin."""
    return "dlr-targeted" if n_classes >= 4 else "margin"


def targeted_loss(z: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """Return the loss that APGD maximises, (B,): the targeted DLR, or -m_t below four classes."""
    if loss_name(z.shape[1]) == "margin":
        return -margin_to(z, y, target)
    top = z.topk(4, dim=1).values
    return -margin_to(z, y, target) / (top[:, 0] - 0.5 * (top[:, 2] + top[:, 3]) + 1e-12)
