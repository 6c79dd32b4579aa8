"""The gallery's photographs: what each shows, who made it, and in which installed package it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class GalleryPhoto:
    """One photograph of the gallery.

    alt: a line that describes it to those who do not see it. source: who made it, and who carries it.
    truth: by data set ("imagenet", "tiny-imagenet", "cifar10", ...), the names of the classes that it
    certainly shows, the best one first; data sets without such a class are left out.
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
    truth: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    box: tuple[int, int, int, int] | None = None

    @property
    def credit(self) -> str:
        """Author and licence, to stand below the photograph wherever it goes."""
        return f"{self.source} ({self.licence})"


RETIRED = {"motorcycle": "no licence is stated for it"}
"""Photographs that have left the gallery, and why: old links still name them."""


def _imagenet(number: int, label: int, id: str, title: str, alt: str, **more: object) -> GalleryPhoto:
    """One of foolbox's photographs. number, label: as in its file's name; label is an ImageNet class."""
    described: dict[str, object] = {
        "source": "One of ImageNet's photographs, author unknown, carried by foolbox",
        "licence": "for research and teaching; licence unknown",
    }
    return GalleryPhoto(
        id=id,
        title=title,
        alt=alt,
        package="foolbox",
        file=f"data/imagenet_{number:02}_{label}.jpg",
        **described | more,
    )


