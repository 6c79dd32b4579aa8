"""The command `python -m malt_core attack`: its options, the attack, and the files it leaves."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.attack_run.types import AttackRun
from malt_core.attacks.types import TARGETINGS, AttackConfig, RankingProgress, Step
from malt_core.cli.options import (
    add_ball,
    add_counts,
    add_model,
    by_flag,
    counts,
    crop,
    eps_text,
    path,
    source,
)
from malt_core.cli.terminal import Status
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.images import resize
from malt_core.images.gallery import GALLERY, gallery
from malt_core.images.sources import open_source, source_credit, source_name
from malt_core.models.catalogue import model_info
from malt_core.models.classes import class_index
from malt_core.storage.folders import cannot_write, prepare_folder

if TYPE_CHECKING:
    from malt_core.models.loaders import Model
    from malt_core.types import Sample

HELP = "attack one image and write pictures, an interactive page and run.json"
DESCRIPTION = (
    "Attack one image and write original.png, perturbation.png, adversarial.png, figure.html and run.json. "
    "“No adversarial example found” is a result too: exit status 0."
)


def add_attack(attack: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    attack.description = DESCRIPTION
    default = AttackConfig()
    photos = ", ".join(photo.id for photo in gallery())
    which = f"a picture file, or {GALLERY}ID with one of {photos}"
    attack.add_argument("image", metavar="IMAGE", type=source, help=which)
    add_model(attack)
    attack.add_argument(
        "--label", metavar="NAME|INDEX", help="the true class; default: what the model says of the image"
    )
    add_ball(attack)
    add_counts(attack, default)
    attack.add_argument(
        "--targeting",
        choices=TARGETINGS,
        default=default.targeting,
        help="which classes come first: the nearest by linear prediction (malt, the default) or the "
        "likeliest (naive)",
    )
    attack.add_argument(
        "--target",
        metavar="NAME|INDEX",
        help="the only class to attack, until the model answers with it (default: any wrong class)",
    )
    attack.add_argument(
        "--all-steps",
        "--faithful",
        dest="faithful",
        action="store_true",
        help="give every target all its steps, as the published algorithm does; otherwise steps go where "
        "they pay",
    )
    attack.add_argument(
        "--crop",
        metavar="centre|fit|LEFT,TOP,WIDTH",
        type=crop,
        default="centre",
        help="cut out the centre (the default), fit the whole picture in between grey bars, or cut out a "
        "frame that is given in shares of the picture, such as 0.1,0.2,0.5",
    )
    attack.add_argument(
        "--out",
        metavar="DIR",
        type=path,
        default=Path("malt-out"),
        help="folder for the files, made if it is missing (default: %(default)s)",
    )
    attack.add_argument("--json", action="store_true", help="print run.json instead of sentences")


def attack_config(args: argparse.Namespace, classes: Sequence[str]) -> AttackConfig:
    """Return the settings that were typed. classes: the names that the model knows.

    Raises BadConfig, naming the option, where one is out of range.
    """
    target = None if args.target is None else class_index(classes, args.target)
    try:
        return AttackConfig(
            norm=args.norm,
            eps=Epsilon.parse(eps_text(args), args.norm).value,
            targeting=args.targeting,
            faithful=args.faithful,
            target=target,
            **counts(args),
        )
    except BadConfig as error:  # which knows the setting by its name in Python
        raise by_flag(error) from None


def _run(
    model: Model, sample: Sample, config: AttackConfig, args: argparse.Namespace, status: Status
) -> AttackRun:
    from malt_core.attack_run.run import attack_and_measure

    for event in attack_and_measure(model, sample, config, crop=args.crop, source=args.image):
        match event:
            case RankingProgress():
                status.show(f"Ranking the classes: {event.done} of {event.total}")
            case Step():
                status.show(
                    f"Target {event.order}, {model.info.classes[event.target]}: "
                    f"step {event.step} of at most {event.most}"
                )
    return event


def _save(run: AttackRun, model: Model, folder: Path) -> tuple[str, list[Path]]:
    """Write all files of a run. Returns the text of run.json, and the paths."""
    from malt_core.attack_run.record import record_of, record_to_json
    from malt_core.export import files
    from malt_core.images import pixels
    from malt_core.numerics import gradients

    saved = pixels.read_png(files.contents(run)[files.ADVERSARIAL])
    verdict = int(gradients.logits(model, saved[None], gradients.Passes()).argmax(1))
    record = replace(record_of(run), survives_png=verdict != run.result.label)
    text = json.dumps(record_to_json(record), indent=2)
    try:
        return text, files.write(run, folder, text + "\n")
    except OSError as error:
        raise cannot_write(folder, error) from error


def attack(args: argparse.Namespace) -> None:
    """Attack as the command line says, write the files and print the result. Raises MaltError."""
    info = model_info(args.model)
    config = attack_config(args, info.classes)
    label = None if args.label is None else class_index(info.classes, args.label)
    image = open_source(args.image, args.crop)
    prepare_folder(args.out)

    status = Status()
    try:
        status.show(f"Loading {info.id} …")
        # Only now the imports and downloads that take a while: mistakes are answered at once.
        from malt_core.attack_run import way, words
        from malt_core.models.loaders import load_model

        model = load_model(info.id, progress=status.download)
        about = {"name": source_name(args.image), "label": label, "credit": source_credit(args.image)}
        sample = resize.to_sample(image, info.size, crop=args.crop, **about)
        run = _run(model, sample, config, args, status)
        text, paths = _save(run, model, args.out)
    finally:
        status.show()
    if args.json:
        print(text, flush=True)
        return
    print(words.sentence(run), words.png_sentence(run), sep="\n")
    if run.linearity is not None:
        print(way.linearity_sentence(run))
    print(f"Written to {args.out}: {', '.join(path.name for path in paths)}", flush=True)
