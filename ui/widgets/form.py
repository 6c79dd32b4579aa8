"""A page's settings as widgets: set from the address, drawn, read, and written back into the address.

Which widget a setting gets follows from its row in the page's record (see ui/address/parameters.py). Every
widget's default is what it says now. Otherwise a browser that is still loading a widget's code when the page
runs a second time shows the default instead of the link's value, and reports it as the user's.
"""

from __future__ import annotations

from typing import Any, TypeVar

import streamlit as st

from malt_core.types import NORMS
from ui.address import sync
from ui.address.parameters import (
    EPS_RANGE,
    Asked,
    Choice,
    ClassIndex,
    Count,
    PageSettings,
    Parameter,
    PerNorm,
    Radii,
    Radius,
    Several,
)
from ui.compute.task import Task

S = TypeVar("S", bound=PageSettings)


def follow(record: type[S]) -> Asked[S]:
    """Set the widgets to what the address says, if it is new, and return what it says."""
    params, new = sync.enter(record.page)
    asked = record.read(params)
    if new:
        _fill(asked.settings)
        if record.result_in_address:
            Task(record.page).begin(ask=asked.run)
        sync.followed(params)
    st.session_state.hidden = asked.hidden
    return asked


def remember(settings: PageSettings, *, run: bool) -> None:
    """Write the settings into the address, unless it says the same already."""
    says = settings.read(st.session_state.address)
    if (says.settings, says.run) != (settings, run):
        sync.followed(settings.write(run=run, hidden=says.hidden))


def current(record: type[S]) -> S:
    """What the widgets say now."""
    values: dict[str, Any] = {}
    for name, parameter in record.parameters().items():
        value = st.session_state[_key(name, parameter)]
        if isinstance(parameter, Several):
            value = parameter.in_order(value)
        elif isinstance(value, float):
            value = float(f"{value:.6g}")
        values[name] = value
    return record(**values)


def shows(name: str) -> bool:
    """Whether the widget of this setting is to be drawn; a link can hide it, as for a lesson."""
    return name not in st.session_state.hidden


def draw(record: type[PageSettings], *names: str) -> None:
    """Draw the widgets of these settings, one below the other."""
    for name in names:
        if shows(name):
            _draw(record, name, record.parameters()[name])


def draw_beside(record: type[PageSettings], *names: str) -> None:
    """Draw the widgets of these settings side by side."""
    shown = [name for name in names if shows(name)]
    for column, name in zip(st.columns(len(shown) or 1), shown, strict=False):
        with column:
            draw(record, name)


def put(record: type[PageSettings], name: str, value: Any) -> None:
    """Set a setting as its widget would; for callbacks, which run before the widgets are drawn."""
    key = _key(name, record.parameters()[name])
    before = st.session_state.get(key)
    st.session_state[key] = value
    changed(record, name, before)


def _fill(settings: PageSettings) -> None:
    state = st.session_state
    for name, parameter in settings.parameters().items():
        value = getattr(settings, name)
        if isinstance(parameter, Radius):
            for norm in NORMS:
                here = norm == settings.norm
                state[f"{name}_{norm}"] = value if here else _default(settings, name, norm)
        else:
            state[name] = list(value) if isinstance(parameter, Several) else value


def _default(record: PageSettings | type[PageSettings], name: str, norm: str, model: str = "") -> Any:
    """The default of a setting for that model, or the one that is chosen."""
    model = model or (record.model if isinstance(record, PageSettings) else st.session_state.model)
    return record.default_of(name, {"model": model, "norm": norm})


def _key(name: str, parameter: Parameter) -> str:
    """The key of the setting's widget: ε has one for each norm, since a hidden widget's value is dropped."""
    if isinstance(parameter, Radius):
        return f"{name}_{st.session_state.norm}"
    return name


def changed(record: type[PageSettings], which: str, before: Any = None) -> None:
    """Set what depends on a setting back to its default; another model leaves an ε that was set by hand.

    before: the model that was chosen before, where it is the model that changed.
    """
    state = st.session_state
    for name, parameter in record.parameters().items():
        if which not in parameter.depends:
            continue
        for norm in NORMS if isinstance(parameter, Radius) else (state.norm,):
            key = f"{name}_{norm}" if isinstance(parameter, Radius) else name
            if not (
                which == "model"
                and isinstance(parameter, PerNorm)
                and state.get(key) != _default(record, name, norm, model=before)
            ):
                state[key] = _default(record, name, norm)


def _draw(record: type[PageSettings], name: str, parameter: Parameter) -> None:
    state = st.session_state
    key = _key(name, parameter)
    how: dict[str, Any] = {
        "key": key,
        "help": parameter.help,
        "on_change": changed,
        "args": (record, name, state.get(key)),
    }
    match parameter:
        case PerNorm():
            _draw_radius(record, name, parameter, how)
        case Several():
            st.pills(
                parameter.label,
                parameter.options,
                default=state[key],
                selection_mode="multi",
                format_func=parameter.title,
                wrap=True,
                **how,
            )
        case Choice():
            kind = st.radio if parameter.few else st.selectbox
            now = parameter.options.index(state[key])
            kind(parameter.label, parameter.options, now, format_func=parameter.title, **how)
        case Count():
            st.number_input(parameter.label, parameter.low, parameter.high, state[key], parameter.step, **how)
        case ClassIndex():
            classes = parameter.classes({"model": state.model})
            st.selectbox(
                parameter.label,
                range(len(classes)),
                state[key],
                format_func=lambda index: f"{classes[index]} ({index})",
                placeholder=parameter.placeholder,
                **how,
            )


def _draw_radius(record: type[PageSettings], name: str, parameter: PerNorm, how: dict[str, Any]) -> None:
    norm = st.session_state.norm
    linf = norm == "linf"
    label, how["help"] = parameter.words(norm)
    now = st.session_state.setdefault(how["key"], _default(record, name, norm))
    if isinstance(parameter, Radii):
        st.text_input(label, now, **how)
        return
    low, high = EPS_RANGE[norm]
    st.number_input(label, low, high, now, step=0.5 if linf else 0.1, format="%.4g", **how)
