"""The pictures of a run as they are saved: 8 bits, inside the eps-ball."""

from __future__ import annotations

from typing import TYPE_CHECKING

from malt_core.attack_run.types import AttackRun
from malt_core.images import arrays, pixels
from malt_core.numerics import norms

if TYPE_CHECKING:
    from torch import Tensor


def adversarial_image(run: AttackRun) -> Tensor:
    """Return the adversarial image as it is saved, (3, H, W): multiples of 1/255, inside the eps-ball."""
    adversarial, x0 = run.result.adversarial[None], run.sample.x[None]
    return norms.eight_bit_image(adversarial, x0, run.config.norm, run.config.eps)[0]


def adversarial_png(run: AttackRun) -> bytes:
    """Return the adversarial image as a PNG file at the model's resolution."""
    return pixels.png_bytes(adversarial_image(run))


def adversarial_npy(run: AttackRun) -> bytes:
    """Return the adversarial image as it was found, unrounded, as a .npy file: (3, H, W) float32."""
    return arrays.npy_bytes(run.result.adversarial)


def perturbation_png(run: AttackRun) -> tuple[bytes, float]:
    """Return a PNG of the signed perturbation (grey: unchanged) and the factor by which it is amplified.

    It is what the attack found, before any rounding: changes below 1/255 show here, not in adversarial_png.
    """
    x0, adversarial = run.sample.x, run.result.adversarial
    factor = pixels.suggested_amplification(x0, adversarial)
    return pixels.png_bytes(pixels.perturbation_image(x0, adversarial, factor)), factor
