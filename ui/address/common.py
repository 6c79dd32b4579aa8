"""The settings that every page with an attack has."""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from functools import cache
from typing import Any

from malt_core.comparison.published import published_of
from malt_core.epsilon import Epsilon
from malt_core.models.catalogue import DEFAULT_MODEL, list_models
from malt_core.models.providers import uploaded
from malt_core.networks import defence_of, defended_ids, network_info
from malt_core.types import CROPS, MAX_SEED, NORMS, Crop, Defence, ModelInfo, Norm
from ui.address.own import own_id
from ui.address.parameters import Choice, Complain, Count, PageSettings, Radius, Values, setting

NORM_NAMES = {"linf": "L∞: every pixel", "l2": "L2: in total"}


KINDS: dict[Defence, str] = {
    "none": "Undefended",
    "adversarial training": "Robust",
    "defensive distillation": "Distilled",
    "gradient regularisation": "Regularised",
    "noise": "Trained with noise",
    "unknown": "Your own",
}
"""What a network's defence makes it, in a word or two."""


@cache
def model_ids() -> tuple[str, ...]:
    """Every network: those that work offline first, then the same behind defences, then those to download,
    RobustBench's by their published robust accuracy."""
    groups: list[str] = []
    for info in list_models():
        group = info.id.rpartition("/")[0]
        if group not in groups:
            groups.append(group)

    def place(info: ModelInfo) -> tuple[bool, int, float]:
        known = published_of(info.id)
        return not info.offline, groups.index(info.id.rpartition("/")[0]), -known.lowest if known else 1.0

    ordered = sorted(list_models(), key=place)
    offline = [info.id for info in ordered if info.offline]
    return (*offline, *defended_ids(), *(info.id for info in ordered if not info.offline))


def model_name(model_id: str) -> str:
    """What tells a network apart comes first, since a narrow list cuts the end off."""
    info, defence = network_info(model_id), defence_of(model_id)
    kind, words = KINDS[info.defence], f"{len(info.classes):,} classes"
    name, _, rest = info.title.partition(", ")
    data = rest.partition(", ")[0]
    if defence is not None:
        return f"Behind {defence.title} · {kind} · {words} · {name}, {data}"
    if info.offline:
        return f"{kind} · {words} · {name}, {data}"
    if known := published_of(model_id):
        figures = f"{known.clean:.0%} clean, {known.lowest:.0%} robust"
        return f"⬇ {name} · {figures} · RobustBench, {data}, {kind}"
    if info.id.startswith("robustbench/"):
        return f"⬇ {name} · RobustBench, {data}, {kind}"
    if info.needs:
        return f"{name} · to be installed · {kind}, {words}, {data}"
    size = f" · {info.megabytes:,} MB" if info.megabytes else ""
    return f"⬇ {name} · {kind}, {words}, {data}{size}"


OWN = "own"  # in an address: the network of whoever opens it


@dataclass(frozen=True, kw_only=True)
class NetworkChoice(Choice):
    """One of all networks, that of this tab's user among them."""

    @property
    def options(self) -> tuple[str, ...]:
        own = own_id()
        return (own, *model_ids()) if own else model_ids()

    def read(self, text: str, name: str, before: Values, complain: Complain) -> Any:
        if text != OWN:
            return super().read(text, name, before, complain)
        if own := own_id():
            return own
        complain(
            "The link is about somebody's own network, which no link holds: give it again on the page Own "
            "network."
        )
        return MISSING

    def write(self, value: str) -> str:
        return OWN if value.startswith(uploaded.START) else value


MODEL = NetworkChoice(
    label="Network",
    choices=model_ids,
    titles=model_name,
    help="The neural network to fool. Type to search: a name, a data set, “robust”, or “RobustBench” for the "
    "networks of that list, which come with the accuracies published there, clean and under attack. Those "
    "marked ⬇ are downloaded the first time.",
)
NORM = Choice(
    label="Norm",
    choices=NORMS,
    titles=NORM_NAMES,
    few=True,
    help="How the size of the change is measured. L∞ limits every single colour value; L2 limits the total, "
    "so that a few pixels may change more.",
)
EPS = Radius(
    label="ε: how much each colour value may change, in 1/255",
    help="A pixel has three colour values: red, green and blue. ε (epsilon) limits how much each of them may "
    "change. Write a number from 0.05 to 255: 4, 4.5 or 4/255. Whole numbers survive being saved best.",
    label_l2="ε: how long the whole change may be (L2)",
    help_l2="ε (epsilon) limits the length of the whole change: the square root of the sum of all squared "
    "changes, with colour values from 0 to 1. 0.5 is hardly visible on a small picture.",
)
CROP = Choice(
    label="Crop",
    choices=CROPS,
    titles={"centre": "Centre", "fit": "Whole"},
    few=True,
    help="How the picture becomes square: cut to its centre, or shown whole between grey bars.",
)
SEED = Count(
    label="Seed",
    low=0,
    high=MAX_SEED,
    help="The attack starts at a random point. The same number starts it at the same point again.",
)
CHECK = Choice(
    label="Second opinion",
    choices=("flagged", "always"),
    titles={"flagged": "Where something looks wrong", "always": "On all that is left"},
    few=True,
    help="An attack by gradients can fail because the gradients mislead it. A second opinion asks an attack "
    "that needs none (Square) about what is left, and tries ε = 1, which must not fail. That takes longer, "
    "so it is asked for where the attack raised a flag, or always.",
)


@dataclass(frozen=True, kw_only=True)
class CommonSettings(PageSettings):
    """model: an id of the catalogue. eps: n of n/255 for linf, plain pixel units for l2."""

    model: str = setting(MODEL, DEFAULT_MODEL)
    norm: Norm = setting(NORM, "linf")
    eps: float = setting(EPS)
    crop: Crop = setting(CROP, "centre")
    seed: int = setting(SEED, 0)

    @property
    def epsilon(self) -> Epsilon:
        """The radius for malt_core. Raises BadConfig where it is out of range."""
        return Epsilon(self.eps / 255 if self.norm == "linf" else self.eps, self.norm)
