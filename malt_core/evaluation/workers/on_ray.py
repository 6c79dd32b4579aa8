"""The chunks of an evaluation on a Ray cluster: the same as on one computer, to the last digit.

Needs the optional package ray (malt-lab[ray]); nothing else in the project imports it. On every
computer of the cluster the same version of MALT Lab has to lie at the same path, with what it runs on
installed. Images are sent there; models are loaded there.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from malt_core.errors import BadConfig
from malt_core.evaluation.types import Chunk, ChunkResult, ChunkRunner, Chunks, Plan
from malt_core.evaluation.workers.dispatch import Event, Lost, dispatch
from malt_core.evaluation.workers.worker import Evaluator

if TYPE_CHECKING:
    from malt_core.models.loaders import Model

KNOCK = 10.0  # seconds in which a cluster has to answer


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Connect to the Ray cluster at an address, such as "ray://host:10001"; "auto" is one that runs here.

    None: the one in $RAY_ADDRESS, else a new one of this computer alone, for as long as it is needed. (Ray
    itself would look for one here first, and hang if it was not shut down properly.) A cluster that this
    process is connected to already is used, and stays. Raises BadConfig where there is none.
    """
    if ray.is_initialized():
        yield
        return
    logging.getLogger("ray").setLevel(logging.ERROR)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody has asked for reports to Ray's makers
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _knock(address)
    try:
        ray.init(address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (RayError, ConnectionError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadConfig(f"There is no Ray cluster at {address}: {reason}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise BadConfig if nobody answers at "host:port" or "ray://host:port"; Ray would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK).close()
    except (OSError, OverflowError) as error:
        raise BadConfig(f"There is no Ray cluster at {address}: {error}.") from error


def ray_workers(load: Callable[[], Model], plan: Plan) -> ChunkRunner:
    """Return a Run on a worker for each core of the cluster, or each GPU if the plan computes on those.

    load: as for local.local_workers. To be used inside `cluster`.
    """

    def run(chunks: Chunks) -> Iterator[ChunkResult]:
        pool = _Actors(load, plan)
        return dispatch(pool, pool.room(), chunks)

    return run


class _Actors:
    """A dispatch.Pool whose workers are Ray actors."""

    def __init__(self, load: Callable[[], Model], plan: Plan) -> None:
        self._gpu = plan.device == "cuda"
        # Ray would restart actors by itself; here a fresh one takes the place of one that is lost.
        self._class = ray.remote(Evaluator).options(num_cpus=1, num_gpus=int(self._gpu), max_restarts=0)
        self._arguments = ray.put(load), ray.put(plan)
        self._awaited: dict[Any, ActorHandle] = {}

    def room(self) -> int:
        """Return how many workers the cluster has room for."""
        return max(1, int(ray.cluster_resources().get("GPU" if self._gpu else "CPU", 0)))

    def start(self) -> ActorHandle:
        worker = self._class.remote(*self._arguments)
        self._awaited[worker.prepare.remote()] = worker
        return worker

    def give(self, worker: ActorHandle, chunk: Chunk) -> None:
        self._awaited[worker.evaluate.remote(chunk)] = worker

    def wait(self) -> list[tuple[ActorHandle, Event]]:
        done, _ = ray.wait(list(self._awaited), num_returns=1)
        return [(self._awaited.pop(event), self._event(event)) for event in done]

    def _event(self, event: Any) -> Event:
        try:
            return ray.get(event)
        except RayError as error:
            return Lost(" ".join(str(error).split())[:300])

    def stop(self, worker: ActorHandle) -> None:
        self._awaited = {event: other for event, other in self._awaited.items() if other != worker}
        ray.kill(worker)
