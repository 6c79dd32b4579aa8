"""How far an attack has come, with the most time it can still take."""

from __future__ import annotations

import sys
import time
from typing import TextIO

EVERY = 10.0  # seconds between lines
FORWARD_ONLY = 1 / 3  # cost of a forward pass without a gradient, as a share of one with it


def clock(seconds: float) -> str:
    """Return "8 s", "3 min 20 s" or "1 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Progress:
    """Prints a line every ten seconds. most: how many calls of the network the attack makes at the most,
    with gradient and without, if every image withstands it to the end.

    The calls left are priced at what the last ones cost. As images fall, calls get cheaper and fewer, so the
    time left is an upper bound that shrinks.
    """

    def __init__(self, name: str, most: tuple[int, int], out: TextIO = sys.stderr) -> None:
        self.name, self.out = name, out
        self.most = most[0] + FORWARD_ONLY * most[1]
        self.done = self.done_at_line = 0.0
        self.started = self.at_line = time.monotonic()

    def tick(self, with_gradient: bool) -> None:
        """Take note of one more call."""
        now = time.monotonic()
        if now - self.at_line >= EVERY:
            self._show(now)
        self.done += 1 if with_gradient else FORWARD_ONLY

    def _show(self, now: float) -> None:
        recent = (now - self.at_line) / max(self.done - self.done_at_line, FORWARD_ONLY)
        left = max(self.most - self.done, 0) * recent
        print(
            f"  {self.name}: {clock(now - self.started)}, at most {clock(left)} left",
            file=self.out,
            flush=True,
        )
        self.at_line, self.done_at_line = now, self.done
