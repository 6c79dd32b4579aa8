"""The same evaluation on a Ray cluster of two workers on this computer, one of which is killed on the way."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Iterator
from functools import partial

import pytest
import torch

pytest.importorskip("ray", reason="the optional package ray is not installed (malt-lab[ray])")

from malt_core.errors import BadConfig, ModelUnavailable
from malt_core.evaluation.run import evaluate, in_process
from tests.helpers.evaluations import Pictures, load, load_mortal, load_unavailable, numbers, plan, result

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    import ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


def test_the_report_is_that_of_one_process_though_a_worker_is_killed(cluster, tmp_path):
    from malt_core.evaluation.workers import on_ray

    data, marker = Pictures(14, corrupt=(5,)), tmp_path / "killed"
    whole = plan(data)
    with on_ray.cluster(None):
        run = on_ray.ray_workers(partial(load_mortal, marker), whole)
        report = result(evaluate(whole, data, run))
    assert marker.exists()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    local = result(evaluate(whole, data, in_process(load(), whole)))
    torch.set_num_threads(threads)
    assert numbers(report) == numbers(local)
    assert len({image.outcome for image in report.images}) == 3


def test_a_model_that_does_not_load_is_said_at_once(cluster):
    from malt_core.evaluation.workers.on_ray import ray_workers

    data = Pictures(4)
    whole = plan(data)
    with pytest.raises(ModelUnavailable, match=r"The file tiny\.pt is missing\."):
        result(evaluate(whole, data, ray_workers(load_unavailable, whole)))


@pytest.mark.parametrize(
    ("given", "environment", "used"),
    [(None, None, "local"), (None, "host:1", "host:1"), ("auto", "host:1", "auto")],
)
def test_where_a_cluster_is_looked_for(monkeypatch, given, environment, used):
    import ray

    from malt_core.evaluation.workers import on_ray

    calls = []
    monkeypatch.setattr(on_ray, "_knock", lambda address: None)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda address, **_: calls.append(address))
    monkeypatch.setattr(ray, "shutdown", lambda: calls.append("shutdown"))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if environment:
        monkeypatch.setenv("RAY_ADDRESS", environment)
    with on_ray.cluster(given):
        assert calls == [used]
    assert calls == [used, "shutdown"]


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_nobody_at_an_address_is_said_at_once(monkeypatch, address):
    import ray

    from malt_core.evaluation.workers import on_ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda *_, **__: pytest.fail("Ray would wait for minutes"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and nobody listens
        there = address.format(free.getsockname()[1])
        with pytest.raises(BadConfig, match=f"There is no Ray cluster at {there}: "), on_ray.cluster(there):
            pass


def test_a_cluster_that_is_not_there(monkeypatch):
    import ray

    from malt_core.evaluation.workers import on_ray

    def nobody(*_: object, **__: object) -> None:
        raise ConnectionError("Could not find any running Ray instance.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", nobody)
    says = "There is no Ray cluster at auto: Could not find any running Ray"
    with pytest.raises(BadConfig, match=says), on_ray.cluster("auto"):
        pass
