"""Every attack in one list: its id, its title for people, and the settings that it knows. Needs no torch.

How an attack is run stands in registry.py, under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from malt_core.errors import BadConfig

AttackId = str
"""An id in ATTACKS. Links, report.json and the command line hold it, so it never changes."""

LEAST_CLASSES = 4  # AutoAttack's targeted loss compares four logits


@dataclass(frozen=True, kw_only=True)
class AttackInfo:
    """What is known of an attack without running it.

    title: its one name for people. description: what it does, to follow its title and a colon.
    settings: what it can be told besides norm, eps and seed, by the names in EvaluationConfig.
    least_classes: how many classes a model must have. ranks_targets: whether it aims at classes in an order
    of its own, and says for each image which of them succeeded. code: whose implementation it is.
    in_race, in_evaluation: whether the Race page, and `malt evaluate` with the Benchmark page, offer it.
    """

    id: AttackId
    title: str
    description: str
    settings: tuple[str, ...] = ()
    least_classes: int = 2
    ranks_targets: bool = False
    code: Literal["malt_core", "pyautoattack"] = "malt_core"
    in_race: bool = True
    in_evaluation: bool = True


_TARGETED = ("n_targets", "n_candidates", "n_iter", "precision")

_LIST = (
    AttackInfo(
        id="malt",
        title="MALT",
        description="aims at the classes that are nearest by a linear prediction, and spends its steps on "
        "the images that come close",
        settings=(*_TARGETED, "faithful", "check", "eot"),
        ranks_targets=True,
    ),
    AttackInfo(
        id="naive",
        title="Naive targeting",
        description="MALT's steps aimed at the likeliest classes instead, always with the whole budget",
        # faithful changes nothing here, and may be given all the same
        settings=(*_TARGETED, "faithful", "check", "eot"),
        ranks_targets=True,
    ),
    AttackInfo(
        id="apgd-ce",
        title="APGD-CE",
        description="AutoAttack's first attack alone: up the cross-entropy, aimed at no class",
        settings=("n_iter",),
        code="pyautoattack",
    ),
    AttackInfo(
        id="apgd-t",
        title="APGD-T",
        description="AutoAttack's second attack alone, aimed at the likeliest classes",
        settings=("n_targets", "n_iter"),
        least_classes=LEAST_CLASSES,
        code="pyautoattack",
        in_race=False,  # where naive targeting shows the same choice of classes
    ),
    AttackInfo(
        id="autoattack",
        title="AutoAttack",
        description="the standard ensemble: APGD-CE, APGD-T, FAB-T and Square, each on what is left",
        least_classes=LEAST_CLASSES,
        code="pyautoattack",
    ),
    AttackInfo(
        id="malt-published",
        title="MALT as published",
        description="MALT with the paper's whole budget: every candidate is ranked, every target gets all "
        "steps",
        settings=(*_TARGETED, "check", "eot"),
        ranks_targets=True,
        in_evaluation=False,  # where it is MALT with the setting `faithful`
    ),
    AttackInfo(
        id="pgd",
        title="PGD",
        description="the attack of Madry et al.: steps of ε/4 up the cross-entropy, from a random start",
        settings=("n_iter",),
        in_evaluation=False,
    ),
    AttackInfo(
        id="fgsm",
        title="FGSM",
        description="the attack of Goodfellow et al.: one step of length ε up the cross-entropy",
        in_evaluation=False,
    ),
)

ATTACKS: dict[AttackId, AttackInfo] = {info.id: info for info in _LIST}
"""All attacks, in the order in which they are listed everywhere."""
TITLES: dict[AttackId, str] = {info.id: info.title for info in _LIST}


def attack_info(attack: AttackId) -> AttackInfo:
    """Return what is known of an attack. Raises BadConfig for an unknown id."""
    if attack not in ATTACKS:
        raise BadConfig(f"Unknown attack {attack!r}: choose {', '.join(ATTACKS)}.")
    return ATTACKS[attack]
