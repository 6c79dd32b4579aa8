"""The settings of the Attack page: widgets, and the address that holds what they say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import streamlit as st

from malt_core.images.gallery import gallery
from malt_core.models.catalogue import list_models, model_info
from malt_core.types import MAX_SEED, NORMS
from ui import address, glossary, link
from ui.link import Settings

NORM_NAMES = {"linf": "L∞: every pixel", "l2": "L2: in total"}
CROP_NAMES = {"centre": "Centre", "fit": "Whole"}
TARGETING_NAMES = {"malt": "MALT: nearest first", "naive": "Naive: likeliest first"}


@cache
def model_ids() -> tuple[str, ...]:
    """Every model, those that work offline first."""
    return tuple(info.id for info in sorted(list_models(), key=lambda info: not info.offline))


def model_name(model_id: str) -> str:
    # Without the word RobustBench: a search for “robust” would find its undefended networks first.
    info = model_info(model_id)
    return f"{'' if info.offline else '⬇ '}{info.title}{' · robust' if info.robust else ''}"


def follow_link() -> list[str]:
    """Set the widgets to what the address says, if it is new, and return complaints about it."""
    params, new = address.enter("attack")
    settings, attacked, complaints = _read(params)
    if new:
        fill(settings, run=attacked)
        address.followed(params)
    return complaints


def _read(params: dict[str, str]) -> tuple[Settings, bool, list[str]]:
    return link.read(params, [photo.id for photo in gallery()], model_ids(), model_info)


def fill(settings: Settings, *, run: bool) -> None:
    """Set the widgets; run: the address asks for the result at once."""
    state = st.session_state
    state.attacked, state.attack_now = None, run
    for name in ("model", "photo", "crop", "norm", "targets", "steps", "targeting", "seed", "label"):
        state[name] = getattr(settings, name)
    for norm in NORMS:
        default = link.default_eps(model_info(settings.model), norm)
        state[f"eps_{norm}"] = settings.eps if norm == settings.norm else default


def remember(settings: Settings, *, attacked: bool) -> None:
    """Write the settings into the address, unless it says the same already."""
    if _read(st.session_state.address)[:2] != (settings, attacked):
        address.followed(link.write(settings, attacked=attacked))


def _model_changed() -> None:
    info = model_info(st.session_state.model)
    st.session_state.label = None
    st.session_state.eps_linf = link.default_eps(info, "linf")


# Every widget's default is what it says now. Otherwise a browser that is still loading a widget's code when
# the page runs a second time shows the default instead of the link's value, and reports it as the user's.


def main_settings() -> None:
    """The model and how far pixels may move."""
    state = st.session_state
    st.selectbox(
        "Model",
        model_ids(),
        model_ids().index(state.model),
        format_func=model_name,
        key="model",
        help=glossary.MODEL,
        on_change=_model_changed,
    )
    norm = state.norm
    low, high = link.EPS_RANGE[norm]
    # A hidden widget's value is dropped by Streamlit.
    state.setdefault(f"eps_{norm}", link.default_eps(model_info(state.model), norm))
    st.number_input(
        "ε: how far each pixel may move, in 1/255"
        if norm == "linf"
        else "ε: how long the change may be (L2)",
        low,
        high,
        state[f"eps_{norm}"],
        step=0.5 if norm == "linf" else 0.1,
        format="%.4g",
        key=f"eps_{norm}",
        help=glossary.EPS_LINF if norm == "linf" else glossary.EPS_L2,
    )


def more_settings() -> None:
    """Everything else, folded away."""
    state = st.session_state
    with st.expander("More settings", key="more"):
        classes = model_info(state.model).classes
        st.selectbox(
            "Attack as",
            range(len(classes)),
            state.label,
            format_func=lambda index: f"{classes[index]} ({index})",
            placeholder="what the model says",
            key="label",
            help=glossary.LABEL,
        )
        choice("Targeting", "targeting", TARGETING_NAMES, glossary.TARGETING)
        choice("Norm", "norm", NORM_NAMES, glossary.NORM)
        choice("Crop", "crop", CROP_NAMES, glossary.CROP)
        left, right = st.columns(2)
        with left:
            count("Targets", "targets", 1, link.MAX_TARGETS, 1, glossary.TARGETS)
        with right:
            count("Iterations", "steps", 1, link.MAX_STEPS, 10, glossary.STEPS)
        count("Seed", "seed", 0, MAX_SEED, 1, glossary.SEED)


def choice(label: str, key: str, names: dict[str, str], explanation: str) -> None:
    """A few named choices."""
    now = list(names).index(st.session_state[key])
    st.radio(label, list(names), now, format_func=names.get, key=key, help=explanation)


def count(label: str, key: str, low: int, high: int, step: int, explanation: str) -> None:
    """A whole number."""
    st.number_input(label, low, high, st.session_state[key], step, key=key, help=explanation)


def current() -> Settings:
    """What the widgets say now."""
    state = st.session_state
    own = {name: state[name] for name in ("photo", "targets", "steps", "targeting", "label")}
    return replace(shared(), **own)


def shared() -> Settings:
    """What those widgets say that the other pages have as well; the rest at its defaults."""
    state = st.session_state
    eps = float(f"{state[f'eps_{state.norm}']:.6g}")
    return Settings(model=state.model, eps=eps, crop=state.crop, norm=state.norm, seed=state.seed)
