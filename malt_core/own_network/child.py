"""The process in which somebody else's weights are looked at; see apart.py, which starts it."""

from __future__ import annotations

import json
import sys
from dataclasses import astuple
from typing import Any

from malt_core.models.providers.uploaded import Own, Spec
from malt_core.own_network.types import Labelled, Step


def limit_memory(megabytes: int) -> bool:
    """Let this process take so much more memory than it has now. Return whether this platform can do that."""
    try:
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):  # Windows and macOS
        return False
    return True


def main() -> None:
    """Read what to look at from standard input, write each step as a line of JSON, and null at the end."""
    import timm  # noqa: F401  ahead of the limit, and of what comes in
    import torch
    import torchvision  # noqa: F401

    from malt_core.own_network.checks import examine

    torch.set_num_threads(1)
    about: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    limit_memory(about["memory_mb"])
    try:
        data = sys.stdin.buffer.read(about["length"])
        labelled = about["labelled"] and Labelled(sys.stdin.buffer.read(), *about["labelled"][:2])
        spec = about["spec"]
        spec |= {name: spec[name] and tuple(spec[name]) for name in ("mean", "std")}
        for step in examine(Spec(**spec), data, about["names"], labelled or None):
            if not isinstance(step, Own):
                _say(astuple(step))
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "alloc" not in str(error):
            raise
        _say(astuple(Step("keys", False, _TOO_MUCH.format(about["memory_mb"]))))
    _say(None)


_TOO_MUCH = "Looking at it took more than {:,} MB of memory, which is the limit here: give a smaller network."


def _say(said: object) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
