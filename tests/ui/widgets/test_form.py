"""Settings as widgets: each follows from its row, wherever the page is opened, and a link can hide it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.pages import open_app
from ui.address.parameters import Choice, ClassIndex, Count, PageSettings, Radii, Radius, Several
from ui.attack.link import AttackSettings
from ui.benchmark.link import BenchmarkSettings
from ui.race.link import RaceSettings

RECORDS = (AttackSettings, RaceSettings, BenchmarkSettings)


def open_page(record: type[PageSettings], **params: str) -> AppTest:
    if record is AttackSettings:
        return open_app(**params)
    app = open_app().switch_page(f"pages/{record.page}.py")
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def widget(app: AppTest, record: type[PageSettings], name: str):
    """The widget of a setting, by the kind of its row."""
    parameter = record.parameters()[name]
    match parameter:
        case Radii():
            return app.text_input(key=name)
        case Radius():
            return app.number_input(key=f"{name}_linf")
        case Several():
            return app.button_group(key=name)
        case Choice() if name == "photo":
            return app.button_group(key=name)
        case Choice():
            return app.radio(key=name) if parameter.few else app.selectbox(key=name)
        case Count():
            return app.number_input(key=name)
        case ClassIndex():
            return app.selectbox(key=name)


@pytest.mark.parametrize("record", RECORDS)
def test_every_setting_has_a_widget_that_says_its_default(record: type[PageSettings]) -> None:
    app, default = open_page(record), record.read({}).settings
    for name in record.parameters():
        if (record, name) == (BenchmarkSettings, "n"):
            continue  # drawn for a file only
        value = widget(app, record, name).value
        expected = getattr(default, name)
        assert value == (list(expected) if isinstance(expected, tuple) else expected), name


@pytest.mark.parametrize("record", RECORDS)
def test_every_row_says_what_it_is_for(record: type[PageSettings]) -> None:
    for name, parameter in record.parameters().items():
        assert parameter.label, name
        assert len(parameter.help) > 20, name


def test_a_link_hides_settings_and_they_keep_their_values() -> None:
    app = open_app(seed=7, eps=3, hide="seed,eps,photo,model", photo="flower")
    assert not app.exception
    hidden = {"seed", "eps_linf", "photo", "model"}
    drawn = {element.key for kind in (app.number_input, app.selectbox, app.button_group) for element in kind}
    assert not hidden & drawn
    app.number_input(key="steps").set_value(20).run()
    assert not app.exception
    assert app.query_params["hide"] == "photo,model,seed,eps" or set(app.query_params["hide"].split(",")) == {
        "seed",
        "eps",
        "photo",
        "model",
    }
    asked = {name: app.query_params[name] for name in ("seed", "eps", "photo", "steps")}
    assert asked == {"seed": "7", "eps": "3", "photo": "flower", "steps": "20"}


def test_another_model_or_norm_brings_its_own_eps() -> None:
    app = open_page(BenchmarkSettings)
    app.text_input(key="eps").set_value("1, 2").run()
    app.radio(key="norm").set_value("l2").run()
    assert app.text_input(key="eps").value == "0.5"
    app = open_app(eps=3)
    app.radio(key="norm").set_value("l2").run()
    assert app.number_input(key="eps_l2").value == 0.5
    app.radio(key="norm").set_value("linf").run()
    assert app.number_input(key="eps_linf").value == 1
    app.selectbox(key="model").set_value("tiny-imagenet/robust").run()
    assert app.number_input(key="eps_linf").value == 4
    app.selectbox(key="model").set_value("robustbench/cifar10/Linf/Carmon2019Unlabeled").run()
    assert app.number_input(key="eps_linf").value == 8


@pytest.mark.parametrize("record", RECORDS)
def test_an_eps_that_was_set_by_hand_stays_with_another_model(record: type[PageSettings]) -> None:
    app = open_page(record)
    if record is BenchmarkSettings:
        app.text_input(key="eps").set_value("1, 2").run()
    else:
        app.number_input(key="eps_linf").set_value(3.0).run()
    app.selectbox(key="model").set_value("tiny-imagenet/robust").run()
    value = widget(app, record, "eps").value
    assert value == ("1, 2" if record is BenchmarkSettings else 3)
