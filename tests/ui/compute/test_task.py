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
    if "begin" in st.session_state:
        task.begin(ask=st.session_state.pop("begin"))
    key = st.session_state.get("key", "a")
    wanted = task.follow(key, start=st.button("Start"))
    st.button("Stop", on_click=task.stop)
    if wanted:
        job = task.job(load=lambda report: None, work=work)
        st.text(f"{task.key} {job.state} {len(job.events)}")
    else:
        st.text(f"nothing, stopped: {len(task.stopped(key or 'none'))}")


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
    app = opened(key=None, begin=True)
    assert said(app).startswith("nothing")
    app.session_state["key"] = "upload"
    app.run()
    run_until(app, "upload done 3")


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


def test_a_page_that_is_opened_without_asking_ends_what_ran() -> None:
    app = opened(key="left", length=100_000)
    press(app, "Start")
    run_until(app, "left running")
    app.session_state["begin"] = False
    app.run()
    assert said(app).startswith("nothing")
