"""The address of the Targets page."""

from __future__ import annotations

from dataclasses import replace

from ui.targets.link import TargetsSettings


def test_the_address_holds_every_setting() -> None:
    settings = TargetsSettings(
        model="tiny-imagenet/standard",
        norm="l2",
        eps=0.75,
        view="many",
        photo="rocket",
        crop="fit",
        measured=5,
        which="nearest",
        steps=7,
        source="upload",
        n=12,
        seed=3,
    )
    asked = TargetsSettings.read(settings.write(run=True))
    assert asked.settings == settings
    assert asked.run
    assert not asked.complaints


def test_what_a_link_cannot_hold() -> None:
    opening = TargetsSettings.opening()
    assert opening.shareable
    assert not replace(opening, photo="upload").shareable
    many = replace(opening, view="many", photo="upload")
    assert many.shareable
    assert not replace(many, source="upload").shareable


def test_a_mistyped_address_is_told_of() -> None:
    asked = TargetsSettings.read({"view": "clases", "measured": "0"})
    assert asked.settings.view == "classes"
    assert asked.settings.measured == 9
    assert len(asked.complaints) == 2
