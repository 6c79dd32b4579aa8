"""The settings of the Benchmark page: the record that its widgets and its address hold."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass
from typing import Any, ClassVar, Literal

from malt_core.attacks.catalogue import TITLES, AttackId
from malt_core.evaluation.types import ATTACKS
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.types import Norm
from ui.address.common import CHECK, MODEL, NORM
from ui.address.parameters import (
    Choice,
    Complain,
    Count,
    PageSettings,
    Parameter,
    Radii,
    Several,
    Values,
    setting,
)
from ui.benchmark.limits import MOST_IMAGES

Source = Literal["gallery", "file"]

EPS = Radii(
    label="ε, one or a few, in 1/255",
    help="How much each colour value of each pixel may change, in steps of which 255 lead from black to "
    "full brightness. Give several, as in 1, 2, 4, for a curve. A comma with no space after it, "
    "as in 4,5, is a decimal one.",
    label_l2="ε, one or a few (L2)",
    help_l2="The largest length of the whole change. Give several, as in 0.25, 0.5, for a curve.",
)
CHOSEN_ATTACKS = Several(
    label="Attacks",
    choices=ATTACKS,
    titles=TITLES,
    noun="attack",
    few=True,
    help="MALT aims at the classes that are nearest by a straight line, and gives up early where nothing "
    "comes of it. Naive targeting aims the same steps at the 9 likeliest classes, 100 at each. APGD-CE, "
    "APGD-T and the whole AutoAttack are their authors' own code.",
)
SOURCE = Choice(
    label="Images",
    choices=("gallery", "file"),
    titles={"gallery": "Labelled photographs, ready here", "file": "A data set of yours (parquet file)"},
    name="images",
    few=True,
    help="The photographs of the gallery whose right class is known in the network's words. Or a parquet "
    "file with the columns image and label, as data hubs write them, of which the first images are taken.",
)
COUNT = Count(
    label="How many images",
    low=1,
    high=MOST_IMAGES,
    step=10,
    help="How many images are taken, from the first. Their number limits how exact the result can be.",
)


@dataclass(frozen=True, kw_only=True)
class ShelfName(Parameter):
    """A name that memory.Shelf has given; it has no widget."""

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        return text if re.fullmatch(r"[\w-]{16}", text, re.ASCII) else MISSING


RESULTS = ShelfName(label="Results")


@dataclass(frozen=True, kw_only=True)
class BenchmarkSettings(PageSettings):
    """eps: as typed, one or a few, right or wrong. n: how many images of a file, which no link can hold.
    check: "always" for a second opinion on all that is left. results: the name under which the tab's reports
    lie on the shelf.
    """

    page: ClassVar[str] = "benchmark"
    result_in_address: ClassVar[bool] = False  # a run goes on whatever the settings say meanwhile

    model: str = setting(MODEL, DEFAULT_MODEL)
    norm: Norm = setting(NORM, "linf")
    eps: str = setting(EPS)
    attacks: tuple[AttackId, ...] = setting(CHOSEN_ATTACKS, ("malt",))
    source: Source = setting(SOURCE, "gallery")
    n: int = setting(COUNT, 20)
    check: str = setting(CHECK, "flagged")
    results: str | None = setting(RESULTS, None)
