"""One picture as a setting: what pages share that show one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from malt_core.images.gallery import gallery
from ui.address.parameters import Choice
from ui.pictures.picture import CAMERA, RETIRED_PHOTOS, UPLOAD

PHOTO = Choice(
    label="Picture",
    choices=lambda: [*(photo.id for photo in gallery()), UPLOAD, CAMERA],
    retired=RETIRED_PHOTOS,
    help="The picture to attack: one of these photographs, a file of yours, or the camera.",
)


class OnePhoto:
    """For records of settings with the field `photo`: an id of the gallery, UPLOAD or CAMERA."""

    photo: str

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.photo,)

    def with_pictures(self, pictures: Sequence[str]) -> Self:
        """Takes one, not several."""
        if UPLOAD in pictures:  # of several, a file of the user's own: for it these were chosen
            return replace(self, photo=UPLOAD)
        if len(pictures) == 1 and pictures[0] in PHOTO.options and pictures[0] not in (UPLOAD, CAMERA):
            return replace(self, photo=pictures[0])
        return self

    @property
    def shareable(self) -> bool:
        """Whether a link can hold the picture."""
        return self.photo not in (UPLOAD, CAMERA)
