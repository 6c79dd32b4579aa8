"""Whether what a bundle says fits together, and fits its pictures: as far as that is cheap to tell."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from malt_core.attack_run.record import RunRecord
from malt_core.attacks.types import AttackConfig
from malt_core.errors import BadConfig
from malt_core.export.bundles.contents import Curves, Manifest
from malt_core.export.bundles.pictures import Pictures
from malt_core.export.commands import recorded_config
from malt_core.images.arrays import array_digest
from malt_core.images.frame import check_crop
from malt_core.types import Norm

MOST_STEPS, MOST_CLASSES = 200_000, 100_000
_HALF = 0.501 / 255  # of a step of 8 bits
_CLOSE = 2e-5  # of a colour value from 0 to 1; a step of 8 bits is two hundred times as much


def check_record(record: RunRecord, curves: Curves, manifest: Manifest, where: str) -> None:
    """Raise BadConfig where record, curves and manifest contradict themselves or each other."""
    line = record.linearity
    if line is None or record.target is None or record.already_misclassified:
        raise BadConfig(f"{where} is of a run in which nothing was attacked, as no bundle is.")
    if record.model != manifest.model:
        raise BadConfig(f"{where} was changed: its record and its list name two different models.")
    places = len(line.t)
    if not 2 <= places == len(line.true_margin) == len(line.linear_margin) == len(curves.probabilities):
        raise BadConfig(f"In {where}, the curves are not of one length.")
    if line.t[0] != 0 or any(a >= b for a, b in pairwise(line.t)):
        raise BadConfig(f"In {where}, the places on the way are not in order.")
    drift = line.gradient_drift
    columns = (drift.relative_change, drift.cosine, drift.random_relative_change, drift.random_cosine)
    if any(len(column) != len(drift.t) for column in columns):
        raise BadConfig(f"In {where}, the columns of the gradient's drift are not of one length.")
    if any(len(row) != len(curves.classes) for row in curves.probabilities):
        raise BadConfig(f"In {where}, the curves are not of as many classes as are named.")
    shares = [share for row in curves.probabilities for share in row]
    shares += [
        answer.confidence for answer in (record.clean_label, record.adversarial_label, *record.clean_top)
    ]
    if not all(0 <= share <= 1 for share in shares):
        raise BadConfig(f"In {where}, a probability is not between 0 and 1.")
    _classes(record, curves, where)
    if record.success and not record.refused and record.adversarial_label.index == record.label.index:
        raise BadConfig(f"In {where}, the record calls the model fooled, and its answer unchanged.")
    _settings(record, where)


def _classes(record: RunRecord, curves: Curves, where: str) -> None:
    answers = (record.label, record.clean_label, record.adversarial_label, *record.clean_top)
    named = {one.index for one in (*answers, *record.ranking, *curves.classes)} | set(curves.names)
    if not all(0 <= index < MOST_CLASSES for index in named):
        raise BadConfig(f"In {where}, a class has an index that no network has.")
    if record.target.index not in {row.index for row in record.ranking}:
        raise BadConfig(f"In {where}, the class that was attacked is not among those ranked.")
    followed = {record.label.index, record.linearity.target.index}
    if len({one.index for one in curves.classes}) < len(curves.classes) or not followed <= named:
        raise BadConfig(f"In {where}, the curves are not of the classes that they should be of.")
    if len(curves.trace) > MOST_STEPS or any(step.target not in curves.names for step in curves.trace):
        raise BadConfig(f"In {where}, the steps are too many or towards classes without a name.")


def _settings(record: RunRecord, where: str) -> AttackConfig:
    try:
        check_crop(record.image.crop)
        return recorded_config(record)
    except BadConfig as error:
        raise BadConfig(f"In {where}, run.json holds what no attack takes: {error}") from None


def check_pictures(pictures: Pictures, record: RunRecord, where: str) -> None:
    """Raise BadConfig where the pictures are not those that the record speaks of."""
    if array_digest(pictures.original) != record.image.sha256:
        raise BadConfig(f"In {where}, the original is another picture than the record speaks of.")
    if (
        max(_most(pictures.levels - pictures.original), 0.5 * _most(pictures.saved - pictures.adversarial))
        > _HALF
    ):
        raise BadConfig(f"In {where}, a PNG and its exact image are two different pictures.")
    change = pictures.adversarial - pictures.original
    length, slack = _size(change, record.norm), _CLOSE
    if record.norm == "l2":
        slack *= max(1.0, 10 * length)
    if abs(_most(change) - record.largest_change) > _CLOSE or abs(length - record.perturbation_norm) > slack:
        raise BadConfig(
            f"In {where}, the adversarial image is changed by another length than the record says."
        )
    # The ball of what is rounded to 8 bits is around the original in 8 bits.
    if length > record.eps + slack + _size(pictures.levels - pictures.original, record.norm):
        raise BadConfig(f"In {where}, the adversarial image is farther from the original than ε allows.")


def _most(change: np.ndarray) -> float:
    return float(np.abs(change).max())


def _size(change: np.ndarray, norm: Norm) -> float:
    return _most(change) if norm == "linf" else float(np.sqrt((change.astype(np.float64) ** 2).sum()))
