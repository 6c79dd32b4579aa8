"""What others measured of the same ideas, on other data and other networks. Each has its source. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Published:
    """idea: a defence. first: what its authors said, or what weaker attacks left. found: what an
    attack that knows it left. on: data and radius. source, link: where that stands.
    """

    idea: str
    first: str
    found: str
    on: str
    source: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Toy:
    """One of thirteen toy defences of a self-study. fooled: of 100 images, by the best attack."""

    idea: str
    fooled: int


def _athalye(idea: str, found: str, on: str = "CIFAR-10, ε = 0.031 (L∞)", *, first: str = "") -> Published:
    return Published(
        idea=idea,
        first=first,
        found=f"{found} left",
        on=on,
        source="Athalye, Carlini and Wagner 2018, table 1",
        link="https://github.com/anishathalye/obfuscated-gradients",
    )


PUBLISHED = (
    Published(
        idea="Adversarial training: one and the same network",
        first="transfer from a natural network leaves 85.2%, from a robust one 63.4%",
        found="44.0% left",
        on="CIFAR-10, ε = 8/255 (L∞)",
        source="Madry's CIFAR-10 challenge",
        link="https://github.com/MadryLab/cifar10_challenge",
    ),
    Published(
        idea="MagNet: autoencoders that detect and reform",
        first="“effective against most advanced state-of-the-art attacks in blackbox and graybox scenarios”",
        found="it is defeated “with only a slight increase in distortion”",
        on="MNIST and CIFAR-10, L2",
        source="Carlini and Wagner 2017, on Meng and Chen (arXiv 1705.09064)",
        link="https://arxiv.org/abs/1711.08478",
    ),
    _athalye(
        "Defense-GAN (Samangouei)",
        "0% in principle, in practice 55%",
        "MNIST, ε = 0.005 (L2)",
        first="“consistently effective against different attack methods”",
    ),
    _athalye("Adversarial training (Madry)", "47%"),
    _athalye("Input transformations, JPEG among them (Guo)", "0%", "ImageNet, ε = 0.005 (L2)"),
    _athalye("Random resizing and padding (Xie)", "0%", "ImageNet, ε = 0.031 (L∞)"),
    _athalye("Thermometer encoding (Buckman)", "0%"),
    _athalye("Stochastic activation pruning (Dhillon)", "0%"),
    _athalye("Detection by local intrinsic dimension (Ma)", "5%"),
    _athalye("PixelDefend (Song)", "9%"),
    _athalye("Cascade adversarial training (Na)", "15%", "CIFAR-10, ε = 0.015 (L∞)"),
)
"""Radii are in the units of the sources."""

TOYS = (
    Toy(idea="no defence", fooled=97),
    Toy(idea="label smoothing", fooled=98),
    Toy(idea="discretised pixels", fooled=97),
    Toy(idea="blur", fooled=95),
    Toy(idea="jump", fooled=92),
    Toy(idea="merged binary classifiers", fooled=90),
    Toy(idea="temperature", fooled=89),
    Toy(idea="random neurons", fooled=80),
    Toy(idea="random transformations", fooled=71),
    Toy(idea="majority of three", fooled=62),
    Toy(idea="nearest neighbours", fooled=62),
    Toy(idea="adversarial training", fooled=48),
    Toy(idea="detector of a planted signature", fooled=28),
)
TOYS_ON = "CIFAR-10's first 100 test images, ε = 4/255 (L∞)"
TOYS_SOURCE = "Google's self-study of adversarial robustness"
TOYS_LINK = "https://github.com/google-research/selfstudy-adversarial-robustness"
