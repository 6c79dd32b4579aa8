"""One id, one network: those of the catalogue, and those behind a defence, "defended/<defence>/<model>".

Importing this loads no torch. Whoever takes the id of a network, as the command line and the pages do,
asks here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from malt_core.defences.card import has_card, load_card
from malt_core.defences.catalogue import DEFENCES, DefenceInfo, defence_info
from malt_core.errors import BadConfig, MaltError
from malt_core.models import catalogue
from malt_core.models.catalogue import list_models, model_info
from malt_core.models.providers import bundled, uploaded
from malt_core.types import ModelInfo

if TYPE_CHECKING:
    from malt_core.models.devices import Device
    from malt_core.models.loaders import Model
    from malt_core.models.weights.downloads import Progress

DEFENDED = "defended/"


def network_info(id: str) -> ModelInfo:
    """Return what is known of the network with this id, such as "defended/jpeg/tiny-imagenet/standard".

    Raises BadConfig, with what there is, for an unknown one, and for a defence that does not fit the network.
    """
    return _network_info(id) if uploaded.START in id else _cached_info(id)


def _network_info(id: str) -> ModelInfo:
    if not id.startswith(DEFENDED):
        return model_info(id)
    defence, inner = defence_of(id), model_info(undefended(id))
    if not fits(defence, inner):
        fitting = ", ".join(info.id for info in list_models() if info.offline and fits(defence, info))
        raise BadConfig(
            f"{id} does not exist: {_NEEDS[defence.needs]}. It goes with {fitting or 'no network here'}."
        )
    return replace(inner, id=id, title=f"{inner.title}, behind {defence.title}")


_cached_info = cache(_network_info)


def defence_of(id: str) -> DefenceInfo | None:
    """Return the defence that the network with this id stands behind, None for one of the catalogue.

    Raises BadConfig for an unknown defence.
    """
    return defence_info(id.removeprefix(DEFENDED).partition("/")[0]) if id.startswith(DEFENDED) else None


def undefended(id: str) -> str:
    """Return the id of the network within the defence; that of any other as it is."""
    return id.removeprefix(DEFENDED).partition("/")[2] if id.startswith(DEFENDED) else id


@cache
def defended_ids() -> tuple[str, ...]:
    """Return the ids of the networks that work offline behind each defence that fits them."""
    return tuple(
        f"{DEFENDED}{defence.id}/{info.id}"
        for defence in DEFENCES.values()
        for info in list_models()
        if info.offline and fits(defence, info)
    )


def weights_digest(id: str) -> str:
    """Return models.catalogue.weights_digest, and "" for a network behind a defence."""
    return "" if id.startswith(DEFENDED) else catalogue.weights_digest(id)


def known_weights(id: str) -> str:
    """Return weights_digest, of the network within a defence; "" also for an id that nobody knows here."""
    try:
        return weights_digest(undefended(id))
    except MaltError:
        return ""


_NEEDS = {
    "nothing": "it goes with every network",
    "autoencoder": "the autoencoder has learnt Tiny-ImageNet's pictures only",
    "threshold": "its threshold is known for some networks only",
    "members": "it takes three bundled networks of the same classes",
    "noise": "it takes a network that was trained with noise",
}


def fits(defence: DefenceInfo, info: ModelInfo) -> bool:
    """Return whether the defence can stand around this network."""
    if defence.needs == "autoencoder":
        return has_card() and (info.dataset, info.size) == (load_card().dataset, bundled.SIZE)
    if defence.needs == "threshold":
        return has_card() and info.id in load_card().squeezing
    if defence.needs == "members":
        return len(members_of(defence, info)) == defence.members
    return info.defence == "noise" if defence.needs == "noise" else True


def members_of(defence: DefenceInfo, info: ModelInfo) -> tuple[str, ...]:
    """Return the ids of the networks that a defence around this one consists of, this one first.

    The others are of the same kind: those first that were not trained by being attacked.
    """
    if not info.offline:
        return (info.id,)
    return (info.id, *_others(info))[: defence.members]


def _others(info: ModelInfo) -> Iterator[str]:
    kind = info.id.rpartition("/")[0]
    alike = [other for other in list_models(f"{kind}/*") if other.offline and other.id != info.id]
    yield from (other.id for other in sorted(alike, key=lambda other: other.robust))


def load_network(id: str, *, device: Device = "cpu", progress: Progress | None = None) -> Model:
    """Return the network with this id, as models.loaders.load_model does.

    One behind a defence is new each time, the networks within it are shared with all others who ask. Of an id
    that begins with "file:" (uploaded.Spec.id) the file is read, unless the network is known already.
    Raises as network_info, load_model and uploaded.open_file do.
    """
    from malt_core.models.devices import choose_device
    from malt_core.models.loaders import Model, load_model

    if id.startswith(uploaded.START) and not uploaded.is_kept(id):
        own = uploaded.open_file(uploaded.parse(id))
        return Model(own.info, own.network).to(choose_device(device))
    info, defence = network_info(id), defence_of(id)
    if defence is None:
        return load_model(id, device=device, progress=progress)
    from malt_core.defences.model import RefusingModel
    from malt_core.defences.registry import defend
    from malt_core.trust.refusals import Refusing

    inner = model_info(undefended(id))
    members = [load_model(each, device=device, progress=progress) for each in members_of(defence, inner)]
    sigma = bundled.noise_of(inner) if defence.needs == "noise" else 0.0
    network = defend(defence.id, members, model=inner.id, sigma=sigma)
    kind = RefusingModel if isinstance(network, Refusing) else Model
    return kind(info, network).to(next(members[0].parameters()).device)


load_model = load_network
"""The same by the name that malt_core has for it."""