# Truths are cautious on purpose: a launch vehicle is neither missile nor projectile, the Tower of Buddhist
# Incense no stupa, and no data set here has dahlias. foolbox's labels are ImageNet's, but for two that are
# wrong when one looks: 630, Loafer (the shoe has laces), and 741, prayer rug (it is a pair of windows).
PHOTOS = (
    GalleryPhoto(
        id="espresso",
        title="Espresso",
        alt="An espresso in a red cup on a red saucer, with a spoon, on a wooden table",
        source="Rachel Michetti, by courtesy of Pikolo Espresso Bar, carried by scikit-image",
        licence="CC0",
        package="skimage",
        file="data/coffee.png",
        truth={
            "cifar100": ("cup",),
            "imagenet": ("espresso", "cup"),
            "tiny-imagenet": ("espresso",),
        },
        box=(140, 60, 440, 360),
    ),
    GalleryPhoto(
        id="cat",
        title="Cat",
        alt="The face of Chelsea, a brown striped cat with green eyes",
        source="Stéfan van der Walt, carried by scikit-image",
        licence="CC0",
        package="skimage",
        file="data/chelsea.png",
        # Tigers and tabbies have the same stripes; only Tiny-ImageNet has no tiger cats.
        truth={"cifar10": ("cat",), "imagenet": ("tiger cat", "tabby"), "tiny-imagenet": ("tabby",)},
    ),
    GalleryPhoto(
        id="astronaut",
        title="Astronaut",
        alt="Eileen Collins smiling in an orange space suit before a flag and a model of the space shuttle",
        source="NASA Great Images, flic.kr/p/r9qvLn, carried by scikit-image",
        licence="public domain",
        package="skimage",
        file="data/astronaut.png",
        truth={"cifar100": ("woman",)},
        box=(46, 0, 406, 360),
    ),
    GalleryPhoto(
        id="rocket",
        title="Rocket",
        alt="A white Falcon 9 rocket on its launch pad at dusk",
        source="SpaceX, flickr.com/photos/spacexphotos/16511594820, carried by scikit-image",
        licence="public domain",
        package="skimage",
        file="data/rocket.jpg",
        truth={"cifar100": ("rocket",)},
        box=(163, 107, 483, 427),
    ),
    GalleryPhoto(
        id="photographer",
        title="Photographer",
        alt="A man in a dark coat looking through a camera on a tripod on a lawn, in black and white",
        source="Lav Varshney, carried by scikit-image",
        licence="CC0",
        package="skimage",
        file="data/camera.png",
        truth={"cifar100": ("man",), "imagenet": ("tripod",)},
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
    _imagenet(
        16,
        251,
        "dalmatian",
        "Dalmatian",
        "The head of a spotted black-and-white dog with a collar, sniffing at the ground",
        truth={"cifar10": ("dog",), "imagenet": ("dalmatian",)},
    ),
    _imagenet(
        15,
        99,
        "goose",
        "Geese",
        "Three grey-brown geese with dark faces on a lawn",
        truth={"cifar10": ("bird",), "imagenet": ("goose",), "tiny-imagenet": ("goose",)},
    ),
    _imagenet(
        17,
        22,
        "bald-eagle",
        "Bald eagle",
        "A bald eagle flying towards the camera with both wings spread",
        truth={"cifar10": ("bird",), "imagenet": ("bald eagle",)},
    ),
    _imagenet(
        4,
        949,
        "strawberry",
        "Strawberries",
        "Nine strawberries without leaves on a pale board",
        truth={"imagenet": ("strawberry",)},
    ),
    _imagenet(
        13,
        471,
        "cannon",
        "Cannon",
        "An old cannon with two large spoked wheels on a paved square",
        truth={"imagenet": ("cannon",), "tiny-imagenet": ("cannon",)},
    ),
    _imagenet(
        0,
        243,
        "bull-mastiff",
        "Bull mastiff",
        "A large brown dog with a black muzzle on a lawn, beside its owner's legs",
        truth={"cifar10": ("dog",), "imagenet": ("bull mastiff",)},
    ),
    _imagenet(
        14,
        129,
        "spoonbill",
        "Spoonbills",
        "Two pale wading birds on a power line under a grey sky, one of them preening",
        truth={"cifar10": ("bird",), "imagenet": ("spoonbill",)},
    ),
    _imagenet(
        7,
        609,
        "land-rover",
        "Land Rover",
        "A blue off-road car driving down a slope of rocks, in a forest",
        truth={"cifar10": ("automobile",), "imagenet": ("jeep",)},
    ),
    _imagenet(
        6,
        609,
        "jeep",
        "Off-road car",
        "An off-road car on a gravel road before bare mountains, in brown tones",
        truth={"cifar10": ("automobile",), "imagenet": ("jeep",)},
    ),
    _imagenet(
        5,
        853,
        "thatch",
        "Thatched cottages",
        "White half-timbered cottages with thatched roofs behind a lawn with a small monument",
        truth={"cifar100": ("house",), "imagenet": ("thatch",), "tiny-imagenet": ("thatch",)},
    ),
    _imagenet(
        8,
        915,
        "yurt",
        "Yurts",
        "Two round tents with pointed roofs behind a wooden railing, among fir trees",
        truth={"imagenet": ("yurt",)},
    ),
    _imagenet(
        1,
        559,
        "deck-chairs",
        "Deck chairs",
        "A circle of red deck chairs on a concrete floor",
        truth={"cifar100": ("chair",), "imagenet": ("folding chair",)},
    ),
    _imagenet(
        10,
        541,
        "drum",
        "Snare drum",
        "A red snare drum with metal rims and a pair of brushes on top, like a painting",
        source="themusicianlab, edited by Patomis, one of ImageNet's photographs, carried by foolbox",
        licence="CC BY, as is written in the picture",
        truth={"imagenet": ("drum",)},
    ),
    _imagenet(
        9,
        455,
        "bottlecap",
        "Bottle cap",
        "A red bottle cap that says Bavik, painted on a rough wall",
        truth={"imagenet": ("bottlecap",)},
    ),
    _imagenet(
        2,
        438,
        "beaker",
        "Beaker",
        "A hand pouring a green liquid from a brown bottle into a glass beaker",
        truth={"imagenet": ("beaker",), "tiny-imagenet": ("beaker",)},
    ),
    _imagenet(
        3,
        990,
        "buckeye",
        "Horse chestnuts",
        "Three green spiny shells of horse chestnuts on a branch, one of them open",
        truth={"imagenet": ("buckeye",)},
    ),
    _imagenet(
        18,
        317,
        "leafhopper",
        "Leafhopper",
        "A small white insect with red stripes on its back, on a green leaf",
        truth={"imagenet": ("leafhopper",)},
    ),
    _imagenet(
        19,
        305,
        "dung-beetle",
        "Beetle",
        "A shiny blue-black beetle on sandy ground",
        truth={"cifar100": ("beetle",), "imagenet": ("dung beetle",)},
    ),
    _imagenet(
        11,
        630,
        "shoe",
        "Shoe",
        "A black leather shoe with laces, seen from the side before a white wall",
    ),
    _imagenet(
        12,
        741,
        "windows",
        "Stained glass",
        "Two tall windows of coloured glass in a wall covered with ornaments",
    ),
)
