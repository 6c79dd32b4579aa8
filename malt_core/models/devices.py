"""Where a network computes: what a person may ask for, and what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from malt_core.errors import BadConfig

if TYPE_CHECKING:
    import torch

Device = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda", "mps")
"""auto: a CUDA graphics card where there is one, else the processor. mps: Apple's graphics, if asked for."""


def choose_device(name: Device) -> torch.device:
    """Return the device that is asked for. Raises BadConfig for one that is unknown, or not there."""
    import torch

    if name not in DEVICES:
        names = f"{', '.join(DEVICES[:-1])} or {DEVICES[-1]}"
        raise BadConfig(f"device must be {names}, not {name!r}.", setting="device")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there[name]:
        have = " and ".join(device for device in there if there[device])
        raise BadConfig(
            f"device {name} is not there: torch finds {have} only on this computer. Leave it at auto.",
            setting="device",
        )
    return torch.device(name)
