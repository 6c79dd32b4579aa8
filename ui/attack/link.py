"""The settings of the Attack page: the record that its widgets and its address hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from malt_core.attacks.catalogue import TITLES
from malt_core.attacks.types import TARGETINGS, AttackConfig, Targeting
from malt_core.images.gallery import DEFAULT_PHOTO
from malt_core.models.catalogue import DEFAULT_MODEL, list_models
from malt_core.networks import network_info
from malt_core.types import Crop
from ui.address.common import CHECK, CommonSettings
from ui.address.parameters import Choice, ClassIndex, Count, ShownClass, default_eps, setting
from ui.pictures.crop_frame import PART
from ui.pictures.photo import PHOTO, OnePhoto

ROBUST = "tiny-imagenet/robust"
# Plain words on both sides; with few steps, which are then smaller, the line foretells the crossing best.
OPENING_TARGET, OPENING_STEPS = "soup bowl", 4

TARGETS = Count(
    label="Targets",
    low=1,
    high=99,
    help="How many wrong classes are tried, one after the other, until one of them works.",
)
STEPS = Count(
    label="Steps for each wrong class",
    low=1,
    high=1000,
    step=10,
    depends=("model", "photo"),
    help="How many steps the attack (APGD, a gradient descent) may take towards each wrong class.",
)
TARGETING = Choice(
    label="Targeting",
    choices=TARGETINGS,
    titles=TITLES,
    few=True,
    help="Which wrong classes are tried first. MALT: those whose boundary would be nearest if the model were "
    f"linear. {TITLES['naive']}: those that the model finds likeliest, as the AutoAttack benchmark does.",
)
TRUTH = ShownClass(
    label="What it really shows",
    placeholder="something else: search all classes",
    formerly="label",
    depends=("model", "photo"),
    help="What the picture shows. The attack does not need it, but only who was right can be fooled.",
)
BUDGET = Choice(
    label="Where the steps go",
    choices=("frugal", "published"),
    titles={"frugal": "Where they pay", "published": "All steps, as published"},
    few=True,
    help="Where they pay: the nearest wrong class is tried briefly; more steps and classes follow for as "
    "long as the picture comes closer. As published: every wrong class gets all its steps, which takes far "
    "longer where nothing is found, and hardly ever finds more.",
)
ENGINE = Choice(
    label="Compute",
    choices=("server", "browser"),
    titles={"server": "On the server", "browser": "In this browser"},
    few=True,
    help="In this browser: the network is loaded once, your own device computes, and the server only draws "
    "what was found. As on the server, but of the 20 likeliest wrong classes, and with weights rounded to "
    "16 bits.",
)
CANDIDATES = 20  # classes that a browser ranks
TARGET = ClassIndex(
    label="Fool it into",
    placeholder="any wrong class",
    depends=("model", "photo"),
    help="The one class that the model is to answer with. It gets all its steps, and no other is tried.",
)


@dataclass(frozen=True, kw_only=True)
class AttackSettings(OnePhoto, CommonSettings):
    """photo: see OnePhoto. truth: the class that it shows, NONE_OF_THESE, or None
    where nobody said; it changes what is said of the result, not the attack. target: None for any wrong
    class. engine: who computes, where the network has a file for browsers.
    budget: "published" for AttackConfig's `faithful`; check: "always" for its `check`. The rest is as
    in AttackConfig.
    """

    page: ClassVar[str] = "attack"

    photo: str = setting(PHOTO, DEFAULT_PHOTO)
    crop: Crop = setting(PART, "centre")
    targets: int = setting(TARGETS, 9)
    steps: int = setting(STEPS, 100)
    targeting: Targeting = setting(TARGETING, "malt")
    truth: int | str | None = setting(TRUTH, None)
    target: int | None = setting(TARGET, None)
    budget: str = setting(BUDGET, "frugal")
    check: str = setting(CHECK, "flagged")
    engine: str = setting(ENGINE, "server")

    @classmethod
    def opening(cls) -> Self:
        """What the page opens with: the best example that there is."""
        target = network_info(DEFAULT_MODEL).classes.index(OPENING_TARGET)
        return replace(cls.opening_on(DEFAULT_MODEL), target=target, steps=OPENING_STEPS)

    @classmethod
    def opening_on(cls, model: str) -> Self:
        """The same photograph on another network."""
        return cls(model=model, eps=default_eps(model, "linf"))

    @property
    def in_browser(self) -> bool:
        """Whether the reader's browser computes the attack."""
        return self.engine == "browser" and has_browser_file(self.model)

    @property
    def config(self) -> AttackConfig:
        """The same for malt_core. Raises BadConfig where a value is out of range."""
        return AttackConfig(
            norm=self.norm,
            eps=self.epsilon.value,
            n_targets=self.targets,
            **({"n_candidates": max(CANDIDATES, self.targets)} if self.in_browser else {}),
            n_iter=self.steps,
            targeting=self.targeting,
            seed=self.seed,
            faithful=self.budget == "published",
            target=self.target,
            check=self.check == "always",
        )


def has_browser_file(model: str) -> bool:
    """Whether a network can be computed in a browser: its weights are here; defences around one cannot."""
    return any(info.id == model and info.offline for info in list_models())
