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
    app = open_app(record.page, **params)
    assert not app.exception
    return app


def widget(app: AppTest, record: type[PageSettings], name: str):
    """The widget of a setting, by the kind of its row."""
    parameter = record.parameters()[name]
    match parameter:
        case Radii():
            return app.text_input(key=name)
        case Radius():
            return app.text_input(key=f"{name}_linf")
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
        if name in ("n", "truth", "results") or (record, name) == (AttackSettings, "crop"):
            continue  # drawn for a file only, beside the network's answer, not at all, as a frame
        value = widget(app, record, name).value
        expected = getattr(default, name)
        if isinstance(record.parameters()[name], Radius):
            value = float(value)
        assert value == (list(expected) if isinstance(expected, tuple) else expected), name


@pytest.mark.parametrize("record", RECORDS)
def test_every_row_says_what_it_is_for(record: type[PageSettings]) -> None:
    for name, parameter in record.parameters().items():
        assert parameter.label, name
        assert name in ("truth", "results") or len(parameter.help) > 20, name


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
    assert app.text_input(key="eps_l2").value == "0.5"
    app.radio(key="norm").set_value("linf").run()
    assert app.text_input(key="eps_linf").value == "1"
    app.selectbox(key="model").set_value("tiny-imagenet/robust").run()
    assert app.text_input(key="eps_linf").value == "4"
    app.selectbox(key="model").set_value("robustbench/cifar10/Linf/Carmon2019Unlabeled").run()
    assert app.text_input(key="eps_linf").value == "8"


@pytest.mark.parametrize("record", RECORDS)
def test_an_eps_that_was_set_by_hand_stays_with_another_model(record: type[PageSettings]) -> None:
    app = open_page(record)
    key = "eps" if record is BenchmarkSettings else "eps_linf"
    app.text_input(key=key).set_value("3").run()
    app.selectbox(key="model").set_value("tiny-imagenet/robust").run()
    assert app.text_input(key=key).value == "3"


@pytest.mark.parametrize(
    ("typed", "eps"), [("4,5", "4.5"), ("8/255", "8"), (" 2 ", "2"), ("0.25/255", "0.25"), ("9/2/3", None)]
)
@pytest.mark.parametrize("record", [AttackSettings, RaceSettings])
def test_eps_is_understood_as_people_type_it(record: type[PageSettings], typed: str, eps: str | None) -> None:
    app = open_page(record)
    app.text_input(key="eps_linf").set_value(typed).run()
    assert app.query_params.get("eps") == eps
    assert bool(app.error) == (eps is None)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("0", "no room"), ("300", "out of range"), ("four", "no number"), ("", "nothing here")],
)
@pytest.mark.parametrize(("record", "button"), [(AttackSettings, "attack"), (RaceSettings, "start")])
def test_an_eps_that_cannot_be_used_blocks_the_start(
    record: type[PageSettings], button: str, typed: str, words: str
) -> None:
    app = open_page(record)
    app.text_input(key="eps_linf").set_value(typed)
    app.button(key=button).click().run()
    assert words in app.error[0].value
    assert app.button(key=button).disabled
    assert "run" not in app.query_params
    app.text_input(key="eps_linf").set_value("3").run()
    assert not app.button(key=button).disabled


def test_the_chosen_model_and_picture_go_along_to_the_other_pages() -> None:
    app = open_app()
    app.selectbox(key="model").set_value("tiny-imagenet/standard").run()
    app.text_input(key="eps_linf").set_value("3").run()
    app.switch_page("pages/race.py").run()
    assert app.selectbox(key="model").value == "tiny-imagenet/standard"
    assert app.text_input(key="eps_linf").value == "1", "an ε set by hand is its page's own"
    app.button_group(key="photos").set_value(["flower"]).run()
    app.switch_page("pages/benchmark.py").run()
    assert app.selectbox(key="model").value == "tiny-imagenet/standard"
    app.selectbox(key="model").set_value("tiny-imagenet/distilled").run()
    app.switch_page("pages/attack.py").run()
    assert app.selectbox(key="model").value == "tiny-imagenet/distilled"
    assert app.text_input(key="eps_linf").value == "3"
    assert app.button_group(key="photo").value == "flower"
