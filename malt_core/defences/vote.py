"""Several networks that vote: the class that most of them name."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from malt_core.trust.eot import tied
from malt_core.trust.refusals import Answer, Refusing
from malt_core.trust.straight_through import with_gradient_of

LEAD = 1e-3  # logits by which the winner is above all others where smooth votes would have it otherwise


class Vote(Refusing):
    """The class that most members name; where several have the most votes, it abstains.

    Its logits are smooth votes, the log of the members' mean softmax, but that the winner's is the highest.
    The gradient is that of the smooth votes: every member is attacked at once, most of all those that a small
    step may turn (unlike with mean logits, where one that is fooled already pulls on).
    """

    abstains = True

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def answer(self, x: Tensor) -> Answer:
        answers = torch.stack([member(x).float() for member in self.members])
        smooth = answers.log_softmax(2).logsumexp(0) - torch.tensor(float(len(answers))).log()
        votes = F.one_hot(answers.detach().argmax(2), answers.shape[2]).sum(0)
        wins = votes == votes.amax(1, keepdim=True)
        winner = smooth.detach().masked_fill(~wins, -torch.inf).argmax(1, keepdim=True)
        highest, first = smooth.detach().max(1, keepdim=True)
        lifted = smooth.detach().scatter(1, winner, highest + LEAD * (winner != first))
        return Answer(with_gradient_of(smooth, lifted), tied(votes).float() - 0.5)
