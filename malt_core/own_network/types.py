"""What is said of a network of one's own, step by step. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = {
    "keys": "The weights fit",
    "classes": "Number of classes",
    "normalisation": "Normalisation inside",
    "logits": "Logits, not probabilities",
    "repeatable": "The same answer twice, and in another batch",
    "gradient": "A gradient that is not zero",
    "labelled": "Right on your picture",
}
"""Every step, in order, and what has to hold."""


@dataclass(frozen=True)
class Step:
    """One step. name: of STEPS; passed: whether it holds; said: what was seen, and what to change if it does
    not, in sentences. A network that fails any but "labelled" is not attacked.
    """

    name: str
    passed: bool
    said: str

    @property
    def title(self) -> str:
        """What has to hold, for people."""
        return STEPS[self.name]

    @property
    def fatal(self) -> bool:
        """Whether nothing can be attacked then. One picture may well be named wrongly."""
        return not self.passed and self.name != "labelled"


@dataclass(frozen=True)
class Labelled:
    """A picture of the user's, and the class that it shows. data: the file's bytes; label: a class or its
    number, as typed.
    """

    data: bytes
    name: str
    label: str
