"""A picture as a value: what pages hand to attacks. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image

from malt_core.images import arrays
from malt_core.images.decoding import decode
from malt_core.images.gallery import DEFAULT_PHOTO, GALLERY, find_photo, open_photo
from malt_core.images.photographs import RETIRED
from malt_core.images.resize import pixel_digest, reduced, resize, sample_of, size_remark
from malt_core.types import Crop, Sample

UPLOAD, CAMERA = "upload", "camera"
"""What stands in an address for a picture that it cannot hold."""
CAMERA_FILE = "camera.png"
"""What a picture of the camera is called; its original is saved under that name."""
RETIRED_PHOTOS = {
    photo: f"The photograph “{photo}” of this link has left the gallery: {why}. "
    f"“{find_photo(DEFAULT_PHOTO).title}” stands in for it."
    for photo, why in RETIRED.items()
}
"""What to say where a link names a photograph that the gallery no longer has."""


@dataclass(frozen=True)
class Picture:
    """A picture as the model sees it: 8-bit RGB at its resolution, so that no large upload stays in memory.

    source: what the command line takes to open it; credit: who made it, for gallery photos. remark: a
    sentence on a picture of very few pixels. array: of a .npy file, what `arrays.read_npy` returned, of which
    the image shows the nearest whole steps.
    """

    image: Image.Image
    name: str
    source: str
    alt: str
    credit: str = ""
    remark: str = field(default="", compare=False)
    array: np.ndarray | None = field(default=None, compare=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the pixels, or of the floats."""
        return pixel_digest(self.image) if self.array is None else arrays.array_digest(self.array)

    def to_sample(self, label: int | None = None) -> Sample:
        """The same for an attack; label: the class to attack, None for the model's own prediction."""
        if self.array is not None:
            return arrays.sample_of_array(self.array, name=self.name, label=label)
        return sample_of(self.image, name=self.name, label=label, credit=self.credit)


def gallery_picture(photo_id: str, size: tuple[int, int], crop: Crop) -> Picture:
    """A photograph of the gallery at size (H, W). Raises as malt_core.images.gallery.open_photo does."""
    photo = find_photo(photo_id)
    image = resize(open_photo(photo_id, crop), size, crop=crop, name=photo.id)
    return Picture(image, photo.id, GALLERY + photo.id, photo.alt, photo.credit)


def own_image(data: bytes, name: str) -> Image.Image:
    """A picture file, `reduced` as on the command line. Raises as malt_core.images.decoding.decode does."""
    return reduced(decode(data, name))


def picture_of(image: Image.Image, name: str, size: tuple[int, int], crop: Crop) -> Picture:
    """What `own_image` returned, at size (H, W)."""
    small = resize(image, size, crop=crop, name=name)
    remark = size_remark(image, size, name)
    return Picture(small, name, name, f"Your picture {name}", remark=remark)


def own_picture(data: bytes, name: str, size: tuple[int, int], crop: Crop) -> Picture:
    """A picture file at size (H, W), or an image as .npy that has it.

    Raises as malt_core.images.decoding.decode and malt_core.images.arrays.read_npy do.
    """
    if data.startswith(arrays.START):
        array = arrays.read_npy(data, name, size)
        image = Image.fromarray(arrays.array_pixels(array))
        return Picture(image, name, name, f"Your picture {name}", array=array)
    return picture_of(own_image(data, name), name, size, crop)
