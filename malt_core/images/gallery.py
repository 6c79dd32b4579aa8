"""The gallery: real photographs that the installed scikit-image and scikit-learn carry, ready offline.

Only their data files are used; the packages themselves are not imported.
"""

from __future__ import annotations

import difflib
import importlib.util
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from PIL import Image

from malt_core.errors import BadConfig, BadImage
from malt_core.images.decoding import decode
from malt_core.types import Crop

GALLERY = "gallery:"
"""What a gallery photo's id is written after, where a file's name could stand as well."""


@dataclass(frozen=True, kw_only=True)
class GalleryPhoto:
    """One photograph of the gallery.

    alt: a line that describes it to those who do not see it.
    truth: by data set ("tiny-imagenet", "cifar10", ...), the name of the class that it certainly shows; data
        sets without such a class are left out.
    package, file: where it lies. box: (left, top, right, bottom) in pixels, the square around the subject,
        None for the centre.
    """

    id: str
    title: str
    alt: str
    source: str
    licence: str
    package: str
    file: str
    truth: Mapping[str, str] = field(default_factory=dict)
    box: tuple[int, int, int, int] | None = None


# Cautious on purpose. Its stripes make the cat a tabby, but ImageNet has tiger cats as well; a motorcycle is
# no moped, a launch vehicle neither missile nor projectile, the Tower of Buddhist Incense no stupa, and no
# data set here has dahlias.
_PHOTOS = (
    GalleryPhoto(
        id="cat",
        title="Cat",
        alt="The face of Chelsea, a brown striped cat with green eyes",
        source="Stéfan van der Walt, carried by scikit-image",
        licence="CC0",
        package="skimage",
        file="data/chelsea.png",
        truth={"cifar10": "cat", "tiny-imagenet": "tabby"},
    ),
    GalleryPhoto(
        id="espresso",
        title="Espresso",
        alt="An espresso in a red cup on a red saucer, with a spoon, on a wooden table",
        source="Rachel Michetti, by courtesy of Pikolo Espresso Bar, carried by scikit-image",
        licence="CC0",
        package="skimage",
        file="data/coffee.png",
        truth={"cifar100": "cup", "imagenet": "espresso", "tiny-imagenet": "espresso"},
        box=(100, 20, 460, 380),
    ),
    GalleryPhoto(
        id="astronaut",
        title="Astronaut",
        alt="Eileen Collins smiling in an orange space suit before a flag and a model of the space shuttle",
        source="NASA Great Images, flic.kr/p/r9qvLn, carried by scikit-image",
        licence="public domain",
        package="skimage",
        file="data/astronaut.png",
        truth={"cifar100": "woman"},
        box=(46, 0, 406, 360),
    ),
    GalleryPhoto(
        id="motorcycle",
        title="Motorcycle",
        alt="A red motorcycle parked in a garage, seen from the side",
        source=(
            "Middlebury 2014 stereo data set (Scharstein et al., GCPR 2014), "
            "vision.middlebury.edu/stereo/data/scenes2014, carried by scikit-image"
        ),
        licence="none stated",
        package="skimage",
        file="data/motorcycle_left.png",
        truth={"cifar100": "motorcycle"},
        box=(155, 0, 655, 500),
    ),
    GalleryPhoto(
        id="rocket",
        title="Rocket",
        alt="A white Falcon 9 rocket on its launch pad at dusk",
        source="SpaceX, flickr.com/photos/spacexphotos/16511594820, carried by scikit-image",
        licence="public domain",
        package="skimage",
        file="data/rocket.jpg",
        truth={"cifar100": "rocket"},
        box=(163, 107, 483, 427),
    ),
    GalleryPhoto(
        id="pagoda",
        title="Pagoda",
        alt="A Chinese tower of several storeys with green and orange roofs above a lake",
        source="danielbuechele, flickr.com/photos/danielbuechele/6061409035, carried by scikit-learn",
        licence="CC BY 2.0",
        package="sklearn",
        file="datasets/images/china.jpg",
        box=(16, 10, 396, 390),
    ),
    GalleryPhoto(
        id="flower",
        title="Flower",
        alt="An orange dahlia in full bloom before dark leaves",
        source="vultilion, flickr.com/photos/vultilion/6056698931, carried by scikit-learn",
        licence="CC BY 2.0",
        package="sklearn",
        file="datasets/images/flower.jpg",
        box=(147, 59, 467, 379),
    ),
)


def gallery(dataset: str = "") -> tuple[GalleryPhoto, ...]:
    """Every photograph, those first that certainly show a class of the data set."""
    return tuple(sorted(_PHOTOS, key=lambda photo: dataset not in photo.truth))


def find_photo(id: str) -> GalleryPhoto:
    """The photograph of that id. Raises BadConfig, naming the nearest, where there is none."""
    by_id = {photo.id: photo for photo in _PHOTOS}
    if id not in by_id:
        near = difflib.get_close_matches(id.lower(), by_id, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"The gallery has {', '.join(by_id)}."
        raise BadConfig(f"Unknown gallery photo {id!r}. {hint}")
    return by_id[id]


def open_photo(id: str, crop: Crop = "centre") -> Image.Image:
    """The photograph in RGB, upright: for "centre" cut to the square around its subject, for "fit" whole.

    Raises BadConfig for an unknown id, BadImage where the package that carries it is not installed.
    """
    photo = find_photo(id)
    image = decode(_path(photo).read_bytes(), photo.file)
    if crop == "fit":
        return image
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop(photo.box or (left, top, left + side, top + side))


def _path(photo: GalleryPhoto) -> Path:
    spec = importlib.util.find_spec(photo.package)
    path = Path(spec.origin).parent / photo.file if spec and spec.origin else None
    if path is None or not path.is_file():
        package = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[photo.package]
        raise BadImage(
            f"The photo {photo.id!r} comes with {package}, which is not installed: pip install {package}."
        )
    return path


@lru_cache(maxsize=64)
def thumbnail_bytes(id: str, side: int) -> bytes:
    """A square JPEG of side × side pixels, for a picker. Raises as `open_photo` does."""
    image = open_photo(id).resize((side, side), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
