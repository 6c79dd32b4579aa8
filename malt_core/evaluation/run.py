"""An attack on a whole data set: what is decided beforehand, and the chunks one after the other.

Who computes the chunks is left open: this process (`in_process`), worker processes (workers/local.py) or a
Ray cluster (workers/on_ray.py). All of them compute the same chunks, so all end with the same report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from malt_core.datasets.base import DataSet
from malt_core.errors import BadConfig
from malt_core.evaluation.chunks import evaluate_chunk
from malt_core.evaluation.folder import EvaluationFolder
from malt_core.evaluation.report import Report, report_of
from malt_core.evaluation.types import (
    Chunk,
    ChunkResult,
    ChunkRunner,
    Chunks,
    Plan,
    Progress,
)
from malt_core.models.loaders import Model


def evaluate(
    plan: Plan, data: DataSet, run: ChunkRunner, folder: EvaluationFolder | None = None
) -> Iterator[Progress | Report]:
    """Yield Progress, at first and whenever a chunk is done, then the Report.

    folder: where each chunk is kept when it is done, and where those of an interrupted run are found; it has
    to hold this plan. Closing the iterator stops the work; nothing that was yielded is lost.
    Raises what the model and the data set raise, and BadConfig where no image can be read, or pictures have
    changed since the interrupted run read them.
    """
    done = _still_true(folder.chunks(plan), plan, data) if folder is not None else {}
    progress = Progress(done=0, total=plan.data.images, counts=Counter())
    for chunk in done.values():
        progress = _add(progress, chunk)
    yield progress
    missing = [number for number in range(plan.chunks) if number not in done]

    def read(number: int) -> Chunk:
        return Chunk(number, tuple(data.records(plan.range_of(number))))

    with closing(run(Chunks(missing, read))) as results:
        for chunk in results:
            if folder is not None:
                folder.save(plan, chunk)
            done[chunk.number] = chunk
            progress = _add(progress, chunk)
            yield progress
    yield report_of(plan, done.values())


def _still_true(done: dict[int, ChunkResult], plan: Plan, data: DataSet) -> dict[int, ChunkResult]:
    """Return the chunks whose pictures are still those that were evaluated, without those that cannot say.

    Raises BadConfig where a picture is another one by now: one report would be over two data sets.
    """
    checked = {}
    for number in sorted(done):
        results = sorted((*done[number].images, *done[number].corrupt), key=lambda image: image.index)
        if any(image.digest is None for image in results):
            continue
        for image, record in zip(results, data.records(plan.range_of(number)), strict=True):
            if image.digest != record.digest:
                raise BadConfig(
                    f"{record.name} in {data.path} has changed since it was evaluated. Put back the pictures "
                    "that the evaluation was begun with, or begin anew in another folder."
                )
        checked[number] = done[number]
    return checked


def _add(progress: Progress, chunk: ChunkResult) -> Progress:
    outcomes = Counter(image.outcome for image in chunk.images)
    return Progress(
        done=progress.done + len(chunk.images) + len(chunk.corrupt),
        total=progress.total,
        counts=progress.counts + outcomes + Counter(corrupt=len(chunk.corrupt)),
    )


def in_process(model: Model, plan: Plan) -> ChunkRunner:
    """Return a Run that evaluates one chunk after the other here and now."""

    def run(chunks: Chunks) -> Iterator[ChunkResult]:
        for number in chunks.numbers:
            yield evaluate_chunk(model, model.info.size, chunks.read(number), plan.config)

    return run
