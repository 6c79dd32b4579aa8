"""The command `malt attack`: its options, the attack, and the files it leaves."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from malt_core.attack_run.types import AttackRun
from malt_core.attacks.outcome import Truth
from malt_core.attacks.types import TARGETINGS, Asking, AttackConfig, RankingProgress, Step
from malt_core.cli.options import (
    add_ball,
    add_check,
    add_counts,
    add_device,
    add_formats,
    add_image,
    add_model,
    by_flag,
    chosen_formats,
    counts,
    eps_text,
    load_on,
    path,
    say_flags,
)
from malt_core.cli.terminal import Status, say
from malt_core.epsilon import Epsilon
from malt_core.errors import BadConfig
from malt_core.formatting import exact_percent
from malt_core.images.gallery import GALLERY, true_classes
from malt_core.images.sources import open_sample
from malt_core.models.classes import class_index
from malt_core.networks import network_info
from malt_core.storage.folders import prepare_folder
from malt_core.trust.words import opinion_sentence

if TYPE_CHECKING:
    from malt_core.attack_run.record import RunRecord
    from malt_core.models.loaders import Model
    from malt_core.types import ModelInfo, PredictedClass, Sample

HELP = "attack one image and write pictures, an interactive page and run.json"
DESCRIPTION = (
    "Attack one image and write original.png, perturbation.png, adversarial.png, figure.html and run.json. "
    "Below ε = 1/255, which no PNG can hold, adversarial.npy stands in for adversarial.png. That nothing was "
    "found is a result too: exit status 0. --formats writes figures, tables, moving pictures, a notebook and "
    "a file of the whole run as well."
)


def add_attack(attack: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    attack.description = DESCRIPTION
    default = AttackConfig()
    add_image(attack)
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
        dest="faithful",
        action="store_true",
        help="give every target all its steps, as the published algorithm does; otherwise steps go where "
        "they pay",
    )
    add_check(attack)
    attack.add_argument(
        "--out",
        metavar="DIR",
        type=path,
        default=Path("malt-out"),
        help="folder for the files, made if it is missing; an earlier run there is replaced "
        "(default: %(default)s)",
    )
    add_formats(attack, "what to write besides, with commas between")
    attack.add_argument(
        "--survives",
        action="store_true",
        help="ask also, as the command of that name does, whether the saved picture still fools the model "
        "after it was passed on, and put it into run.json",
    )
    add_device(attack)
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
            check=args.check,
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
            case Asking():
                status.show(f"Second opinion, without gradients: {event.done} of at most {event.total} calls")
    return event


def _truth(args: argparse.Namespace, info: ModelInfo, label: int | None) -> Truth:
    """Return what the picture shows, as far as that is known: what was typed, or what the gallery says."""
    if label is not None:
        return {label}
    if not args.image.startswith(GALLERY):
        return None
    return true_classes(args.image.removeprefix(GALLERY), info)


def _sentences(run: AttackRun, record: RunRecord, truth: Truth) -> list[str]:
    """Return the result, a few lines: the answer before and after, what became of it, how straight it was."""
    from malt_core.attack_run import near_miss, story, way, words
    from malt_core.linearity.words import straightness

    if record.already_misclassified:
        return [_answers("Before", record.clean_top), words.sentence(run)]
    lines = [_answers("Before", record.clean_top)]
    if record.success:
        lines.append(_answers("After", [record.adversarial_label]))
    lines.append(f"{story.headline(record, truth)} {story.told(record, truth)}")
    if record.second_opinion is not None:
        lines.append(opinion_sentence(record.second_opinion, "picture"))
    if missed := near_miss.near_sentence(record):
        why = near_miss.why_withstood(record, robust=run.model.robust)
        again = near_miss.near_miss(record).next_eps
        lines.append(f"{missed} {why}" + (f" Try --eps {again.text}." if again else ""))
    else:
        lines.append(words.visibility(record))
    lines.append(words.cost(record))
    if run.linearity is not None:
        lines.append(f"{straightness(run.linearity)} {way.crossings(run)}")
    return lines


def _answers(when: str, classes: Sequence[PredictedClass]) -> str:
    return f"{when + ':':8}" + ", ".join(f"{c.name} {exact_percent(c.confidence)}" for c in classes)


def attack(args: argparse.Namespace) -> None:
    """Attack as the command line says, write the files and print the result. Raises MaltError."""
    info = network_info(args.model)
    config = attack_config(args, info.classes)
    label = None if args.label is None else class_index(info.classes, args.label)
    sample = open_sample(args.image, info.size, crop=args.crop, label=label)
    prepare_folder(args.out)
    formats = chosen_formats(args)
    truth = _truth(args, info, label)

    from malt_core.attack_run.record import record_text
    from malt_core.cli.saving import earlier, save, survival_lines

    status = Status()
    try:
        status.show(f"Loading {info.id} …")
        # Only now the imports and downloads that take a while: mistakes are answered at once.
        replaced = earlier(args.out)
        model = load_on(args, status)
        run = _run(model, sample, config, args, status)
        record, paths = save(run, model, args.out, formats, truth, survives=args.survives, status=status)
    finally:
        status.show()
    if replaced:
        say(replaced)
    say_flags(record.flags)
    if args.json:
        print(record_text(record), end="", flush=True)
        return
    print(*_sentences(run, record, truth), sep="\n")
    if args.survives:
        print(*survival_lines(record), sep="\n")
    print(f"Written to {args.out}: {', '.join(path.name for path in paths)}", flush=True)
