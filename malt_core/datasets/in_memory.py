"""Small data sets that are held in memory: the first images of another one, and the gallery's photographs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from malt_core.datasets.base import DataSet, Record
from malt_core.errors import BadConfig
from malt_core.images.gallery import gallery, open_photo
from malt_core.models.classes import class_index
from malt_core.types import ModelInfo

GALLERY_DATA = "gallery"  # what the gallery is called where a path could stand as well


@dataclass(frozen=True, kw_only=True)
class InMemoryData:
    """A base.DataSet whose files may be gone. content: its images, in order."""

    path: str
    name: str
    fingerprint: str
    content: tuple[Record, ...]
    preprocessing: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[int, ...]:
        """See base.DataSet."""
        return tuple(record.label for record in self.content)

    def records(self, indices: range) -> list[Record]:
        """See base.DataSet."""
        return list(self.content[indices.start : indices.stop])


def first_images(data: DataSet, n: int) -> InMemoryData:
    """Return the first n images of a data set, or all that there are; raises as its `records` does.

    The fingerprint stays, so that reports of these images and of the whole data set can be compared.
    """
    found = data.records(range(min(n, len(data.labels))))
    return InMemoryData(
        path=data.path,
        name=data.name,
        fingerprint=data.fingerprint,
        content=tuple(found),
        preprocessing=getattr(data, "preprocessing", ""),
        left_out=tuple(getattr(data, "left_out", ())),
    )


def gallery_data(info: ModelInfo) -> InMemoryData:
    """Return the gallery's photographs that certainly show one class of the model of `info`, with that label.

    For ImageNet these are the labelled photographs of foolbox's wheel, without two whose labels are wrong,
    and another. Those for which several classes are right (a striped cat is a tabby and a tiger cat) are left
    out: from one right answer to the other would count as fooled. `open_data("gallery", info)` returns the
    same. Raises BadConfig where there is none, and BadImage as gallery.open_photo does.
    """
    photos = [photo for photo in gallery() if len(photo.truth.get(info.dataset, ())) == 1]
    if not photos:
        raise BadConfig(
            f"None of the gallery's photographs certainly shows one of the {len(info.classes):,} classes of "
            f"{info.id}, so there is no right answer to attack: give a data set of your own."
        )
    digest, content = hashlib.sha256(), []
    for index, photo in enumerate(photos):
        image = open_photo(photo.id)
        (name,) = photo.truth[info.dataset]
        label = class_index(info.classes, name)
        digest.update(f"{photo.id} {image.size} {label} ".encode() + image.tobytes())
        content.append(Record(index, photo.id, label, image))
    return InMemoryData(
        path=GALLERY_DATA, name="gallery photos", fingerprint=digest.hexdigest(), content=tuple(content)
    )
