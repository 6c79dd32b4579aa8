"""One labelled image as it lies on disk, and what every data set can do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from PIL import Image

DIGITS = 16


@dataclass(frozen=True)
class Record:
    """An image that is still to be decoded.

    index: place in the data set; name: for people, such as "cat/0001.png"; label: index into the model's
    classes. image: the bytes of a picture file, or the picture itself where it is stored raw; None where
    there was nothing to read, and then `problem` says why. preprocessing: the name of what brings it to the
    model's size, see images/preprocessing.py; "" for the largest centred part. as_published: do that exactly
    as RobustBench and torchvision do, without turning the picture upright before, and also where it has the
    model's size already.
    """

    index: int
    name: str
    label: int
    image: bytes | Image.Image | None
    problem: str = ""
    preprocessing: str = ""
    as_published: bool = False

    @cached_property
    def digest(self) -> str:
        """The first hexadecimal digits of the SHA-256 of every byte that was read, "" where none was."""
        if self.image is None:
            return ""
        data = self.image if isinstance(self.image, bytes) else self.image.tobytes()
        return hashlib.sha256(data).hexdigest()[:DIGITS]


class DataSet(Protocol):
    """Labelled images, in a fixed order.

    path: where they are, as it was given; name: for people; labels: of all images, indices into the model's
    classes; fingerprint: hexadecimal digits that change with the files' names, sizes or labels; what they
    hold shows in the digest of each record.

    It may also have `preprocessing`, the name of the one that its records are brought to the model's size by,
    and `left_out`, a sentence on each file that is not among its images.
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
