"""The Own network page without a browser (Streamlit's AppTest); weights are looked at in this process."""

from __future__ import annotations

from dataclasses import MISSING

import pytest
from safetensors.torch import save

from malt_core.models.providers import uploaded
from malt_core.own_network.checks import examine
from malt_core.own_network.types import STEPS, Step
from tests.helpers.own_weights import ARCH, CLASSES, SIZE, changed, state
from tests.helpers.pages import open_app, texts
from ui.address import own as own_here
from ui.address.common import MODEL
from ui.own import work
from ui.own.result import FILE, stored

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    def here(spec, data, names, labelled, limit):
        return (step for step in examine(spec, data, names, labelled) if isinstance(step, Step))

    monkeypatch.setattr(work, "examine_apart", here)
    yield
    uploaded._kept.clear()


def give(data: bytes, names: str = "\n".join(CLASSES)):
    app = open_app("own")
    app.file_uploader(key="own_weights").set_value(("mine.safetensors", data, "application/octet-stream"))
    app.text_input(key="own_arch").set_value(ARCH)
    app.text_input(key="own_size").set_value(str(SIZE))
    app.text_area(key="own_classes").set_value(names)
    app.button(key="own_start").click().run()
    assert not app.exception
    return app


def test_it_opens_with_a_finished_example():
    app = open_app("own")
    assert not app.exception
    assert FILE.stat().st_size < 300_000
    assert [step.name for step in stored().steps] == [*STEPS]
    said = texts(app)
    assert all(step.title in said and step.said in said for step in stored().steps)
    assert not app.query_params


def test_a_network_is_looked_at_and_chosen_on_the_other_pages():
    app = give(save(state()))
    said = texts(app)
    assert app.success[0].value.startswith("It can be attacked")
    assert "5, from “cat” to “cup”" in said
    assert app.query_params["model"] == "own"
    (id,) = uploaded._kept
    app.switch_page("pages/attack.py").run()
    assert not app.exception
    assert app.session_state["model"] == id
    assert app.query_params["model"] == "own"
    assert "file:" not in str(dict(app.query_params))


@pytest.mark.parametrize(
    ("data", "names", "says"),
    [
        (save(changed())[:-9], "", "is no valid safetensors file"),
        (save(state()), "cat\ndog", "names 2 classes, and the network tells 5 apart"),
        (b"", "", "Choose a file of weights first"),
    ],
    ids=["cut", "names", "empty"],
)
def test_what_fails_is_told_and_keeps_nothing(data, names, says):
    said = texts(give(data, names))
    assert says in said
    assert not uploaded._kept


def test_an_address_never_holds_it_and_opens_nobody_elses(monkeypatch):
    own = uploaded.build(uploaded.Spec(path="a", arch=ARCH, size=SIZE), save(state()))
    uploaded.add(own)
    assert MODEL.write(own.info.id) == "own"
    assert own.info.id not in MODEL.options
    complaints: list[str] = []
    for asked in ("own", own.info.id, "file:/etc/passwd?arch=timm/resnet18"):
        assert MODEL.read(asked, "model", {}, complaints.append) is MISSING
    assert "give it again on the page Own network" in complaints[0]
    monkeypatch.setattr("ui.address.common.own_id", lambda: own.info.id)
    assert MODEL.read("own", "model", {}, complaints.append) == own.info.id
    assert MODEL.options[0] == own.info.id


def test_what_a_tab_keeps_is_forgotten_with_it():
    first, second = (
        uploaded.build(uploaded.Spec(path=name, arch=ARCH, size=SIZE), save(state())) for name in "ab"
    )
    kept = own_here._Kept()
    for own in (first, second):
        uploaded.add(own)
        kept.replace(own.info.id)
    assert [*uploaded._kept] == [second.info.id]
    kept.release()
    assert not uploaded._kept
