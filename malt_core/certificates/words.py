"""Certificates in plain words. Every sentence must be true of the record that it is given. No torch."""

from __future__ import annotations

from malt_core import formatting
from malt_core.certificates.types import CertifiedRecord, in_linf, median_radius


def headline(record: CertifiedRecord) -> str:
    """Return what is certified over all images, in a few sentences."""
    share = record.accuracy(0.0)
    if not share.count:
        return f"Of {share.of} images none is right for certain, however small the change."
    middle, ceiling = median_radius(record.images), record.config.ceiling
    at_ceiling = sum(i.right and i.certificate.radius >= ceiling for i in record.images)
    return (
        f"{share.count} of {share.of} images are right for certain, half of them within an L2 distance of "
        f"{formatting.length(middle, 'l2')} or more. {_linf(record, middle)} "
        f"{at_ceiling or 'None'} of them {'reach' if at_ceiling != 1 else 'reaches'} {ceiling:.3g}, which is "
        f"all that {record.config.samples:,} samples can certify."
    )


def _linf(record: CertifiedRecord, radius: float) -> str:
    return (
        f"For a change of every colour value by at most ε that is worth an ε of "
        f"{formatting.length(in_linf(radius, record.dimension), 'linf')} (the distance over the root of "
        f"{record.dimension:,} numbers)."
    )


def abstained(record: CertifiedRecord) -> str:
    """Return how often there was no certain answer, "" for never."""
    n = record.abstentions
    if not n:
        return ""
    return (
        f"For {n} {'image' if n == 1 else 'images'} too few samples agreed: such an abstention is an error."
    )


def chance(record: CertifiedRecord) -> str:
    """Return how sure a certificate is, and what it was made from."""
    config = record.config
    return (
        f"σ = {config.sigma:g}; {config.selection:,} samples choose the class, {config.samples:,} others "
        f"certify it; each certificate may be wrong with a probability of {config.alpha:g} at most."
    )


def gap(record: CertifiedRecord) -> str:
    """Return what stands between proof and attack at the radii that were attacked, "" without any."""
    said = [
        f"within {point.radius:g}: {record.accuracy(point.radius).count} of {point.of} are proven, and "
        f"{point.left} of {point.of} withstood an attack"
        for point in record.attacked
    ]
    return f"In L2, {'; '.join(said)}: the truth lies between." if said else ""
