"""One labelled image as it lies on disk, and what every data set can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image


@dataclass(frozen=True)
class Record:
    """An image that is still to be decoded.

    index: place in the data set; name: for people, such as "cat/0001.png"; label: index into the model's
    classes. image: the bytes of a picture file, or the picture itself where it is stored raw; None where
    there was nothing to read, and then `problem` says why.
    """

    index: int
    name: str
    label: int
    image: bytes | Image.Image | None
    problem: str = ""


class DataSet(Protocol):
    """Labelled images, in a fixed order.

    path: where they are, as it was given; name: for people; labels: of all images, indices into the model's
    classes; fingerprint: hexadecimal digits that change when the files do.
    """

    path: str
    name: str
    labels: Sequence[int]
    fingerprint: str

    def records(self, indices: range) -> list[Record]:
        """Read these images, `indices` being consecutive. Ranges in ascending order are the fastest.

        What is wrong with one image is in its record. Raises BadConfig where the whole file cannot be read.
        """
        ...
