"""The images of a transfer matrix: what each shows, in every network's words, and its pixels at a size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from malt_core.datasets.base import Record
from malt_core.datasets.in_memory import GALLERY_DATA, InMemoryData
from malt_core.datasets.pictures import open_pictures
from malt_core.errors import BadConfig, BadImage
from malt_core.images.gallery import find_photo, gallery, open_photo
from malt_core.transfer.classes import class_map
from malt_core.types import Crop, ModelInfo

if TYPE_CHECKING:
    from torch import Tensor

Truth = Mapping[str, tuple[int, ...]]
"""By a network's id, its classes that are right; empty where it has no word for what an image shows."""


@dataclass(frozen=True)
class TransferImage:
    """One image. record: as in a data set; truth: None where nobody says what it shows. crop: its part."""

    record: Record
    truth: Truth | None
    crop: Crop = "centre"

    def pixels(self, size: tuple[int, int]) -> Tensor:
        """Return it at size (H, W): (3, H, W) in [0, 1]. Raises BadImage where it cannot be read."""
        from malt_core.datasets.decoded import decoded
        from malt_core.images.resize import to_sample

        if self.crop != "centre":
            return to_sample(self.record.image, size, crop=self.crop, name=self.record.name).x
        _, found, corrupt = decoded([self.record], size)
        if corrupt:
            raise BadImage(corrupt[0][1])
        return found[0]


@dataclass(frozen=True)
class TransferImages:
    """name: of all of them, for people; left_out: a sentence on each file that is not among them."""

    name: str
    images: tuple[TransferImage, ...]
    left_out: tuple[str, ...] = ()


def open_images(source: str, infos: Sequence[ModelInfo], n: int) -> TransferImages:
    """Return the first n images of what a person names, as open_pictures takes it, or all of "gallery".

    infos: the networks, of which the labels of a file must be one's classes. Raises BadConfig for a data set
    that is of none of them.
    """
    if source == GALLERY_DATA:
        return gallery_images(infos, n)
    problems = []
    for info in _one_of_each(infos):
        try:
            return images_of(open_pictures(source, info, n), info, infos)
        except BadConfig as error:
            problems.append(error)
    raise problems[0]


def _one_of_each(infos: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Return one network of each data set, in order."""
    return [*{info.dataset: info for info in reversed(infos)}.values()][::-1]


def images_of(data: InMemoryData, info: ModelInfo, infos: Sequence[ModelInfo]) -> TransferImages:
    """Return the images of a data set that was opened for the network of `info`, for all networks."""
    maps = {one.id: class_map(info, one) for one in infos}

    def truth(label: int) -> Truth | None:
        if label < 0:
            return None
        found = {id: same[label] for id, same in maps.items()}
        return {id: () if index is None else (index,) for id, index in found.items()}

    images = tuple(TransferImage(record, truth(record.label)) for record in data.content)
    return TransferImages(data.name, images, tuple(data.left_out))


def gallery_images(infos: Sequence[ModelInfo], n: int | None = None) -> TransferImages:
    """Return the gallery's photographs that certainly show a class that all the networks have, n at most.

    Where several classes name what a photograph shows, each is right. Raises BadConfig where there is none.
    """
    found = [image for photo in gallery() if all((image := photo_image(photo.id, infos)).truth.values())]
    if not found:
        raise BadConfig(
            "None of the gallery's photographs certainly shows a class that all of these networks have: give "
            "images of your own."
        )
    return TransferImages("gallery photos", tuple(found[:n]))


def photo_image(id: str, infos: Sequence[ModelInfo], crop: Crop = "centre") -> TransferImage:
    """Return a photograph of the gallery; raises as find_photo and open_photo do."""
    photo = find_photo(id)
    index = [photo.id for photo in gallery()].index(id)
    truth = {
        info.id: tuple(
            info.classes.index(name) for name in photo.truth.get(info.dataset, ()) if name in info.classes
        )
        for info in infos
    }
    return TransferImage(Record(index, photo.id, -1, open_photo(id, crop)), truth, crop)
