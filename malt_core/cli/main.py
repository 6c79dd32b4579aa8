"""The command line: `malt attack IMAGE`, `... evaluate`, `... models`, `... app`; also `python -m malt_core`.

Exit status: 0 for any result, an attack that found nothing included; 2 for a user's mistake or a model that
cannot be loaded, with one line on standard error that says what to do; 130 where it was interrupted.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malt_core.cli import arguments
from malt_core.cli.app import start_app
from malt_core.cli.evaluate import evaluate
from malt_core.cli.terminal import Status, say
from malt_core.errors import BadImage, MaltError
from malt_core.folders import cannot_write, prepare_folder
from malt_core.gallery import GALLERY, gallery, open_photo
from malt_core.models.catalogue import describe_models, model_info
from malt_core.models.classes import class_index
from malt_core.types import AttackConfig, Ranking, Run, Step

if TYPE_CHECKING:
    from PIL import Image

    from malt_core.models.loaders import Model
    from malt_core.types import Sample


def _open_image(source: str, crop: str) -> Image.Image:
    from malt_core.decoding import MAX_BYTES, decode

    if source.startswith(GALLERY):
        return open_photo(source.removeprefix(GALLERY), crop)
    path = Path(source)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        known = source in {photo.id for photo in gallery()}
        hint = (
            f"Did you mean {GALLERY}{source}?"
            if known
            else f"Check the path, or try a photo that is always there, such as {GALLERY}cat."
        )
        raise BadImage(f"There is no file {source}. {hint}") from None
    except IsADirectoryError:
        raise BadImage(f"{path} is a folder: give a picture file.") from None
    except OSError as error:
        raise BadImage(f"Cannot read {source}: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise BadImage(f"{path.name} has over {MAX_BYTES / 1e6:.0f} MB, the limit. Save a smaller copy.")
    return decode(data, path.name)


def _study(
    model: Model, sample: Sample, config: AttackConfig, args: argparse.Namespace, status: Status
) -> Run:
    from malt_core.study import study

    for event in study(model, sample, config, crop=args.crop, source=args.image):
        match event:
            case Ranking():
                status.show(f"Ranking the classes: {event.done} of {event.total}")
            case Step():
                status.show(
                    f"Target {event.order}, {model.info.classes[event.target]}: "
                    f"step {event.step} of at most {config.n_iter}"
                )
    return event


def _save(run: Run, model: Model, folder: Path) -> tuple[str, list[Path]]:
    """Write all files of a run. Returns the text of run.json, and the paths."""
    from malt_core import exports, gradients, images

    try:
        paths = exports.write(run, folder)
        saved = images.read_png((folder / "adversarial.png").read_bytes())
        verdict = int(gradients.logits(model, saved[None], gradients.Passes()).argmax(1))
        record: dict[str, Any] = exports.run_record(run) | {"survives_png": verdict != run.result.label}
        text = json.dumps(record, indent=2, allow_nan=False)
        paths.append(folder / "run.json")
        paths[-1].write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise cannot_write(folder, error) from error
    return text, paths


def _attack(args: argparse.Namespace) -> None:
    config = arguments.attack_config(args)
    info = model_info(args.model)
    label = None if args.label is None else class_index(info.classes, args.label)
    image = _open_image(args.image, args.crop)
    prepare_folder(args.out)

    status = Status()
    try:
        status.show(f"Loading {info.id} …")
        # Only now the imports and downloads that take a while: mistakes are answered at once.
        from malt_core import images, words
        from malt_core.models.loaders import load_model

        model = load_model(info.id, progress=status.download)
        name = args.image.removeprefix(GALLERY) if args.image.startswith(GALLERY) else Path(args.image).name
        sample = images.to_sample(image, info.size, crop=args.crop, name=name, label=label)
        run = _study(model, sample, config, args, status)
        text, paths = _save(run, model, args.out)
    finally:
        status.show()
    if args.json:
        print(text, flush=True)
        return
    print(words.sentence(run), words.png_sentence(run), sep="\n")
    if run.linearity is not None:
        print(words.linearity_sentence(run))
    print(f"Written to {args.out}: {', '.join(path.name for path in paths)}", flush=True)


def malt() -> int:
    """The console command `malt`, the same as `python -m malt_core`."""
    return main(prog="malt")


def main(argv: Sequence[str] | None = None, prog: str = "python -m malt_core") -> int:
    """Run the command line and return its exit status (SystemExit for --help and mistyped options)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal and code page knows “ and ²
    args = arguments.parse(sys.argv[1:] if argv is None else argv, prog)
    try:
        if args.command == "models":
            print(describe_models(args.pattern), flush=True)
        elif args.command == "evaluate":
            evaluate(args)
        elif args.command == "app":
            start_app(args)
        else:
            _attack(args)
    except MaltError as error:
        say(f"malt_core: {' '.join(str(error).split())}")
        return 2
    except KeyboardInterrupt as interruption:
        say("\nmalt_core: interrupted", *interruption.args, sep="; ")
        return 130
    except BrokenPipeError:  # whoever reads the output, such as `head`, has seen enough
        _print_no_more()
    except OSError as error:
        say("malt_core: " + ": ".join(filter(None, (error.filename, error.strerror or str(error)))) + ".")
        if error.filename is None:
            _print_no_more()
        return 2
    return 0


def _print_no_more() -> None:
    """Let Python end without trying to print what is left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
