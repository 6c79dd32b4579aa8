"""A run as one interactive page: a file that needs no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from string import Template
from typing import Any

from malt_core import formatting
from malt_core.attack_run import story, words
from malt_core.attack_run.player import ASSETS, payload, script, style
from malt_core.attack_run.record import record_of
from malt_core.attack_run.types import AttackRun
from malt_core.attacks.catalogue import TITLES
from malt_core.attacks.outcome import Truth
from malt_core.export.commands import attack_command
from malt_core.images.gallery import GALLERY
from malt_core.trust.words import opinion_sentence


def standalone_html(
    payload: dict[str, Any], *, title: str, facts: Sequence[tuple[str, str]], command: str
) -> str:
    """Return the player as one HTML page with everything inside: it makes no request and works from a file.

    In a frame it tells the page around it, by postMessage, {type: "malt-height", height: CSS pixels}.

    title: the run in one sentence; facts: (term, value) pairs listed below the player; command: the command
    line that repeats the run. All three, and the payload's names, are text: nothing in them is markup.
    """
    data = json.dumps(payload, allow_nan=False)
    return Template((ASSETS / "page.html").read_text("utf-8")).substitute(
        title=escape(title),
        style=style(),
        script=script(),
        # Inside a script element only "<" could end the data or open a comment.
        data=data.replace("<", "\\u003c"),
        facts="\n".join(
            f"<div><dt>{escape(term)}</dt><dd>{escape(value)}</dd></div>" for term, value in facts
        ),
        command=escape(command),
    )


def facts(run: AttackRun) -> list[tuple[str, str]]:
    """Return the settings and numbers behind a run as (term, value) in plain text."""
    result, config, names = run.result, run.config, run.model.classes
    measured = "largest change of a colour value" if config.norm == "linf" else "length of the whole change"
    return [
        ("Model", f"{run.model.title} ({run.model.id})"),
        ("Picture", f"{run.sample.name}, {run.sample.x.shape[2]} × {run.sample.x.shape[1]} pixels"),
        ("Photo", words.credit(run)),
        ("Allowed change (ε)", f"{config.epsilon}: {measured}"),
        ("Change made", formatting.length(result.perturbation_norm, config.norm)),
        ("Before", f"{names[result.clean_index]} ({formatting.percent(result.clean_confidence)})"),
        ("After", f"{names[result.adversarial_index]} ({formatting.percent(result.adversarial_confidence)})"),
        ("Saved as PNG", "still fools the model" if result.survives_png else "does not fool the model"),
        ("Steps", f"{result.steps:,} ({result.steps_total:,} over all target classes tried)"),
        (
            "Images sent through the model",
            f"{result.n_forward:,} forwards, {result.n_backward:,} back for gradients{_ranking(run)}",
        ),
        ("Time", f"{result.seconds:.2f} s"),
        *(
            [("Second opinion", opinion_sentence(result.second_opinion, "picture"))]
            if result.second_opinion
            else []
        ),
        *((f"Flag: {flag.code}", f"{flag.message} {flag.advice}") for flag in result.flags),
        ("Targeting", f"{TITLES[config.targeting]}, seed {config.seed}"),
    ]


def _ranking(run: AttackRun) -> str:
    """Return why there can be far more gradients than steps."""
    if run.config.targeting == "naive" or run.result.already_wrong:
        return ""
    return " (each step takes one, and each class that MALT ranked before the first step)"


def run_html(run: AttackRun, truth: Truth = None) -> str:
    """Return the interactive page, one self-contained file, with the words that the app has for the run.

    Of a picture of the user's own it names the file, not the folders: such pages are published. truth: what
    the picture shows, see attacks/outcome.py. Raises BadImage where nothing was attacked.
    """
    record = record_of(run)
    return standalone_html(
        payload(run),
        title=story.headline(record, truth),
        facts=[("What happened", story.told(record, truth)), *facts(run)],
        command=attack_command(
            run if run.source.startswith(GALLERY) else replace(run, source=run.sample.name)
        ),
    )
