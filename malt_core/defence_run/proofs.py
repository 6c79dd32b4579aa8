"""Certificates over the images of a data set, attacks on what is certified, and proofs for two layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from malt_core.attacks.malt.batch import malt
from malt_core.certificates.smoothing import certify_steps
from malt_core.certificates.two_layer import Units, radii
from malt_core.certificates.types import Attacked, Certificate, CertifiedImage, SmoothingConfig
from malt_core.datasets.base import DataSet
from malt_core.datasets.decoded import decoded
from malt_core.defence_run.proof_types import MEASURED, MOST_UNITS, Certifying, PointProof
from malt_core.defence_run.types import DefenceConfig, Unreadable
from malt_core.defences.smoothing import WithNoise
from malt_core.numerics.gradients import Network
from malt_core.numerics.random import row_generator
from malt_core.theory.data import draw
from malt_core.theory.network import initial
from malt_core.theory.training import Trained, train
from malt_core.theory.types import TheoryConfig
from malt_core.trust.eot import Averaged

REACH = 1.5  # largest radius that is tried, in units of a point's length over the root of the dimension


def certify_over(
    network: Network, data: DataSet, config: SmoothingConfig, *, size: tuple[int, int], n: int | None = None
) -> Iterator[Certifying | CertifiedImage | Unreadable]:
    """Certify the first n images of a data set, all if None, one after the other.

    network: what is to be smoothed. size: (H, W) of its input. Labels below 0 are unknown: what the network
    says without noise is taken for right. Between the events nothing is computed.
    """
    total = len(data.labels) if n is None else min(n, len(data.labels))
    for place in range(total):
        (record,) = data.records(range(place, place + 1))
        sound, pixels, corrupt = decoded([record], size)
        for _, reason in corrupt:
            yield Unreadable(index=record.index, name=record.name, reason=reason)
        if not sound:
            continue
        label = record.label
        if label < 0:
            with torch.no_grad():
                label = int(network(pixels[0][None]).argmax())
        for found in certify_steps(network, pixels[0], config, index=record.index):
            if isinstance(found, Certificate):
                yield CertifiedImage(index=record.index, name=record.name, label=label, certificate=found)
            else:
                of = config.selection + config.samples
                yield Certifying(done=place, total=total, drawn=found, of=of)


def attack_smoothed(
    network: Network,
    data: DataSet,
    certified: Sequence[CertifiedImage],
    smoothing: SmoothingConfig,
    config: DefenceConfig,
    *,
    size: tuple[int, int],
) -> Attacked:
    """Return how many certified images withstand an attack within the L2 radius config.eps.

    The gradient is averaged over config.draws of the noise; the verdict is that of as many samples as choose
    the class of a certificate. An image that the smoothed network gets wrong, or abstains on, is not left.
    """
    noisy, left = WithNoise(network, smoothing.sigma), 0
    for image in certified:
        if not image.right:
            continue
        (record,) = data.records(range(image.index, image.index + 1))
        _, pixels, _ = decoded([record], size)
        x, y = pixels[0][None], torch.tensor([image.label])
        result = malt(
            noisy,
            x,
            y,
            norm="l2",
            eps=config.eps,
            n_targets=config.targets,
            n_candidates=config.candidates,
            n_iter=config.steps,
            seed=config.seed,
            precision="float32",
            eot=config.draws,
            first=image.index,
        )
        votes = Averaged(noisy, smoothing.selection, smoothing.seed).votes(result.adversarial)
        left += int(votes.argmax(1)) == image.label
    return Attacked(radius=config.eps, left=left, of=len(certified))


def prove_points(config: TheoryConfig) -> Iterator[PointProof]:
    """Train a two-layer network and yield what is proven of its training points, those that it gets right.

    The exact answer is looked for up to MOST_UNITS hidden units. Radii are L-infinity, up to REACH times the
    root of the mean square of a point's coordinates.
    """
    points = draw(config, row_generator(config.seed, 0, 0))
    first = initial(config, row_generator(config.seed, 0, 1))
    *_, trained = train(first, points.z, points.y, config.decay)
    assert isinstance(trained, Trained)
    network = trained.network
    right = points.y * network.value(network.before(points.z)) > 0
    chosen = right.nonzero()[:MEASURED, 0].tolist()
    for number, place in enumerate(chosen):
        z, y = points.z[place], float(points.y[place])
        x = torch.cat((z, z.new_zeros(config.codimension))).numpy()
        units = Units(network.w.numpy(), y * network.u.numpy(), x)
        found = radii(units, REACH, exact=config.width <= MOST_UNITS)
        yield PointProof(number=number, total=len(chosen), radii=found)
