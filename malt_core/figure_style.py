"""The one table of colours and dashes that every figure takes its own from. Imports nothing."""

from __future__ import annotations

# Okabe and Ito's colours, which colour-blind people can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dot", "dashdot")  # for the second and third round through the colours
CROWD = "#9a9a9a"  # what is too many to be told apart
# As in the path player: what the model answers, words beside it, and the straight line.
INK, QUIET, LINEAR = "#1f2430", "#555555", "#008763"
