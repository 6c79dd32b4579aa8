"""The one table of colours and dashes that every figure takes its own from. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass

# Okabe and Ito's colours, which colour-blind people can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dot", "dashdot")  # for the second and third round through the colours
CROWD = "#9a9a9a"  # what is too many to be told apart
# As in the path player: what the model answers, words beside it, and the straight line.
INK, QUIET, LINEAR = "#1f2430", "#555555", "#008763"


@dataclass(frozen=True)
class Theme:
    """The colours of a drawing: ground, words, words beside them, the straight line, rules, a shade."""

    paper: str
    ink: str
    quiet: str
    linear: str
    rule: str
    shade: str


LIGHT = Theme("#ffffff", INK, QUIET, LINEAR, "#888888", "#f1f1f1")
DARK = Theme("#12151c", "#eceff4", "#a9b1bd", "#2fc39a", "#8a93a1", "#20252f")
