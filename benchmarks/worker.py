"""One attack in a process of its own, so that its memory and warm-up are its own.

    python -m benchmarks.worker JOB.json

The job names the network, the attack, its settings, and two files: images and labels to read, and what was
found to write. Used by speed.py and curves.py, through `in_fresh_process`.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.attacks import ATTACKS, Settings
from benchmarks.common import network
from benchmarks.floor import Kind, Meter, Metered, bare_pass
from benchmarks.progress import Progress
from malt_core.errors import MaltError


class AttackFailed(Exception):
    """The process of an attack ended without a result."""


def _resident() -> float | None:
    """Forget the peak so far and return the resident memory in MB; None where the system is not Linux."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return _status("VmRSS")


def _status(field: str) -> float:
    """Return VmRSS, what is resident, or VmHWM, its peak, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field + ":"))


def _warm_up(model: nn.Module, x: Tensor) -> int:
    """Make one pass, so that no attack pays for torch's first steps. Returns the number of classes."""
    kind = Kind(module=id(model), dtype=x.dtype, bfloat16=False, channels_last=False, with_gradient=True)
    bare_pass(model, x.clone(), kind)
    with torch.no_grad():
        return model(x[:1]).shape[1]


def measure(
    name: str, model: nn.Module, x: Tensor, y: Tensor, settings: Settings
) -> tuple[Tensor, dict[str, Any]]:
    """Run one attack and return its images (B, C, H, W) and what it cost.

    seconds: the attack's own wall time; floor_seconds: what its passes take bare; peak_mb: how far the
    resident memory rose, warm-up included, or None where the system does not say.
    """
    attack = ATTACKS[name]
    resident = _resident()
    classes = _warm_up(model, x[: settings.batch_size])
    progress = Progress(name, attack.most(len(x), classes, settings))
    meter = Meter(x[: settings.batch_size], progress.tick)
    meter.start()
    found = attack.run(Metered(model, meter).eval(), x, y, settings)
    seconds = meter.stop()
    peak = None if resident is None else _status("VmHWM") - resident
    return found.adversarial, {
        "seconds": seconds,
        "floor_seconds": meter.floor(),
        "n_forward": found.passes.forward,
        "n_backward": found.passes.backward,
        "peak_mb": peak,
        "precision": found.precision,
    }


def in_fresh_process(
    name: str, model: str, images: Path, settings: Settings, folder: Path
) -> tuple[Tensor, dict[str, Any]]:
    """Do `measure` in a new interpreter. model: as for common.network; images: as save_images wrote them.

    Raises AttackFailed where it ends badly; what it had to say is on standard error.
    """
    out, job = folder / f"{name}.pt", folder / f"{name}.json"
    out.unlink(missing_ok=True)
    order = {"attack": name, "model": model, "images": str(images), "out": str(out)}
    job.write_text(json.dumps(order | {"settings": asdict(settings)}))
    done = subprocess.run([sys.executable, "-m", "benchmarks.worker", str(job)], check=False)
    if done.returncode or not out.exists():
        raise AttackFailed(f"its process ended with status {done.returncode}")
    result = torch.load(out, weights_only=True)
    return result["adversarial"], result["cost"]


def save_images(x: Tensor, y: Tensor, path: Path) -> None:
    """Write images and labels for the attacks' processes."""
    torch.save({"x": x, "y": y}, path)


def main(argv: list[str]) -> int:
    """Do the job; 2, with a line on standard error, where the network cannot be had."""
    logging.getLogger("auto-attack").setLevel(logging.ERROR)
    job = json.loads(Path(argv[0]).read_text())
    images = torch.load(job["images"], weights_only=True)
    try:
        model = network(job["model"])
        found, cost = measure(job["attack"], model, images["x"], images["y"], Settings(**job["settings"]))
    except MaltError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    torch.save({"adversarial": found, "cost": cost}, job["out"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
