"""The address of the Defences page."""

from __future__ import annotations

from dataclasses import replace

from malt_core.defence_run.contestants import UNDEFENDED
from ui.defences.link import DefencesSettings


def test_the_address_holds_every_setting() -> None:
    settings = DefencesSettings(
        model=UNDEFENDED,
        norm="l2",
        eps=0.5,
        view="proofs",
        source="one",
        photo="rocket",
        crop="fit",
        n=12,
        defences=("robust", "regularised"),
        steps=7,
        targets=2,
        draws=3,
        samples=200,
        seconds=20,
        seed=3,
    )
    asked = DefencesSettings.read(settings.write(run=True))
    assert asked.settings == settings
    assert asked.run
    assert not asked.complaints


def test_rows_are_those_that_there_are_for_the_network() -> None:
    opening = DefencesSettings.opening()
    assert opening.rows[0] == UNDEFENDED
    assert "tiny-imagenet/robust" in opening.rows
    other = replace(opening, model="imagenet/efficientnet-lite0")
    assert other.rows[0] == other.model
    assert not any(row.startswith("tiny-imagenet/") for row in other.rows)


def test_what_a_link_cannot_hold() -> None:
    opening = DefencesSettings.opening()
    assert opening.shareable
    assert not replace(opening, source="upload").shareable
    assert not replace(opening, source="one", photo="upload").shareable
    assert replace(opening, photo="upload").shareable
