"""The record of a second opinion: what an attack without gradients made of images left. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class SecondOpinion:
    """What a second opinion found; attacks/second_opinion.py says how.

    attack: the attack without gradients that was run, "square". queries: how often it could ask the network
    about an image. images: indices, from 0, of the images that were tried, ascending; fooled: those of them
    that it fooled; unbounded_failed: those that even a gradient attack with ε = 1 did not fool.
    n_forward, n_backward: images sent through the model for it each way; seconds: wall time.
    """

    queries: int
    images: tuple[int, ...]
    fooled: tuple[int, ...]
    unbounded_failed: tuple[int, ...]
    n_forward: int
    n_backward: int
    seconds: float
    attack: str = "square"

    def at(self, index: Sequence[int]) -> SecondOpinion:
        """Return the same where image i is called index[i]: for a part of a larger set of images."""
        names = {
            field: tuple(index[i] for i in getattr(self, field))
            for field in ("images", "fooled", "unbounded_failed")
        }
        return replace(self, **names)

    def with_draws(self, draws: int) -> SecondOpinion:
        """Return the same of a network that was asked so many times for each of its answers (eot.py)."""
        return replace(self, n_forward=draws * self.n_forward, n_backward=draws * self.n_backward)


def together(opinions: Iterable[SecondOpinion | None]) -> SecondOpinion | None:
    """Return several opinions as one, of the parts of a set of images; None for none.

    queries: the most of any.
    """
    asked = [opinion for opinion in opinions if opinion is not None]
    if not asked:
        return None

    def all_of(field: str) -> tuple[int, ...]:
        return tuple(sorted({i for opinion in asked for i in getattr(opinion, field)}))

    return SecondOpinion(
        queries=max(opinion.queries for opinion in asked),
        images=all_of("images"),
        fooled=all_of("fooled"),
        unbounded_failed=all_of("unbounded_failed"),
        n_forward=sum(opinion.n_forward for opinion in asked),
        n_backward=sum(opinion.n_backward for opinion in asked),
        seconds=sum(opinion.seconds for opinion in asked),
    )
