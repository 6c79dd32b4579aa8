"""What `malt attack` leaves: the last checks of a run, and its files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from malt_core.attack_run.pictures import adversarial_png
from malt_core.attack_run.record import RunRecord, read_record, record_of, record_text
from malt_core.attack_run.survival import survival
from malt_core.attack_run.survival_types import TREATMENTS, Survival, survival_sentence, survival_table
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.cli.terminal import Status, one_line
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.export import files
from malt_core.export.formats import FORMATS, Format
from malt_core.images import pixels
from malt_core.models.loaders import Model
from malt_core.numerics import gradients
from malt_core.storage.folders import cannot_write


def earlier(folder: Path) -> str:
    """Return what is said when this command's files replace others; "" where there is nothing to replace.

    Raises BadConfig where files of these names are there, and no run: they are somebody's own.
    """
    there = [name for name in files.NAMES if (folder / name).exists()]
    if not there:
        return ""
    if not (folder / files.RECORD).exists():
        raise BadConfig(
            f"{folder} holds {there[0]}, and no run.json: it is not of an earlier attack, and would be "
            "overwritten. Choose another folder with --out."
        )
    what = "an earlier run"
    with suppress(BadConfig):
        run = read_record(folder)
        what = f"the run on {one_line(run.image.name)} ({run.model}, ε = {Epsilon(run.eps, run.norm)})"
    return f"Replaced {what} that was in {folder}; --out takes another folder."


def save(
    run: AttackRun,
    model: Model,
    folder: Path,
    formats: Collection[str],
    truth: Truth,
    *,
    survives: bool,
    status: Status,
) -> tuple[RunRecord, list[Path]]:
    """Judge the saved picture and write all files of a run. Returns what run.json says, and the paths.

    survives: whether to judge it also after it was passed on. Raises BadConfig where nothing can be written.
    """
    record = _judged(run, model)
    if survives and record.success and record.survives_png:
        record = replace(record, survives=tuple(_passed_on(run, model, record, status)))
    return record, write_files(run, folder, record_text(record), formats, truth, status)


def write_files(
    run: AttackRun, folder: Path, text: str, formats: Collection[str], truth: Truth, status: Status
) -> list[Path]:
    """Write all files of a run, and say which where that takes long. text: of run.json. Raises BadConfig."""
    slow = [FORMATS[name].file for name in formats if FORMATS[name].moving]
    if slow and run.linearity is not None:
        status.note(f"Writing {', '.join(slow)}, which takes some seconds …")

    def look(format: Format) -> None:
        status.show(f"Writing {format.file} …")

    try:
        return files.write(run, folder, text, formats=formats, truth=truth, look=look)
    except OSError as error:
        raise cannot_write(folder, error) from error


def survival_lines(record: RunRecord) -> list[str]:
    """Return what --survives found, a few lines, or why there was nothing to ask."""
    if record.survives is None:
        why = "no PNG holds an attack" if record.success else "the attack fooled nobody"
        return [f"Nothing could survive, since {why}."]
    return [*survival_table(record.survives), survival_sentence(record.survives)]


def _judged(run: AttackRun, model: Model) -> RunRecord:
    """Return the record, with what the model says of the very PNG that is written."""
    record = record_of(run)
    if png := files.pictures(run)[files.ADVERSARIAL]:
        saved = gradients.placed(model, pixels.read_png(png)[None])
        answer = int(gradients.logits(model, saved, gradients.Passes()).argmax(1))
        aimed = run.result.reached and run.config.target is not None
        kept = answer == run.config.target if aimed else answer != run.result.label
        record = replace(record, survives_png=kept)
    return record


def _passed_on(run: AttackRun, model: Model, record: RunRecord, status: Status) -> Iterator[Survival]:
    found = survival(model, pixels.png_bytes(run.sample.x), adversarial_png(run), record.clean_label.index)
    for done, one in enumerate(found, start=1):
        status.show(f"Passing the picture on: {done} of {len(TREATMENTS)}")
        yield one
