"""The settings of the Benchmark page: the record that its widgets and its address hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from malt_core.attacks.catalogue import TITLES, AttackId
from malt_core.evaluation.types import ATTACKS
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.types import Norm
from ui.address.common import MODEL, NORM
from ui.address.parameters import Choice, Count, PageSettings, Radii, Several, setting
from ui.benchmark.limits import MOST_IMAGES

Source = Literal["gallery", "file"]

EPS = Radii(
    label="ε, one or a few, in 1/255",
    help="How far each colour value of each pixel may move, in steps of which 255 lead from black to full "
    "brightness. Give several, as in 1, 2, 4, for a curve.",
    label_l2="ε, one or a few (L2)",
    help_l2="The largest length of the whole change. Give several, as in 0.25, 0.5, for a curve.",
)
CHOSEN_ATTACKS = Several(
    label="Attacks",
    choices=ATTACKS,
    titles=TITLES,
    noun="attack",
    few=True,
    help="MALT, which aims at up to 9 classes and gives up early where nothing comes of it; naive targeting, "
    "the same steps aimed at the 9 likeliest classes, 100 for each; APGD-CE, APGD-T and the whole AutoAttack "
    "as their authors wrote them.",
)
SOURCE = Choice(
    label="Images",
    choices=("gallery", "file"),
    titles={"gallery": "Gallery photos", "file": "Your parquet file"},
    name="images",
    few=True,
    help="A parquet file with the columns image and label, as data hubs write them; its first images are "
    "taken. Or those photographs of the gallery that certainly show one of the model's classes.",
)
COUNT = Count(
    label="How many images",
    low=1,
    high=MOST_IMAGES,
    step=10,
    help="How many images are taken, from the first. Their number limits how exact the result can be.",
)


@dataclass(frozen=True, kw_only=True)
class BenchmarkSettings(PageSettings):
    """eps: as typed, one or a few, right or wrong. n: how many images of a file, which no link can hold."""

    page: ClassVar[str] = "benchmark"
    result_in_address: ClassVar[bool] = False  # a run goes on whatever the settings say meanwhile

    model: str = setting(MODEL, DEFAULT_MODEL)
    norm: Norm = setting(NORM, "linf")
    eps: str = setting(EPS)
    attacks: tuple[AttackId, ...] = setting(CHOSEN_ATTACKS, ("malt", "naive"))
    source: Source = setting(SOURCE, "gallery")
    n: int = setting(COUNT, 20)
