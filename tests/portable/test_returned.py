"""What a browser sends back of an attack: a sound run is as any other; else it is refused in a sentence."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from malt_core.attack_run.record import record_to_json
from malt_core.errors import BadConfig
from malt_core.export.snapshot import snapshot_of
from malt_core.images.pixels import to_pixels
from malt_core.portable.returned import DEVICE, Asked, returned_bundle
from malt_core.storage.typed_json import plain
from tests.helpers.bundles import sound_run

RUN = sound_run()
ASKED = Asked(
    model=RUN.model,
    image=Image.fromarray(to_pixels(RUN.sample.x)),
    digest=RUN.sample.digest,
    name="mine",
    source="mine.png",
    credit="",
    crop="centre",
    config=RUN.config,
)


def encoded(x: np.ndarray) -> str:
    return base64.b64encode(x.astype("<f4").tobytes()).decode()


def sent() -> dict[str, Any]:
    """What a browser would send of the example run; it measures no drift, and says less true things."""
    snapshot = snapshot_of(RUN)
    record = record_to_json(snapshot.record)
    record["linearity"]["gradient_drift"] = {name: [] for name in record["linearity"]["gradient_drift"]}
    record |= {"model": "another/network", "seed": 77, "device": "a supercomputer"}
    return {
        "record": record,
        "classes": snapshot.player["classes"],
        "probabilities": snapshot.player["probabilities"],
        "near": snapshot.player["near"],
        "adversarial": encoded(RUN.result.adversarial.numpy()),
        "trace": plain(snapshot.trace),
    }


def test_a_sound_run_is_drawn_as_if_computed_here() -> None:
    bundle, own = returned_bundle(sent(), ASKED), snapshot_of(RUN)
    snapshot = bundle.snapshot
    assert snapshot.record.device == DEVICE
    assert snapshot.record.model == RUN.model.id, "what was asked is known here"
    assert snapshot.record.seed == RUN.config.seed
    assert snapshot.record.image.source == "mine.png"
    assert snapshot.adversarial_png == own.adversarial_png
    assert snapshot.player["true_margin"] == own.player["true_margin"]
    assert snapshot.player["straightness"] == own.player["straightness"], "sentences are made here"
    assert snapshot.way_sentence == own.way_sentence
    assert snapshot.trace == own.trace
    assert "--device" not in snapshot.command
    assert np.array_equal(bundle.run().result.adversarial.numpy(), RUN.result.adversarial.numpy())


def _image(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict], None]:
    def apply(content: dict) -> None:
        content["adversarial"] = encoded(change(RUN.result.adversarial.numpy().copy()))

    return apply


def _spoilt(x: np.ndarray) -> np.ndarray:
    x[0, 0, 0] = np.nan
    return x


def _renamed(content: dict) -> None:
    content["record"]["ranking"][0]["name"] = "<b>another</b>"


def _endless(content: dict) -> None:
    content["record"]["seconds"] = float("inf")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_image(_spoilt), "from 0 to 1"),
        (_image(lambda x: x + 2), "from 0 to 1"),
        (_image(lambda x: x[:, 1:]), "network's size"),
        (_image(lambda x: 1 - x), "changed by another length"),
        (lambda content: content.update(adversarial="%"), "network's size"),
        (lambda content: content["record"].update(perturbation_norm=0.0), "changed by another length"),
        (lambda content: content.pop("trace"), "trace"),
        (lambda content: content["probabilities"].pop(), "not of one length"),
        (_renamed, "not one of the network's"),
        (_endless, "not finite"),
        (lambda content: content.update(record={"label": 3}), "what the browser sent"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(change: Callable[[dict], None], words: str) -> None:
    content = sent()
    change(content)
    with pytest.raises(BadConfig, match=words):
        returned_bundle(content, ASKED)


def test_an_image_outside_the_ball_that_was_asked_for_is_refused() -> None:
    near = replace(ASKED, config=replace(RUN.config, eps=RUN.config.eps / 2))
    with pytest.raises(BadConfig, match="farther from the original"):
        returned_bundle(sent(), near)


@pytest.mark.parametrize("content", [None, 3, [], {}, {"record": None}])
def test_no_run_at_all_is_refused(content: object) -> None:
    with pytest.raises(BadConfig):
        returned_bundle(content, ASKED)
