"""A page's settings as widgets: set from the address, drawn, read, and written back into the address.

Which widget a setting gets follows from its row in the page's record (see ui/address/parameters.py). Every
widget's default is what it says now. Otherwise a browser that is still loading a widget's code when the page
runs a second time shows the default instead of the link's value, and reports it as the user's.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import streamlit as st

from malt_core.errors import BadConfig
from malt_core.networks import network_info
from malt_core.types import NORMS
from ui.address import sync
from ui.address.parameters import (
    Asked,
    Choice,
    ClassIndex,
    Count,
    Number,
    PageSettings,
    Parameter,
    PerNorm,
    Radii,
    Radius,
    Several,
    radius,
)
from ui.compute.task import Task
from ui.widgets.card import show_card
from ui.widgets.classes import show_classes

S = TypeVar("S", bound=PageSettings)


def follow(record: type[S]) -> Asked[S]:
    """Set the widgets to what the address says, if it is new, and return what it says."""
    page = record.page
    before = sync.address(page) or {}
    params, way = sync.enter(page, record.names())
    asked = record.read(params)
    if way == "menu" and (taken := menu_address(record, params)) != params:
        params, asked = taken, record.read(taken)
    if way is not None:
        fill(asked.settings)
        if way != "menu":
            _choose_what_is_asked(asked.settings, params)
        if record.result_in_address and way == "link":
            Task(page).open(ask=asked.run)
        elif record.result_in_address and way == "history":
            Task(page).move(before, ask=asked.run)
        sync.followed(page, params)
    st.session_state.hidden = asked.hidden
    return asked


def menu_address(record: type[PageSettings], params: dict[str, str] | None = None) -> dict[str, str]:
    """The address at which the menu opens a page: the one that it was left with, with the model and the
    pictures that were chosen elsewhere since, unless something is being computed there.

    params: what it was left with, by default what is known of that.
    """
    params = (sync.address(record.page) or {}) if params is None else params
    if record.result_in_address and Task(record.page).running:
        return params
    asked, chosen = record.read(params), _chosen()
    settings = asked.settings
    if chosen.get("model", settings.model) != settings.model:
        settings = settings.with_model(chosen["model"], keep_eps=record.page in _own_eps())
    settings = settings.with_pictures(chosen.get("pictures", ()))
    return params if settings == asked.settings else settings.write(hidden=asked.hidden)


def remember(settings: PageSettings, *, run: bool) -> None:
    """Write the settings into the address, unless it says the same already."""
    params = sync.address(settings.page)
    says = settings.read(params)
    if says.settings.model != settings.model:
        _chosen()["model"] = settings.model
    if says.settings.pictures != settings.pictures:
        if settings.pictures == settings.read({"model": settings.model}).settings.pictures:
            _chosen().pop("pictures", None)
        else:
            _chosen()["pictures"] = settings.pictures
    if (says.settings, says.run) != (settings, run):
        params = settings.write(run=run, hidden=says.hidden)
    sync.followed(settings.page, params)


def _chosen() -> dict[str, Any]:
    """The model and the pictures that were chosen last, on whatever page; they go along to the others."""
    return st.session_state.setdefault("chosen", {})


def _choose_what_is_asked(settings: PageSettings, params: dict[str, str]) -> None:
    """What an address names was chosen, too."""
    if "model" in params:
        _chosen()["model"] = settings.model
    if settings.pictures and {"photo", "photos"} & set(params):
        _chosen()["pictures"] = settings.pictures
    for name, parameter in settings.parameters().items():
        if isinstance(parameter, PerNorm):
            same = getattr(settings, name) == _default(settings, name, settings.norm)
            (_own_eps().discard if same else _own_eps().add)(settings.page)


def _own_eps() -> set[str]:
    """The pages whose ε was set by hand, so that another model does not change it."""
    return st.session_state.setdefault("own_eps", set())


def current(record: type[S]) -> S:
    """What the widgets say now."""
    values: dict[str, Any] = {}
    for name, parameter in record.parameters().items():
        value = st.session_state[_key(name, parameter)]
        if isinstance(parameter, Several):
            value = parameter.in_order(value)
        elif isinstance(parameter, Radius):
            value = _radius(_key(name, parameter))
        values[name] = value
    return record(**values)


def start_button(
    record: type[PageSettings],
    label: str,
    key: str,
    *,
    ready: bool,
    width: Literal["stretch", "content"] = "stretch",
) -> bool:
    """Draw the button that starts what the settings say, and return whether it was pressed.

    It cannot be pressed while there is something to put right, nor unless it is ready.
    """
    ready = ready and not any(
        _complaint(_key(name, parameter))
        for name, parameter in record.parameters().items()
        if isinstance(parameter, Radius)
    )
    return st.button(label, type="primary", width=width, disabled=not ready, key=key) and ready


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
    key, parameter = _key(name, record.parameters()[name]), record.parameters()[name]
    if isinstance(parameter, Radius):
        _set_radius(key, value)
    else:
        st.session_state[key] = value
    changed(record, name)


def fill(settings: PageSettings) -> None:
    """Set all widgets to these settings; before they are drawn, as in callbacks."""
    state = st.session_state
    for name, parameter in settings.parameters().items():
        value = getattr(settings, name)
        if isinstance(parameter, Radius):
            for norm in NORMS:
                here = norm == settings.norm
                _set_radius(f"{name}_{norm}", value if here else _default(settings, name, norm))
        else:
            state[name] = list(value) if isinstance(parameter, Several) else value


def _default(record: PageSettings | type[PageSettings], name: str, norm: str) -> Any:
    """The default of a setting for the model that is chosen."""
    model = record.model if isinstance(record, PageSettings) else st.session_state.model
    return record.default_of(name, {"model": model, "norm": norm})


def _key(name: str, parameter: Parameter) -> str:
    """The key of the setting's widget: ε has one for each norm, since a hidden widget's value is dropped."""
    if isinstance(parameter, Radius):
        return f"{name}_{st.session_state.norm}"
    return name


def changed(record: type[PageSettings], which: str) -> None:
    """Set what depends on a setting back to its default, but for ε and pictures that were set by hand."""
    state = st.session_state
    if isinstance(record.parameters()[which], PerNorm):
        _own_eps().add(record.page)
    elif which == "norm":
        _own_eps().discard(record.page)
    for name, parameter in record.parameters().items():
        if which not in parameter.depends:
            continue
        if isinstance(parameter, PerNorm) and record.page in _own_eps():
            continue
        if isinstance(parameter, Several) and "pictures" in _chosen():
            continue
        if isinstance(parameter, Radius):
            for norm in NORMS:
                _set_radius(f"{name}_{norm}", _default(record, name, norm))
        else:
            value = _default(record, name, state.norm)
            state[name] = list(value) if isinstance(parameter, Several) else value


def _set_radius(key: str, value: float) -> None:
    """Have the widget say this. The last number that could be used is kept beside what is typed."""
    st.session_state[key] = f"{value:g}"
    st.session_state.setdefault("radii", {})[key] = value


def _radius(key: str) -> float:
    """What the widget says, or said last where it says nothing that could be used."""
    state = st.session_state
    if not _complaint(key):
        state.radii[key] = radius(state[key], state.norm)
    return state.radii[key]


def _complaint(key: str) -> str:
    """What is wrong with what is typed, "" for nothing."""
    try:
        radius(st.session_state[key], st.session_state.norm)
    except BadConfig as error:
        return str(error)
    return ""


def _draw(record: type[PageSettings], name: str, parameter: Parameter) -> None:
    state = st.session_state
    key = _key(name, parameter)
    how: dict[str, Any] = {
        "key": key,
        "help": parameter.help,
        "on_change": changed,
        "args": (record, name),
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
            if name == "model":
                info = network_info(state.model)
                with st.container(horizontal=True, gap="small", key="about_model"):
                    show_card(info)
                    show_classes(info)
        case Count():
            st.number_input(parameter.label, parameter.low, parameter.high, state[key], parameter.step, **how)
        case Number():
            st.number_input(
                parameter.label,
                parameter.low,
                parameter.high,
                state[key],
                parameter.step,
                format="%g",
                **how,
            )
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
    state, key = st.session_state, how["key"]
    label, how["help"] = parameter.words(state.norm)
    if isinstance(parameter, Radii):
        st.text_input(label, state[key], **how)
        return
    if key not in state:
        _set_radius(key, _default(record, name, state.norm))
    st.text_input(label, state[key], **how)
    if complaint := _complaint(key):
        st.error(complaint)
    else:
        st.caption(parameter.in_words(_radius(key), state.norm))
