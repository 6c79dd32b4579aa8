"""What APGD maximises on its way to a target class t, from logits z (B, K) and labels y (B,).

AutoAttack's targeted "difference of logits ratio" is the one used here (Croce & Hein 2020,
arXiv 2003.01690, section 4.2 and their code):  -(z_y - z_t) / (z_(1) - (z_(3) + z_(4)) / 2),
with z_(i) the i-th highest logit. It does not change when logits are shifted or scaled. The authors of
MALT call another library whose form takes z_t minus the best *other* logit; that one is not used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

RTOL, ATOL = 2e-6, 1e-6  # differences of logits that float32 can make; ATOL in terms of their typical size

LossName = Literal["dlr-targeted", "margin"]


def margin_to(z: Tensor, y: Tensor, target: Tensor) -> Tensor:
    """Return m_t = z_y - z_t, (B,): below 0 where the target is more likely than the label."""
    return (z.gather(1, y[:, None]) - z.gather(1, target[:, None]))[:, 0]


@dataclass(frozen=True)
class SharedLogits:
    """Which classes of a network always have the same logit, as where a head repeats coarse logits.

    same_as: (K,) for each class the first one of the same logit; distinct: (D,) those first ones, ascending.
    """

    same_as: Tensor
    distinct: Tensor


def others(z: Tensor, y: Tensor, shared: SharedLogits | None = None) -> Tensor:
    """Return logits (B, K), -inf for y and for each class whose logit is that of y or an earlier class."""
    if shared is None:
        return z.scatter(1, y[:, None], -torch.inf)
    left = torch.full_like(z, -torch.inf)
    left[:, shared.distinct] = z[:, shared.distinct]
    return left.scatter_(1, shared.same_as[y][:, None], -torch.inf)


def best_margin(z: Tensor, y: Tensor, shared: SharedLogits | None = None) -> Tensor:
    """Return z_y - max over i != y of z_i, (B,): below 0 where the model is fooled.

    shared: classes that share the label's logit can never get past it, and are left out.
    """
    return z.gather(1, y[:, None])[:, 0] - others(z, y, shared).amax(1)


def loss_name(n_classes: int) -> LossName:
    """Return which loss fits: the ratio needs a fourth-highest logit, so fewer classes use the margin."""
    return "dlr-targeted" if n_classes >= 4 else "margin"


def shared_logits(z: Tensor) -> SharedLogits | None:
    """Return which classes share a logit; None if none do, or all.

    z: (B, K) finite logits, of at least two images. Two classes are the same where their logits agree, but
    for float32 rounding, on all the images: as where a head repeats coarse logits for its fine classes.

    Ties of a single image say nothing of the network, and in bfloat16 they are common: what is found here
    holds for the network, and is decided once, ahead of an attack.
    """
    if len(z) < 2:
        return None
    first, order = z[0].sort(stable=True)
    slack = ATOL * z.abs().median()
    near = (first[1:] - first[:-1]) <= slack + RTOL * first[1:].abs()
    if not near.any():  # so it is with most networks
        return None
    same_as = torch.arange(z.shape[1], device="cpu")
    begin, columns = 0, order.tolist()
    for end, goes_on in enumerate([*near.tolist(), False], start=1):
        if goes_on:
            continue
        _group(z, sorted(columns[begin:end]), slack, same_as)
        begin = end
    distinct = same_as.unique()
    if len(distinct) == z.shape[1] or len(distinct) < 2:
        return None
    return SharedLogits(same_as.to(z.device), distinct.to(z.device))


def _group(z: Tensor, columns: list[int], slack: Tensor, same_as: Tensor) -> None:
    """Write into same_as (K,) for each of these classes the first one that it cannot be told from."""
    while len(columns) > 1:
        first, others = columns[0], columns[1:]
        those = z[:, others]
        alike = ((those - z[:, first, None]).abs() <= slack + RTOL * those.abs()).all(0).tolist()
        for column, same in zip(others, alike, strict=True):
            if same:
                same_as[column] = first
        columns = [column for column, same in zip(others, alike, strict=True) if not same]


def targeted_loss(z: Tensor, y: Tensor, target: Tensor, shared: SharedLogits | None = None) -> Tensor:
    """Return the loss that APGD maximises, (B,): the targeted DLR, or -m_t below four classes.

    shared: of classes that share a logit only one counts for the ratio and its four classes, since it is
    constant, whatever x does, where z_(1) is z_(2) and both z_(3) and z_(4) are z_t.
    """
    ranked = z if shared is None else z[:, shared.distinct]
    if loss_name(ranked.shape[1]) == "margin":
        return -margin_to(z, y, target)
    top = ranked.topk(4, dim=1).values
    return -margin_to(z, y, target) / (top[:, 0] - 0.5 * (top[:, 2] + top[:, 3]) + 1e-12)
