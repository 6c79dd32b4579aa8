"""Somebody else's weights, looked at in a process of their own with a limit of memory. Needs no torch.

The bytes go through pipes, so that nothing is written to a disk, and what they do to that process harms no
other: it is ended where it takes too long, and cannot take more memory than it is given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from malt_core.models.providers.uploaded import Spec
from malt_core.own_network.types import Labelled, Step

PATIENCE = 180.0  # seconds


@dataclass(frozen=True)
class Limits:
    """What a network of somebody's own may cost a server.

    file_mb: its weights' file. memory_mb: what looking at it may take, beyond what PyTorch itself takes.
    networks: how many are kept at a time, by all sessions together.
    """

    file_mb: int = 200
    memory_mb: int = 2000
    networks: int = 12


def limits() -> Limits:
    """Return the limits: MALT_LAB_OWN_FILE_MB, _OWN_MEMORY_MB and _OWN_NETWORKS in the environment, else the
    defaults. What is no whole number counts as not set.
    """
    standard = Limits()
    return Limits(
        **{
            name: int(text)
            if (text := os.environ.get(f"MALT_LAB_OWN_{name.upper()}", "")).isdecimal()
            else value
            for name, value in asdict(standard).items()
        }
    )


def limited() -> bool:
    """Return whether this platform can limit a process's memory."""
    return sys.platform.startswith("linux")


def examine_apart(
    spec: Spec, data: bytes, names: Sequence[str] | None, labelled: Labelled | None, limit: Limits
) -> Iterator[Step]:
    """Yield each step, as checks.examine does, from another process, which ends with this generator.

    Torch's own files are never read. A step that could not be taken fails, and says why.
    """
    if len(data) > limit.file_mb * 1e6:
        yield Step("keys", False, too_large(spec.name, len(data), limit))
        return
    about = {
        "spec": asdict(spec),
        "names": None if names is None else list(names),
        "labelled": None if labelled is None else [labelled.name, labelled.label, len(labelled.data)],
        "memory_mb": limit.memory_mb,
        "length": len(data),
    }
    parts = (json.dumps(about).encode() + b"\n", data, labelled.data if labelled is not None else b"")
    home = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": home}
    process = subprocess.Popen(
        [sys.executable, "-m", "malt_core.own_network.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    alarm = threading.Timer(PATIENCE, end)
    alarm.daemon = True
    feeder = threading.Thread(target=_feed, args=(process.stdin, parts), daemon=True)
    alarm.start()
    feeder.start()
    try:
        whole = False
        for line in process.stdout:
            said = json.loads(line)
            whole = said is None
            if not whole:
                yield Step(*said)
        if not whole:
            why = (
                f"took longer than {PATIENCE:.0f} seconds"
                if late.is_set()
                else "was ended, mostly for its memory"
            )
            yield Step(
                "keys", False, f"The process that looked at {spec.name} {why}: give a smaller network."
            )
    finally:
        alarm.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def too_large(name: str, size: int, limit: Limits) -> str:
    """Return what to say of a file over the limit."""
    return (
        f"{name} has {size / 1e6:,.0f} MB; this server takes up to {limit.file_mb:,} MB. Save the weights as "
        "float16, which halves them, or use the command line on your own computer."
    )


def _feed(pipe: IO[bytes], parts: Sequence[bytes]) -> None:
    try:
        with pipe:
            for part in parts:
                pipe.write(part)
    except (BrokenPipeError, ValueError):  # it has seen enough
        pass
