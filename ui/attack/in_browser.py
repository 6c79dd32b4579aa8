"""An attack that the reader's own browser computes: its files, its course, and what it sends back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime import get_instance

from malt_core import __version__
from malt_core.errors import MaltError
from malt_core.formatting import steps
from malt_core.networks import network_info
from ui.attack import earlier, work
from ui.attack.link import AttackSettings
from ui.compute.jobs import Job, Report
from ui.compute.loading import load_torch
from ui.compute.session import tab
from ui.compute.task import Task
from ui.pictures.picture import Picture
from ui.widgets import form
from ui.widgets.markdown import plain
from ui.widgets.waiting import EVERY, show_wait

PURPOSE = "portable"  # what the tab calls the job that makes the network's file
MAKING = "Writing the network as a file for browsers: once, for some seconds …"
KIND = "application/octet-stream"


def show_running(task: Task, chosen: AttackSettings, picture: Picture) -> None:
    """Draw the attack as the browser computes it; what it sends back is kept, and the page run once more."""
    with st.container(key="running"):
        state = st.session_state
        id = f"{task.key}-{state.get('played', 0)}"
        failed = state.get("browser_failed", ("", ""))
        trouble = _cannot(chosen, picture) or (failed[1] if failed[0] == id else "")
        if trouble:
            st.error(plain(trouble))
            st.button("Compute on the server", icon=":material/bolt:", key="on_server", on_click=_on_server)
            return
        job = tab().watch(PURPOSE, f"portable-{chosen.model}", load=_file(chosen.model), work=_yielded)
        if job.state == "failed":
            st.error(plain(job.error))
            st.button("Compute on the server", icon=":material/bolt:", key="on_server", on_click=_on_server)
        elif job.state == "done":
            _mount(task, chosen, picture, id, job.events[-1])
        else:
            _wait(task, job)


def show_stopped(chosen: AttackSettings, picture: Picture | None) -> None:
    """Say how far an attack had come that was stopped in the browser."""
    key, made = st.session_state.get("browser_stopped", ("", 0))
    if picture and key and key == work.attack_key(chosen, picture):
        st.info(f"Stopped after {steps(made)}, without success so far.")


def _cannot(chosen: AttackSettings, picture: Picture) -> str:
    """Return why these settings need the server, "" where they do not."""
    if picture.array is not None:
        return "A browser takes 8-bit pictures only, and a .npy file is finer: compute it on the server."
    if chosen.target is not None:
        return "In a browser MALT chooses the class itself. Clear “Fool it into”, or compute on the server."
    if chosen.targeting != "malt":
        return "A browser ranks classes as MALT does only. Choose that targeting, or compute on the server."
    if chosen.check == "always":
        return "A second opinion is asked on the server only. Compute there, or ask for none."
    return ""


def _on_server() -> None:
    form.put(AttackSettings, "engine", "server")
    st.session_state.attack_now = True


def _file(model: str) -> Callable[[Report], Path]:
    """What makes the network's file, unless it is there, in a thread of the queue's."""
    wait = load_torch()

    def load(report: Report) -> Path:
        wait(report)
        from malt_core.portable.shelf import portable_file

        return portable_file(model, lambda *_: report(MAKING))

    return load


def _yielded(path: Path) -> Iterator[Path]:
    yield path


@st.fragment(run_every=EVERY)
def _wait(task: Task, job: Job) -> None:
    if job.finished:
        st.rerun()
    show_wait(job)
    st.button("Stop", icon=":material/stop_circle:", key="stop", on_click=task.stop)


@cache
def _component() -> Any:
    from malt_core.portable import component

    return st.components.v2.component(
        "malt_browser_attack",
        html=component.page_html(),
        css=component.page_style(),
        js=component.page_script(),
    )


def _mount(task: Task, chosen: AttackSettings, picture: Picture, id: str, path: Path) -> None:
    config, info = chosen.config, network_info(chosen.model)
    image = picture.image.convert("RGB")
    found = _component()(
        key=f"in-browser-{hashlib.sha256(id.encode()).hexdigest()[:12]}",
        data={
            "id": id,
            "model": info.id,
            "alt": picture.alt,
            "files": _files(info.id, path),
            "image": {
                "pixels": base64.b64encode(image.tobytes()).decode("ascii"),
                "width": image.width,
                "height": image.height,
            },
            "settings": {
                "norm": config.norm,
                "eps": config.eps,
                "targets": config.n_targets,
                "candidates": config.n_candidates,
                "steps": config.n_iter,
                "budget": "published" if config.faithful else "malt",
                "start": config.seed,
                "name": picture.name,
                "credit": picture.credit,
            },
        },
        on_result_change=lambda: None,
        on_stopped_change=lambda: None,
        on_server_change=_on_server,
    )
    if found.result:
        _take(task.key, id, found.result, chosen, picture)
        st.rerun()
    if found.stopped:
        made = found.stopped.get("steps")
        st.session_state.browser_stopped = task.key, made if isinstance(made, int) else 0
        task.stop()
        st.rerun()


def _take(key: str, id: str, content: Any, chosen: AttackSettings, picture: Picture) -> None:
    """Keep what the browser sent, if it is sound."""
    try:
        bundle = work.from_browser(content, chosen, picture)
    except MaltError as error:
        st.session_state.browser_failed = id, f"The result was not accepted. {error}"
        return
    earlier.keep(key, chosen, picture, bundle.snapshot, bundle)


def _files(model: str, path: Path) -> dict[str, Any]:
    """What the browser loads, with addresses below the app's own; the same file keeps its address."""
    from malt_core.portable import component

    network = path.read_bytes()
    return {
        "version": __version__,
        "wasm": _served("wasm", component.wasm_file()),
        "worker": _served("worker", component.worker_script()),
        "network": {
            "id": model,
            "suggested_eps": network_info(model).suggested_eps,
            **_served("network", network),
        },
    }


def _served(what: str, data: bytes) -> dict[str, Any]:
    address = get_instance().media_file_mgr.add(data, KIND, f"in-browser-{what}")
    return {
        "name": address.lstrip("/"),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "keep": True,
    }
