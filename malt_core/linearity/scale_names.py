"""The three scales of which the paper speaks (arXiv 2407.02240), and those between. No torch."""

from __future__ import annotations

MICROSCOPIC, MESOSCOPIC, MACROSCOPIC = 0.01, 1.0, 30.0  # in eps
REACHES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
SCALE_TITLES = {
    MICROSCOPIC: "Microscopic: ε/100",
    MESOSCOPIC: "Mesoscopic: ε",
    MACROSCOPIC: "Macroscopic: 30 ε",
}
"""For people."""
