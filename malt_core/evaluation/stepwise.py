"""An evaluation in a process that has other work to do: it works a little whenever it is asked to.

Unlike run.in_process it lets go in the middle of a chunk, which can take minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import torch

from malt_core.datasets.base import DataSet
from malt_core.evaluation.chunks import evaluate_chunk
from malt_core.evaluation.report import Report, report_of
from malt_core.evaluation.types import Chunk, ChunkResult, EvaluationConfig, Plan
from malt_core.harness.counting import CountingModel
from malt_core.harness.stepwise import stepwise
from malt_core.models.loaders import Model
from malt_core.numerics.gradients import Passes

TURN = 0.1  # seconds of work after which it pauses, ahead of the next forward pass

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Working:
    """Event: a chunk is under way. n_forward: images sent through the model for it so far."""

    n_forward: int


def evaluate_in_turns(
    model: Model, data: DataSet, plan: Plan
) -> Iterator[Plan | Working | ChunkResult | Report]:
    """Yield the plan, Working at every pause, each ChunkResult, then the Report.

    Between the events nothing is computed and no state that other threads could see is changed; the report
    is the one that evaluate.evaluate ends with. Closing the iterator stops the work.
    Raises what the model and the data set raise, and BadConfig where no image can be read.
    """
    yield plan
    chunks = []
    for number in range(plan.chunks):
        todo = Chunk(number, tuple(data.records(plan.range_of(number))))
        chunk = yield from _chunk_in_turns(model, todo, plan.config)
        chunks.append(chunk)
        yield chunk
    yield report_of(plan, chunks)


def _chunk_in_turns(
    model: Model, chunk: Chunk, config: EvaluationConfig
) -> Generator[Working, None, ChunkResult]:
    passes = Passes()

    def call(pause: Callable[[], None]) -> ChunkResult:
        watched = CountingModel(model, passes, _every_turn(pause))
        return evaluate_chunk(watched, model.info.size, chunk, config)

    with closing(_apart(stepwise(call))) as turns:
        while True:
            try:
                next(turns)
            except StopIteration as end:
                return end.value
            yield Working(n_forward=passes.forward)


def _every_turn(pause: Callable[[], None]) -> Callable[[], None]:
    """Return a function to be called often, which pauses whenever TURN seconds of work have passed."""
    turn_over = time.monotonic() + TURN

    def maybe_pause() -> None:
        nonlocal turn_over
        if time.monotonic() >= turn_over:
            pause()
            turn_over = time.monotonic() + TURN

    return maybe_pause


def _apart(turns: Generator[None, None, T]) -> Generator[None, None, T]:
    """Put torch's global random state, which pyautoattack seeds, back at every pause and at the end."""
    try:
        while True:
            with torch.random.fork_rng(devices=[]):
                try:
                    next(turns)
                except StopIteration as end:
                    return end.value
            yield
    finally:
        with torch.random.fork_rng(devices=[]):  # what is ended puts back what it found at its start
            turns.close()
