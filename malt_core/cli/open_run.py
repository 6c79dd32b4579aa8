"""The command `malt open`: a run that was kept in one file, told again without attacking."""

from __future__ import annotations

import argparse
from pathlib import Path

from malt_core.attack_run import near_miss, story, words
from malt_core.attacks.outcome import Truth
from malt_core.cli.options import add_formats, chosen_formats, path
from malt_core.cli.terminal import Status, one_line, say
from malt_core.epsilon import Epsilon
from malt_core.errors import MaltError
from malt_core.export.bundles.read import Bundle, open_bundle
from malt_core.formatting import exact_percent
from malt_core.images.gallery import GALLERY, true_classes
from malt_core.networks import network_info
from malt_core.storage.folders import prepare_folder
from malt_core.trust.words import opinion_sentence

HELP = "tell again what a .malt file holds, without attacking"
DESCRIPTION = (
    "Open a run that `malt attack --formats malt`, or the Attack page, kept in one file, and print its "
    "result. Nothing is attacked and no network is loaded: the numbers are those of the stored run."
)


def add_open(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = DESCRIPTION
    command.add_argument("file", metavar="FILE", type=path, help="a .malt file")
    add_formats(command, "files of the run to write, as `attack` does, with commas between")
    command.add_argument(
        "--out",
        metavar="DIR",
        type=path,
        default=Path("malt-out"),
        help="folder for these, made if it is missing (default: %(default)s)",
    )
    command.add_argument("--json", action="store_true", help="print its run.json, digit by digit")


def open_run(args: argparse.Namespace) -> None:
    """Open the file and print the result. Raises BadConfig for what is no sound bundle."""
    bundle = open_bundle(args.file)
    if bundle.other_weights:
        say(
            f"malt_core: {one_line(bundle.manifest.model)} has other weights here than the run was made with."
        )
    written = _write(bundle, args)
    if args.json:
        print(bundle.text, end="" if bundle.text.endswith("\n") else "\n", flush=True)
        return
    print(*(one_line(text) for text in _sentences(bundle)), sep="\n", flush=True)
    if written:
        print(f"Written to {args.out}: {', '.join(path.name for path in written)}", flush=True)


def _write(bundle: Bundle, args: argparse.Namespace) -> list[Path]:
    """Write what was asked for, with the files that every run leaves; return the paths, [] for nothing."""
    formats = chosen_formats(args)
    if not formats:
        return []
    prepare_folder(args.out)
    from malt_core.cli.saving import earlier, write_files

    status = Status()
    try:
        replaced = earlier(args.out)
        paths = write_files(bundle.run(), args.out, bundle.text, formats, _truth(bundle), status)
    finally:
        status.show()
    if replaced:
        say(replaced)
    return paths


def _sentences(bundle: Bundle) -> list[str]:
    """Return the stored result, a few lines: what and of what, before and after, what became of it."""
    snapshot, record = bundle.snapshot, bundle.snapshot.record
    truth = _truth(bundle)
    lines = [
        f"A stored run of MALT Lab {bundle.manifest.malt_lab} on {record.image.name}: {record.model}, "
        f"ε = {Epsilon(record.eps, record.norm)}. Nothing was attacked now.",
        "Before: " + ", ".join(f"{one.name} {exact_percent(one.confidence)}" for one in record.clean_top),
    ]
    if record.success:
        after = record.adversarial_label
        lines.append(f"After:  {after.name} {exact_percent(after.confidence)}")
    lines.append(f"{story.headline(record, truth)} {story.told(record, truth)}")
    if record.second_opinion is not None:
        lines.append(opinion_sentence(record.second_opinion, "picture"))
    lines.append(near_miss.near_sentence(record) or words.visibility(record))
    lines.append(words.cost(record))
    lines.append(f"{bundle.snapshot.player['straightness']} {snapshot.way_sentence}")
    lines.append(f"Again: {snapshot.command}")
    return lines


def _truth(bundle: Bundle) -> Truth:
    """Return what the gallery says that the picture shows; None for other pictures and networks."""
    source = bundle.snapshot.record.image.source
    try:
        info = network_info(bundle.manifest.model)
        return true_classes(source.removeprefix(GALLERY), info) if source.startswith(GALLERY) else None
    except MaltError:
        return None
