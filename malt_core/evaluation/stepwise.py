"""An evaluation in a process that has other work to do: it works a little whenever it is asked to.

Unlike run.in_process it lets go in the middle of a chunk, which can take minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass

from malt_core.datasets.base import DataSet
from malt_core.evaluation.chunks import evaluate_chunk
from malt_core.evaluation.report import Report, report_of
from malt_core.evaluation.types import Chunk, ChunkResult, EvaluationConfig, Plan
from malt_core.harness.counting import CountingModel
from malt_core.harness.stepwise import Turn, stepwise
from malt_core.models.loaders import Model
from malt_core.numerics.gradients import Passes

TURN = 0.1  # seconds of work after which it pauses, ahead of the next forward pass


@dataclass(frozen=True, kw_only=True)
class Working:
    """Event: a chunk is under way. n_forward: images sent through the model for it so far."""

    n_forward: int


def evaluate_in_turns(
    model: Model, data: DataSet, plan: Plan, done: Mapping[int, ChunkResult] | None = None
) -> Iterator[Plan | Working | ChunkResult | Report]:
    """Yield the plan, Working at every pause, each ChunkResult, then the Report.

    done: chunks of an earlier run of the same plan, by number, which are taken over and come first.
    Between the events nothing is computed and no state that other threads could see is changed; the report
    is the one that evaluate.evaluate ends with. Closing the iterator stops the work.
    Raises what the model and the data set raise, and BadConfig where no image can be read.
    """
    yield plan
    chunks = list((done or {}).values())
    yield from chunks
    for number in sorted(set(range(plan.chunks)) - set(done or {})):
        todo = Chunk(number, tuple(data.records(plan.range_of(number))))
        chunk = yield from _chunk_in_turns(model, todo, plan.config)
        chunks.append(chunk)
        yield chunk
    yield report_of(plan, chunks)


def _chunk_in_turns(
    model: Model, chunk: Chunk, config: EvaluationConfig
) -> Generator[Working, None, ChunkResult]:
    passes = Passes()

    def call(pause: Callable[[Working], None]) -> ChunkResult:
        turn = Turn(TURN)

        def pause_now_and_then() -> None:
            if turn.over:
                pause(Working(n_forward=passes.forward))
                turn.begin()

        watched = CountingModel(model, passes, pause_now_and_then)
        return evaluate_chunk(watched, model.info.size, chunk, config)

    return (yield from stepwise(call))
