"""What the job queue computes for the Linearity page. Torch is imported when the work starts, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from malt_core.errors import BadConfig
from malt_core.explanations.straightness_types import Doing, Straightness
from malt_core.networks import network_info
from ui.linearity.link import LinearitySettings
from ui.pictures.answers import groups
from ui.pictures.picture import Picture, gallery_picture

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

OTHERS = 3  # photographs of the gallery, besides the picture, around which drift is measured


@dataclass(frozen=True)
class LeftOut:
    """Event: a network that stands beside the chosen one could not be measured, and why."""

    model: str
    reason: str


Event = Straightness | Doing | LeftOut


def measured(events: Sequence[Event]) -> tuple[Straightness, ...]:
    """What is known of each network, as far as it has come."""
    return tuple({event.model: event for event in events if isinstance(event, Straightness)}.values())


def key_of(settings: LinearitySettings, picture: Picture) -> str:
    """Equal keys mean equal results."""
    parts = ("linearity", replace(settings, photo=""), picture.name, picture.digest)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def others_of(model: str, photo: str) -> tuple[str, ...]:
    """The photographs around which drift is measured, too: those that the network names right come first."""
    every = (one for group in groups(model) for one in group.photos)
    return tuple(one for one in every if one != photo)[:OTHERS]


def linearity(
    settings: LinearitySettings, pictures: Mapping[str, Picture]
) -> Callable[[Sequence[Model]], Iterator[Event]]:
    """A work function for the queue: network after network, each from coarse to fine.

    pictures: the same picture for each network, at its size.
    """

    def work(models: Sequence[Model]) -> Iterator[Event]:
        from malt_core.explanations.straightness import straightness

        how = {"eps": settings.epsilon.value, "norm": settings.norm, "seed": settings.seed}
        for place, model in enumerate(models):
            info = model.info
            others = [
                gallery_picture(photo, info.size, "centre").to_sample()
                for photo in others_of(info.id, settings.photo)
            ]
            try:
                for event in straightness(model, pictures[info.id].to_sample(), others, **how):
                    if isinstance(event, Doing):
                        title = network_info(info.id).title.partition(",")[0]
                        event = Doing(
                            what=f"{title}: {event.what}", share=(place + event.share) / len(models)
                        )
                    yield event
            except BadConfig as error:
                if place == 0:
                    raise
                yield LeftOut(info.id, str(error))

    return work
