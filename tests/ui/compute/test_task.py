"""What a tab computes for a page: started by a press or a link, stopped, and kept."""

from __future__ import annotations

import time

from streamlit.testing.v1 import AppTest

PATIENCE = 10.0


def _page() -> None:
    import time

    import streamlit as st

    from ui.compute.task import Task

    length = st.session_state.get("length", 3)

    def work(_resource: object):
        for number in range(length):
            time.sleep(0.002)
            yield number

    task = Task("test")
    if "open" in st.session_state:
        task.open(ask=st.session_state.pop("open"))
    if "move" in st.session_state:
        task.move({"eps": "2"}, ask=st.session_state.pop("move"))
    key = st.session_state.get("key", "a")
    wanted = task.follow(key, start=st.button("Start"))
    st.button("Stop", on_click=task.stop)
    if wanted:
        job = task.job(load=lambda report: None, work=work)
        st.text(f"{task.key} {job.state} {len(job.events)}")
        st.caption(f"by link {task.by_link}, remembered {task.remembered}")
    else:
        st.text(f"nothing, stopped: {len(task.stopped(key or 'none'))}")
    if task.aside:
        st.button("Stop aside", on_click=task.stop_aside)
        st.caption(f"aside {task.aside}")


def said(app: AppTest) -> str:
    assert not app.exception
    return app.text[0].value


def run_until(app: AppTest, words: str) -> None:
    until = time.monotonic() + PATIENCE
    while words not in said(app):
        assert time.monotonic() < until, said(app)
        time.sleep(0.02)
        app.run()


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def opened(**state: object) -> AppTest:
    app = AppTest.from_function(_page)
    for name, value in state.items():
        app.session_state[name] = value
    return app.run()


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    app = opened(key="quiet")
    assert said(app).startswith("nothing")
    press(app, "Start")
    run_until(app, "quiet done 3")


def test_a_link_asks_once_it_can_be_answered() -> None:
    app = opened(key=None, open=True)
    assert said(app).startswith("nothing")
    app.session_state["key"] = "upload"
    app.run()
    run_until(app, "upload done 3")
    assert app.caption[0].value == "by link True, remembered False"


def test_other_settings_end_it_and_what_was_stopped_stays() -> None:
    app = opened(key="long", length=100_000)
    press(app, "Start")
    run_until(app, "long running")
    time.sleep(0.2)
    app.session_state["key"] = "other"
    app.run()
    assert said(app) == "nothing, stopped: 0", "of these settings nothing is there"
    app.session_state["key"] = "long"
    app.run()
    assert int(said(app).rpartition(" ")[2]) > 0, "of the old ones there is"


def test_stop_keeps_what_is_done() -> None:
    app = opened(key="stopped", length=100_000)
    press(app, "Start")
    run_until(app, "stopped running")
    time.sleep(0.2)
    press(app, "Stop")
    assert int(said(app).rpartition(" ")[2]) > 0


def running(key: str) -> AppTest:
    app = opened(key=key, length=100_000)
    press(app, "Start")
    run_until(app, f"{key} running")
    return app


def move(app: AppTest, key: str, *, ask: bool) -> None:
    """Back or Forward brings the page to the settings of that key."""
    app.session_state["key"], app.session_state["move"] = key, ask
    app.run()


def test_back_and_forward_end_nothing_that_runs() -> None:
    app = running("gone on")
    move(app, "gone on", ask=False)
    assert said(app).startswith("gone on running")
    move(app, "others", ask=False)
    assert said(app).startswith("nothing")
    assert app.caption[0].value == "aside Aside(key='gone on', address={'eps': '2'})"
    move(app, "gone on", ask=True)
    assert said(app).startswith("gone on running")
    assert not any("aside" in caption.value for caption in app.caption)
    press(app, "Stop")
    assert said(app).startswith("nothing")


def test_what_goes_on_aside_can_be_stopped_and_what_it_brought_stays() -> None:
    app = running("besides")
    time.sleep(0.2)
    move(app, "others", ask=False)
    press(app, "Stop aside")
    assert not app.caption
    move(app, "besides", ask=True)
    assert int(said(app).rpartition(" ")[2]) > 0
    assert said(app).startswith("nothing"), "Forward starts nothing"


def test_another_start_ends_what_goes_on_aside() -> None:
    app = running("first")
    move(app, "second", ask=False)
    press(app, "Start")
    run_until(app, "second running")
    assert not any("aside" in caption.value for caption in app.caption)
    press(app, "Stop")


def test_back_and_forward_show_a_result_that_is_still_there_and_start_none() -> None:
    app = opened(key="shown")
    press(app, "Start")
    run_until(app, "shown done")
    move(app, "shown", ask=False)
    assert said(app).startswith("nothing"), "the address before the press"
    move(app, "shown", ask=True)
    assert said(app).startswith("shown done")
    move(app, "never computed", ask=True)
    assert said(app).startswith("nothing")


def test_a_result_from_memory_is_known_as_one() -> None:
    app = opened(key="twice")
    press(app, "Start")
    run_until(app, "twice done")
    assert app.caption[0].value == "by link False, remembered False"
    other = opened(key="twice")
    press(other, "Start")
    run_until(other, "twice done")
    assert other.caption[0].value == "by link False, remembered True"
