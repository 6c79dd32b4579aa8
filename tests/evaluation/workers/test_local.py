"""Worker processes of this computer: real ones, with a tiny network."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from malt_core.errors import ModelUnavailable
from malt_core.evaluation.run import evaluate, in_process
from malt_core.evaluation.types import Chunk
from malt_core.evaluation.workers.dispatch import Lost
from malt_core.evaluation.workers.local import _Processes, cores, local_workers
from tests.helpers.evaluations import Pictures, load, load_mortal, load_unavailable, numbers, plan, result

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
DATA = Pictures(14, corrupt=(5,))


@pytest.fixture(scope="module")
def expected() -> dict:
    """What one process says."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    whole = plan(DATA)
    report = numbers(result(evaluate(whole, DATA, in_process(load(), whole))))
    torch.set_num_threads(threads)
    assert len({image["outcome"] for image in report["images"]}) == 3
    return report


def test_two_workers_give_the_report_of_one_process_though_one_is_killed(expected, tmp_path):
    whole, marker = plan(DATA), tmp_path / "killed"
    run = local_workers(partial(load_mortal, marker), whole, 2)
    assert numbers(result(evaluate(whole, DATA, run))) == expected
    assert marker.exists()


def test_closing_ends_the_processes():
    whole = plan(DATA)
    events = evaluate(whole, DATA, local_workers(load, whole, 1))
    assert [next(events).done for _ in range(2)] == [0, 4]
    assert len(multiprocessing.active_children()) == 1
    events.close()
    assert not multiprocessing.active_children()


def test_a_model_that_does_not_load_is_said_at_once():
    whole = plan(DATA)
    with pytest.raises(ModelUnavailable, match=r"The file tiny\.pt is missing\."):
        result(evaluate(whole, DATA, local_workers(load_unavailable, whole, 1)))


def test_a_worker_that_ends_is_lost():
    pool = _Processes(partial(os._exit, 3), plan(DATA))
    worker = pool.start()
    assert pool.wait() == [(worker, Lost("it ended with status 3"))]
    pool.give(worker, Chunk(0, ()))
    assert pool.wait() == [(worker, Lost("it ended with status 3"))]
    pool.stop(worker)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
def test_workers_end_when_their_parent_is_killed():
    code = (
        "from tests.helpers.evaluations import *\n"
        "from malt_core.evaluation.run import evaluate\n"
        "from malt_core.evaluation.workers.local import local_workers\n"
        "if __name__ == '__main__':\n"
        "    data = Pictures(14)\n"
        "    whole = plan(data)\n"
        "    events = evaluate(whole, data, local_workers(load, whole, 1))\n"
        "    next(events), next(events)\n"
        "    print('ready', flush=True)\n"
        "    import time; time.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout.readline() == "ready\n"
        children = {pid for pid in _children(parent.pid) if "spawn_main" in _command(pid)}
        assert children
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while any("spawn_main" in _command(pid) for pid in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any("spawn_main" in _command(pid) for pid in children)


def test_there_is_a_core():
    assert 1 <= cores() <= os.cpu_count()


def _children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
