"""What the Benchmark page says of reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from malt_core.comparison.compare import accuracy, compare_images
from malt_core.comparison.published import published
from malt_core.comparison.words import (
    caution,
    detail,
    headline,
    names,
    only_sentence,
    published_sentence,
    shared_sentence,
    unread_sentence,
)
from malt_core.evaluation.types import Corrupt
from tests.helpers.reports import report


def test_names_tell_reports_apart_and_no_more():
    assert names([report("fr")]) == ("MALT",)
    assert names([report("fr"), report("fr", "apgd-t")]) == ("MALT", "APGD-T")
    assert names([report("fr"), report("fr", "naive", 8.0)]) == ("MALT · 4/255", "Naive targeting · 8/255")
    assert names([report("fr"), report("fr", seed=1)]) == ("MALT · seed 0", "MALT · seed 1")
    assert names([report("fr"), report("fr", faithful=True)]) == ("MALT", "MALT as published")
    assert names([report("fr"), report("frr")]) == ("MALT · 2 images", "MALT · 3 images")
    assert names([report("fr"), report("fr", model="m")]) == ("MALT · tests/tiny", "MALT · m")
    assert names([report("fr", precision="bfloat16"), report("fr", "naive")]) == ("MALT", "Naive targeting")
    assert names([report("fr"), report("rr")]) == ("MALT", "MALT (2)")
    assert names([report("fr"), report("fr", eps=8.0)], without_room=True) == ("MALT", "MALT (2)")


def test_one_report_in_words():
    one = report("wffr")
    assert headline([one], accuracy(one)) == (
        "1 of 4 images withstands MALT at 4/255: a robust accuracy of at most 25.0%."
    )
    assert detail(accuracy(one)) == (
        "Without any attack the model gets 3 right (75.0%). For all images like these, chance alone would "
        "let the 25.0% lie anywhere within 4.6–69.9% (95% interval)."
    )


def test_several_reports_in_words():
    both = compare_images([report("wffrr"), report("wfrrr", "naive")])
    assert headline(both.reports, both.together) == (
        "2 of 5 images withstand both attacks at 4/255: a robust accuracy of at most 40.0%."
    )
    assert only_sentence(both) == (
        "Both attacks fooled the model on 1 image. Fooled by one attack alone: MALT 1."
    )
    three = compare_images([report("ffr"), report("ffr", "naive"), report("frr", "apgd-ce")])
    assert "withstands all 3 attacks" in headline(three.reports, three.together)
    assert only_sentence(three) == (
        "All attacks fooled the model on 1 image. No image was fooled by one attack alone."
    )
    none = compare_images([report("ww"), report("ww", "naive")])
    assert only_sentence(none).startswith("The model gets none of these images right")


def test_images_that_not_all_reports_have_are_told_of():
    reports = [report("-fr"), report("ffrrr", "naive")]
    found = compare_images(reports).together
    assert shared_sentence(reports, found).startswith("Only the images that are in all of these")
    same = [report("ffr"), report("ffr", "naive")]
    assert shared_sentence(same, compare_images(same).together) == ""


def test_images_that_could_not_be_read_are_named():
    lost = tuple(Corrupt(index=i, name=f"row {i}", reason=f"row {i} is cut off.") for i in range(2, 7))
    one = replace(report("rf"), corrupt=lost[:1])
    assert unread_sentence(one) == (
        "1 image of pets could not be read and count in no figure: row 2 is cut off."
    )
    assert unread_sentence(replace(report("rf"), corrupt=lost)).endswith(
        "row 3 is cut off. row 4 is cut off. And 2 more."
    )


def test_few_images_are_called_few():
    assert caution(1) == "That is a single image: an example, and no measurement."
    assert "only 8 images: one more or less moves a figure by 12.5 percentage points" in caution(8)
    assert caution(100) == ""


def test_published_figures_in_words():
    model = "robustbench/cifar100/Linf/Wang2023Better_WRN-28-10"
    ours = report("frr", eps=8.0, model=model)
    found = published_sentence(published(model, "linf", 8 / 255), ours)
    assert found == (
        f"Published for {model} at 8/255, on 10,000 test images: 72.58% clean, 38.83% under AutoAttack and "
        "38.77% under MALT. Ours are of 3 images of pets: other images or a weaker attack give other "
        "figures, and on images of the same test set chance alone can move ours anywhere within the interval."
    )


@pytest.mark.parametrize(
    ("preprocessing", "says"),
    [
        (
            "Res256Crop224",
            "of pets, brought to the model's size as for the published figures (Res256Crop224: the shorter "
            "side to 256 pixels (bilinear), then the centre of 224 × 224 pixels): other images",
        ),
        (
            "centre",
            "of pets, brought to the model's size otherwise than for the published figures (the largest",
        ),
        ("", "of pets, brought to the model's size otherwise than for the published figures (the largest"),
    ],
)
def test_beside_imagenets_figures_stands_how_the_pictures_were_resized(preprocessing, says):
    model = "robustbench/imagenet/Linf/Salman2020Do_R50"
    ours = report("wfr", model=model)
    ours = replace(ours, plan=replace(ours.plan, data=replace(ours.plan.data, preprocessing=preprocessing)))
    assert says in published_sentence(published(model, "linf", 4 / 255), ours)
