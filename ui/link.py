"""The settings of the Attack page, and the part of the address that holds them.

A link can be shortened, mistyped or made up, so reading one never fails: what cannot be used is
replaced by the default and complained about in words.
"""

from __future__ import annotations

import difflib
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from malt_core.attacks.types import TARGETINGS, AttackConfig, Targeting
from malt_core.errors import BadConfig, MaltError
from malt_core.models.catalogue import DEFAULT_MODEL
from malt_core.types import CROPS, MAX_SEED, NORMS, Crop, ModelInfo, Norm

UPLOAD, CAMERA = "upload", "camera"
DEFAULT_PHOTO = "motorcycle"
DEFAULT_L2 = 0.5
MAX_TARGETS, MAX_STEPS = 99, 1000
EPS_RANGE: dict[Norm, tuple[float, float]] = {"linf": (0.05, 255.0), "l2": (0.01, 100.0)}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the widgets say.

    model: an id of the catalogue. photo: an id of the gallery, UPLOAD or CAMERA.
    eps: n of n/255 for linf, plain pixel units for l2. label: a class index, None for the model's own
    prediction. The rest is as in AttackConfig.
    """

    model: str
    eps: float
    photo: str = DEFAULT_PHOTO
    crop: Crop = "centre"
    norm: Norm = "linf"
    targets: int = 9
    steps: int = 100
    targeting: Targeting = "malt"
    seed: int = 0
    label: int | None = None

    @property
    def config(self) -> AttackConfig:
        """The same for malt_core. Raises BadConfig where a value is out of range."""
        return AttackConfig(
            norm=self.norm,
            eps=self.eps / 255 if self.norm == "linf" else self.eps,
            n_targets=self.targets,
            n_iter=self.steps,
            targeting=self.targeting,
            seed=self.seed,
        )

    @property
    def shareable(self) -> bool:
        """Whether a link can hold the picture."""
        return self.photo not in (UPLOAD, CAMERA)


def default_eps(info: ModelInfo, norm: Norm) -> float:
    """A radius worth trying, in the unit of Settings.eps."""
    return DEFAULT_L2 if norm == "l2" else float(f"{info.suggested_eps * 255:.4g}")


def write(settings: Settings, *, attacked: bool) -> dict[str, str]:
    """The query parameters of these settings; attacked: the link shows the result, too."""
    params = {
        "model": settings.model,
        "photo": settings.photo,
        "eps": f"{settings.eps:g}",
        "norm": settings.norm,
        "crop": settings.crop,
        "targets": str(settings.targets),
        "steps": str(settings.steps),
        "targeting": settings.targeting,
        "seed": str(settings.seed),
    }
    if settings.label is not None:
        params["label"] = str(settings.label)
    if attacked:
        params["run"] = "1"
    return params


def address(settings: Settings) -> str:
    """The query string that shows the result of these settings."""
    return urllib.parse.urlencode(write(settings, attacked=True), safe="/")


def read(
    params: Mapping[str, str], photos: Sequence[str], models: Sequence[str], info: Callable[[str], ModelInfo]
) -> tuple[Settings, bool, list[str]]:
    """Settings, whether to attack at once, and complaints about what could not be used.

    photos, models: the known ids; info: looks a model up.
    """
    complaints: list[str] = []

    def choice(name: str, choices: Sequence[str], default: str) -> Any:
        return pick(name, params.get(name), choices, default, complaints)

    def number(name: str, default: float, check: Callable[[float], object], kind: Callable = int) -> Any:
        text = params.get(name)
        if text is None:
            return default
        try:
            value = kind(text)
            check(value)
        except MaltError as error:
            complaints.append(f"The link says {name}={text[:20]}: {error}")
        except (ValueError, OverflowError):
            complaints.append(f"The link says {name}={text[:20]}, which is not a number as expected here.")
        else:
            return value
        return default

    norm = choice("norm", NORMS, "linf")
    model = choice("model", models, DEFAULT_MODEL)
    found = info(model)
    start = Settings(model=model, norm=norm, eps=default_eps(found, norm))
    settings = replace(
        start,
        photo=choice("photo", [*photos, UPLOAD, CAMERA], DEFAULT_PHOTO),
        crop=choice("crop", CROPS, "centre"),
        targeting=choice("targeting", TARGETINGS, "malt"),
        eps=number("eps", start.eps, _between("eps", *EPS_RANGE[norm]), _radius),
        targets=number("targets", 9, _between("targets", 1, MAX_TARGETS)),
        steps=number("steps", 100, _between("steps", 1, MAX_STEPS)),
        seed=number("seed", 0, _between("seed", 0, MAX_SEED)),
        label=number("label", None, _between("label", 0, len(found.classes) - 1)),
    )
    return settings, params.get("run") == "1", complaints


def pick(name: str, value: str | None, choices: Sequence[str], default: str, complaints: list[str]) -> str:
    """The value if it is one of the choices, else the default, with a complaint unless there is no value."""
    if value is None or value in choices:
        return default if value is None else value
    close = difflib.get_close_matches(value, choices, 1)
    few = f" There are {', '.join(choices)}." if len(choices) <= 10 else ""
    hint = f" Did you mean {close[0]}?" if close else few
    complaints.append(f"The link asks for the {name} “{value[:60]}”, which does not exist here.{hint}")
    return default


def _radius(text: str) -> float:
    """A number, or n/255 as the command line writes it."""
    return float(text.removesuffix("/255"))


def _between(name: str, low: float, high: float) -> Callable[[float], None]:
    def check(value: float) -> None:
        if not low <= value <= high:
            raise BadConfig(f"{name} must be from {low:.10g} to {high:.10g}.")

    return check
