"""The one table of colours and dashes that every figure takes its own from. Imports nothing."""

from __future__ import annotations

# Okabe and Ito's colours, which colour-blind people can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", "dot", "dashdot")  # for the second and third round through the colours
TRUE, LINEAR = PALETTE[0], PALETTE[2]  # the prediction is green in the path player as well
