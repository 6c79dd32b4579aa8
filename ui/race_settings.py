"""The widgets of the Race page, and the address that holds what they say; see ui/settings.py."""

from __future__ import annotations

import streamlit as st

from malt_core.images.gallery import gallery
from malt_core.models.catalogue import model_info
from malt_core.race import words
from malt_core.race.types import THIRD_LANES
from malt_core.types import MAX_SEED
from ui import address, glossary, race_link, settings
from ui.race_link import RaceSettings


def follow_link() -> list[str]:
    """Set the widgets to what the address says, if it is new, and return complaints about it."""
    params, new = address.enter("race")
    asked, raced, complaints = _read(params)
    if new:
        settings.fill(asked.shared, run=raced)
        st.session_state.racers, st.session_state.third = list(asked.photos), asked.third
        address.followed(params)
    return complaints


def remember(chosen: RaceSettings, *, raced: bool) -> None:
    """Write the settings into the address, unless it says the same already."""
    if _read(st.session_state.address)[:2] != (chosen, raced):
        address.followed(race_link.write(chosen, raced=raced))


def _read(params: dict[str, str]) -> tuple[RaceSettings, bool, list[str]]:
    photos = [photo.id for photo in gallery()]
    return race_link.read(params, photos, settings.model_ids(), model_info)


def third_lane() -> None:
    """Who runs beside MALT and AutoAttack."""
    st.selectbox(
        "Third lane",
        THIRD_LANES,
        THIRD_LANES.index(st.session_state.third),
        format_func=words.LANES.get,
        key="third",
        help=glossary.THIRD_LANE,
    )


def more_settings() -> None:
    """Everything else, folded away."""
    with st.expander("More settings", key="more"):
        settings.choice("Norm", "norm", settings.NORM_NAMES, glossary.NORM)
        settings.choice("Crop", "crop", settings.CROP_NAMES, glossary.CROP)
        settings.count("Seed", "seed", 0, MAX_SEED, 1, glossary.SEED)


def current() -> RaceSettings:
    """What the widgets say now."""
    state = st.session_state
    order = [photo.id for photo in gallery()] + [race_link.UPLOAD]
    photos = tuple(photo for photo in order if photo in state.racers)
    return RaceSettings(shared=settings.shared(), photos=photos, third=state.third)
