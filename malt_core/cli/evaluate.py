"""The command `malt evaluate`: see evaluate_options.py for what can be typed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from statistics import fmean
from typing import TYPE_CHECKING

from malt_core import formatting
from malt_core.cli.evaluate_options import evaluation_config
from malt_core.cli.options import load_on, say_flags
from malt_core.cli.terminal import Status, one_line
from malt_core.comparison import words
from malt_core.datasets.open_data import open_data
from malt_core.errors import BadConfig, MaltError
from malt_core.evaluation.folder import EvaluationFolder
from malt_core.evaluation.report import REPORT, Report, report_of
from malt_core.evaluation.types import ChunkRunner, DataSource, EvaluationConfig, Plan, Progress
from malt_core.evaluation.workers.local import cores, local_workers
from malt_core.evaluation.workers.worker import catalogue_model
from malt_core.images import preprocessing
from malt_core.images.preprocessing import CENTRE
from malt_core.networks import network_info
from malt_core.storage.folders import prepare_folder
from malt_core.trust.words import MEANING, summary

if TYPE_CHECKING:
    from malt_core.datasets.base import DataSet

NAIVE_TARGETS = 9  # the likeliest classes that AutoAttack aims at; MALT's gain lies beyond them
NOTE_EVERY = 60.0  # seconds between lines of progress where there is no terminal


def evaluate(args: argparse.Namespace) -> None:
    """Evaluate as the command line says, and print the result.

    Raises MaltError for whatever keeps it from being done, and KeyboardInterrupt, which says how to go on.
    """
    config = evaluation_config(args)
    info = network_info(args.model)
    folder = EvaluationFolder(args.out)
    if folder.used and not args.resume:
        raise BadConfig(
            f"{args.out} holds an evaluation already: go on with it by --resume, or choose another folder "
            "with --out."
        )
    earlier = folder.plan()
    data = open_data(args.data, info, data_dir=args.data_dir)
    if args.ray is not None:
        _require_ray()
    prepare_folder(args.out)

    status = Status()
    try:
        plan = _plan(args, config, data, earlier, status)
        with _workers(args, plan) as run:
            if earlier is None:
                folder.begin(plan)
            report = _follow(plan, data, run, folder, status)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_kept(folder)) from None
    finally:
        status.show()
    text = folder.write_report(report)
    say_flags(report.flags)
    if args.json:
        print(text, end="", flush=True)
        return
    print(table(report), "", f"Written to {args.out / REPORT}", sep="\n", flush=True)


def _require_ray() -> None:
    if find_spec("ray") is None:
        raise BadConfig("--ray needs the package ray: `pip install 'malt-lab[ray]'` installs it.")


def _plan(
    args: argparse.Namespace, config: EvaluationConfig, data: DataSet, earlier: Plan | None, status: Status
) -> Plan:
    status.show(f"Loading {args.model} …")
    # Only now the imports and downloads that take a while: mistakes are answered at once.
    import torch

    from malt_core.evaluation.plan import make_plan

    torch.set_num_threads(1)  # as in the workers, for whom the speed of bfloat16 is measured here
    model = load_on(args, status)
    status.show("Choosing batch size and precision …")
    return make_plan(model, data, config, n=args.n, earlier=earlier)


@contextmanager
def _workers(args: argparse.Namespace, plan: Plan) -> Iterator[ChunkRunner]:
    load = partial(catalogue_model, plan.model)
    if args.ray is None:
        yield local_workers(load, plan, args.workers or (cores() if plan.device == "cpu" else 1))
        return
    from malt_core.evaluation.workers.on_ray import cluster, ray_workers

    with cluster(args.ray or None):
        yield ray_workers(load, plan)


def _follow(plan: Plan, data: DataSet, run: ChunkRunner, folder: EvaluationFolder, status: Status) -> Report:
    from malt_core.evaluation.run import evaluate

    started, noted, begun = time.monotonic(), -NOTE_EVERY, None
    with closing(evaluate(plan, data, run, folder)) as events:
        for event in events:
            if isinstance(event, Progress):
                begun = event.done if begun is None else begun
                seconds = time.monotonic() - started
                text = progress_text(event, event.done - begun, seconds)
                status.show(text)
                if seconds - noted >= NOTE_EVERY:
                    noted = seconds
                    status.note(text)
    return event


def progress_text(progress: Progress, new: int, seconds: float) -> str:
    """Return one line of progress; `new` of the images that are done took these seconds."""
    if not progress.done:
        return f"{progress.total:,} images …"
    counts = ", ".join(f"{progress.counts[name]:,} {name}" for name in ("robust", "fooled", "wrong"))
    for name in ("invalid", "corrupt"):
        if count := progress.counts[name]:
            counts += f", {count:,} {name}"
    text = f"{progress.done:,} of {progress.total:,} images"
    if new and progress.done < progress.total:  # ahead of the counts, which a narrow terminal cuts off
        text += f", {formatting.duration((progress.total - progress.done) * seconds / new)} left"
    return f"{text}: {counts}"


def _kept(folder: EvaluationFolder) -> str:
    """Write the report of what is done, and say how to go on."""
    plan, done = folder.plan(), {}
    if plan is not None:
        done = folder.chunks(plan)
        with suppress(MaltError):  # where no image could be read, or the disk is full
            folder.write_report(report_of(plan, done.values()))
    images = sum(len(chunk.images) + len(chunk.corrupt) for chunk in done.values())
    return f"{images:,} images are done and kept in {folder.path}: the same command with --resume goes on"


def table(report: Report) -> str:
    """Return the result for a terminal."""
    plan, config, counts = report.plan, report.plan.config, report.counts
    read = counts["read"]
    rows = [
        ("clean accuracy", f"{report.clean_accuracy:.2%}", f"{read - counts['wrong']} of {read}"),
        ("robust accuracy", f"{report.robust_accuracy:.2%}", f"{counts['robust']} of {read}"),
        ("fooled", str(counts["fooled"]), ""),
        *([("refused or without answer", str(counts["refused"]), "")] if counts["refused"] else []),
        *([("without a finite answer", str(counts["invalid"]), "")] if counts["invalid"] else []),
        ("could not be read", str(counts["corrupt"]), ""),
        *_opinion_rows(report),
        *_rank_rows(report),
        ("forward passes", f"{report.n_forward:,}", f"{report.n_forward / read:,.0f} an image"),
        ("backward passes", f"{report.n_backward:,}", f"{report.n_backward / read:,.0f} an image"),
        ("seconds", f"{report.seconds:,.1f}", f"{report.seconds / read:,.2f} an image"),
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines = [f"{name:<{widths[0]}}  {value:>{widths[1]}}  {more}".rstrip() for name, value, more in rows]
    part = "" if report.complete else f" (so far, of {plan.data.images:,} images)"
    return "\n".join(
        [
            f"{plan.model} on {plan.data.name}{part}",
            f"{config.attack_info.title} at ε = {config.epsilon}, seed {config.seed}, {config.precision}, "
            f"{plan.device}",
            *([_pictures(plan.data)] if plan.data.preprocessing not in ("", CENTRE) else []),
            "",
            *lines,
            *_not_read(report),
            *_flagged(report),
        ]
    )


def _opinion_rows(report: Report) -> list[tuple[str, str, str]]:
    opinion = report.second_opinion
    if opinion is None:
        return []
    queries = f"by Square, of {len(opinion.images):,} left and asked about, {opinion.queries:,} queries each"
    return [("fooled by the second opinion", f"{len(opinion.fooled):,}", queries)]


def _flagged(report: Report) -> list[str]:
    """Return, after an empty line, how to take the figures where a flag was raised."""
    if not report.flags:
        return []
    return ["", f"Flags: {summary(report.flags)}. {MEANING}"]


def _pictures(data: DataSource) -> str:
    """Return by which preprocessing of the model's own pictures were brought to its size."""
    return f"pictures: {data.preprocessing}, {preprocessing.words(data.preprocessing)}"


def _not_read(report: Report) -> list[str]:
    """Return, after an empty line, which files count in no figure, and why: the first few of them."""
    said = [words.unread_sentence(report)] if report.corrupt else []
    said += [words.left_out_sentence(report)] if report.plan.data.left_out else []
    return ["", *map(one_line, said)] if said else []


def _rank_rows(report: Report) -> list[tuple[str, str, str]]:
    """Return what is known of the targets that won: mean ranks, and how many naive targeting would miss."""
    aimed = [image for image in report.images if image.target is not None]
    rows = []
    for name, ranks in (
        ("mean rank of the winning target by MALT score", [image.malt_rank for image in aimed]),
        ("mean rank of the winning target by confidence", [image.confidence_rank for image in aimed]),
    ):
        known = [rank for rank in ranks if rank is not None]
        if known:
            rows.append((name, f"{fmean(known):.2f}", f"over {len(known)} images"))
    if report.plan.config.attack == "malt" and aimed:
        beyond = sum(image.confidence_rank > NAIVE_TARGETS for image in aimed)
        name = f"winning targets not among the {NAIVE_TARGETS} likeliest classes"
        rows.append((name, f"{beyond / len(aimed):.2%}", f"{beyond} of {len(aimed)}"))
    return rows
