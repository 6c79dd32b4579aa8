"""The settings of the Race page, and the part of the address that holds them; see ui/link.py."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from malt_core.race.types import THIRD_LANES, LaneName, RaceConfig
from malt_core.types import ModelInfo
from ui import link
from ui.link import UPLOAD, Settings

SHARED = ("model", "eps", "norm", "crop", "seed", "run")  # these parameters mean what they do in ui/link.py


@dataclass(frozen=True, kw_only=True)
class RaceSettings:
    """What the widgets say.

    shared: model, eps, norm, crop and seed; the rest of it has no meaning here. photos: ids of the gallery in
    its order, and UPLOAD for pictures of the user's own. third: the lane beside MALT and AutoAttack.
    """

    shared: Settings
    photos: tuple[str, ...]
    third: LaneName

    @property
    def config(self) -> RaceConfig:
        """The same for malt_core. Raises BadConfig where a value is out of range."""
        config = self.shared.config
        return RaceConfig(norm=config.norm, eps=config.eps, seed=config.seed)

    @property
    def lanes(self) -> tuple[LaneName, ...]:
        """Every lane in the order to run them: the longest comes last."""
        return ("malt", self.third, "autoattack")

    @property
    def shareable(self) -> bool:
        """Whether a link can hold the pictures."""
        return UPLOAD not in self.photos


def write(settings: RaceSettings, *, raced: bool) -> dict[str, str]:
    """The query parameters of these settings; raced: the link starts the race, too."""
    shared = link.write(settings.shared, attacked=raced)
    return {
        **{name: shared[name] for name in SHARED if name in shared},
        "photos": ",".join(settings.photos),
        "third": settings.third,
    }


def address(settings: RaceSettings) -> str:
    """The query string that starts the race of these settings."""
    return urllib.parse.urlencode(write(settings, raced=True), safe="/,")


def read(
    params: Mapping[str, str], photos: Sequence[str], models: Sequence[str], info: Callable[[str], ModelInfo]
) -> tuple[RaceSettings, bool, list[str]]:
    """Settings, whether to race at once, and complaints about what could not be used; see link.read."""
    shared, raced, complaints = link.read(
        {name: params[name] for name in SHARED if name in params}, photos, models, info
    )
    known = [*photos, UPLOAD]
    asked = params["photos"].split(",") if "photos" in params else photos
    chosen = {link.pick("photo", name, known, "", complaints) for name in asked if name}
    third = link.pick("third lane", params.get("third"), THIRD_LANES, THIRD_LANES[0], complaints)
    settings = RaceSettings(shared=shared, photos=tuple(p for p in known if p in chosen), third=third)
    return settings, raced, complaints
