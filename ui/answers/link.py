"""The settings of the Answers page: the record that its widgets and its address hold."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from malt_core.answers.types import FEWEST, MOST_QUERIES, QUERIES, AnswersConfig
from malt_core.images.gallery import DEFAULT_PHOTO
from malt_core.types import Crop
from ui.address.common import EPS, MODEL, SEED, CommonSettings
from ui.address.parameters import Choice, Count, Radius, Values, default_eps, setting
from ui.pictures.crop_frame import PART
from ui.pictures.photo import PHOTO, OnePhoto

STANDARD = "tiny-imagenet/standard"
# Answers alone need more room than gradients: papers on such attacks take about 0.05 (arXiv 1912.00049).
ROOM = {"linf": 12.0, "l2": 2.0}


@dataclass(frozen=True, kw_only=True)
class Room(Radius):
    """ε, larger at first than where gradients attack."""

    def default(self, before: Values) -> float:
        return max(ROOM[before["norm"]], default_eps(before["model"], before["norm"]))


ROOMY = Room(**{row.name: getattr(EPS, row.name) for row in fields(EPS)})
BUDGET = Count(
    label="Queries for each method",
    low=FEWEST,
    high=min(MOST_QUERIES, 20_000),
    step=500,
    help="How often each method may ask the network about an image. All are counted, those that look for a "
    "start and those of failures among them. On two processor cores, 2,000 take about a minute for all three "
    "at 64 pixels, and some four minutes at 224.",
)
HEARS = Choice(
    label="Whom they ask",
    choices=("network", "levels"),
    titles={"network": "The network", "levels": "Behind 8 colour levels"},
    few=True,
    help="Behind 8 colour levels, every colour is rounded ahead of the network, so that its gradient is zero "
    "everywhere: MALT has nothing to follow, and the three searches go on.",
)


@dataclass(frozen=True, kw_only=True)
class AnswersSettings(OnePhoto, CommonSettings):
    """photo: see OnePhoto. queries: for each method. hears: "levels" for a network behind LEVELS levels."""

    page: ClassVar[str] = "answers"
    LEVELS: ClassVar[int] = 8

    model: str = setting(MODEL, STANDARD)
    eps: float = setting(ROOMY)
    photo: str = setting(PHOTO, DEFAULT_PHOTO)
    crop: Crop = setting(PART, "centre")
    queries: int = setting(BUDGET, QUERIES)
    hears: str = setting(HEARS, "network")
    seed: int = setting(SEED, 0)

    @property
    def config(self) -> AnswersConfig:
        """The same for malt_core. Raises BadConfig where a value is out of range."""
        return AnswersConfig(
            norm=self.norm,
            eps=self.epsilon.value,
            queries=self.queries,
            seed=self.seed,
            levels=self.LEVELS if self.hears == "levels" else 0,
        )
