"""The settings of the Race page: the record that its widgets and its address hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from malt_core.attacks.catalogue import TITLES, AttackId
from malt_core.images.gallery import gallery
from malt_core.race.types import THIRD_LANES, RaceConfig
from ui.address.common import CHECK, CommonSettings
from ui.address.parameters import Choice, Several, Values, setting
from ui.pictures.answers import groups
from ui.pictures.picture import CAMERA, RETIRED_PHOTOS, UPLOAD

AT_LEAST, AT_MOST = 4, 7  # pictures where nobody chose


def first_photos(model: str) -> tuple[str, ...]:
    """The gallery photos to race on where nobody chose: a few that the model names right, or may do so."""
    right, *others = (group.photos for group in groups(model))
    photos = [*right[:AT_MOST], *(photo for group in others for photo in group)]
    return tuple(photos[: max(AT_LEAST, min(AT_MOST, len(right)))])


@dataclass(frozen=True, kw_only=True)
class Photos(Several):
    """Photographs of the gallery; which ones at first depends on the model."""

    depends: tuple[str, ...] = ("model",)

    def default(self, before: Values) -> tuple[str, ...]:
        return self.in_order(first_photos(before["model"]))


PHOTOS = Photos(
    label="Pictures",
    choices=lambda: [*(photo.id for photo in gallery()), UPLOAD],
    retired=RETIRED_PHOTOS,
    noun="photo",
    help="The pictures to race on: any of these photographs, and files of yours.",
)
THIRD = Choice(
    label="Third attack",
    choices=THIRD_LANES,
    titles=TITLES,
    noun="third attack",
    help="Who runs beside MALT and AutoAttack, for comparison.",
)


@dataclass(frozen=True, kw_only=True)
class RaceSettings(CommonSettings):
    """photos: ids of the gallery in its order, and UPLOAD for pictures of the user's own.

    third: the attack beside MALT and AutoAttack. check: "always" for a second opinion on what all have left.
    """

    page: ClassVar[str] = "race"

    photos: tuple[str, ...] = setting(PHOTOS)
    third: AttackId = setting(THIRD, THIRD_LANES[0])
    check: str = setting(CHECK, "flagged")

    @property
    def config(self) -> RaceConfig:
        """The same for malt_core. Raises BadConfig where a value is out of range."""
        return RaceConfig(norm=self.norm, eps=self.epsilon.value, seed=self.seed)

    @property
    def lanes(self) -> tuple[AttackId, ...]:
        """Every attack in the order to run them: the longest comes last."""
        return ("malt", self.third, "autoattack")

    @property
    def pictures(self) -> tuple[str, ...]:
        return self.photos

    def with_pictures(self, pictures: Sequence[str]) -> Self:
        """Takes those that it has not yet, a camera's as the user's own."""
        own = tuple(UPLOAD if name == CAMERA else name for name in pictures)
        return replace(self, photos=PHOTOS.in_order((*self.photos, *own)))

    @property
    def shareable(self) -> bool:
        """Whether a link can hold the pictures."""
        return UPLOAD not in self.photos
