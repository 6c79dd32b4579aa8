"""What the Benchmark page says of reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from malt_core.comparison.compare import accuracy, compare_images
from malt_core.comparison.published import published
from malt_core.comparison.words import (
    about,
    caution,
    cost_sentence,
    detail,
    headline,
    names,
    only_sentence,
    published_sentence,
    shared_sentence,
    span,
    tally,
    unread_sentence,
)
from malt_core.evaluation.types import Corrupt
from malt_core.share import Share
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
        "The network gets 3 of 4 images right, but only 1 of them after MALT, which changes each colour "
        "value by at most 4/255."
    )
    assert about([one]) == "The network tests/tiny on 4 images (pets), attacked by MALT at ε = 4/255."


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        ("rrr", "The network gets 3 of 3 images right, and all of them also after MALT, which"),
        ("wff", "The network gets 2 of 3 images right, but none of them after MALT, which"),
        ("www", "The network gets none of these 3 images right, so there was nothing to attack."),
        ("fi", "The network gets 2 of 2 images right, but none of them after MALT, which"),
        ("r", "The network gets this image right, also after MALT, which"),
        ("f", "The network gets this image right, but not after MALT, which"),
        ("w", "The network gets this image wrong, so there was nothing to attack."),
    ],
)
def test_the_headline_of_every_kind_of_report(outcomes, says):
    one = report(outcomes)
    assert headline([one], accuracy(one)).startswith(says)


def test_a_length_is_told_as_one():
    one = report("fr", eps=0.5, norm="l2")
    assert headline([one], accuracy(one)).endswith("which changes the image by a length of at most 0.5.")


def test_a_stopped_run_says_after_how_many_images():
    stopped = report("wfr-----", complete=False)
    assert headline([stopped], accuracy(stopped)) == (
        "Stopped after 3 of 8 images: the network gets 2 of 3 images right, but only 1 of them after MALT, "
        "which changes each colour value by at most 4/255."
    )
    both = [stopped, report("wfrrrrrr", "naive")]
    found = compare_images(both).together
    assert headline(both, found).startswith("Stopped after 3 of 8 images: the network gets 2 of 3")
    two = [stopped, report("wf------", "naive", complete=False)]
    assert headline(two, compare_images(two).together).startswith("Stopped after part of the images: the")


def test_a_tally_adds_up():
    assert (
        tally({"wrong": 2, "fooled": 7, "robust": 3}) == "2 wrong without any attack, 7 fooled, 3 withstood"
    )
    assert tally({"fooled": 1, "invalid": 1}, corrupt=1) == (
        "0 wrong without any attack, 1 fooled, 0 withstood, 1 without a finite answer, 1 unreadable"
    )


def test_how_sure_it_is_in_words():
    one = report("wffr")
    assert detail(accuracy(one)) == (
        "- Without an attack 3 of 4 are right (75.0%). With so few images, the true share may be anything "
        "from 30% to 95%.\n"
        "- Under attack 1 of 4 are right (25.0%). For these attacks, the true share may be anything from 5% "
        "to 70%.\n"
        "- Both ranges are about chance, in which images were tried (95% confidence). A stronger attack is "
        "another matter: it can fool more of these images, never fewer. So what is left under attack is an "
        "**upper bound** of the network's robustness, and no proof of it."
    )
    assert "With 200 images, the true share" in detail(accuracy(report("r" * 200)))
    assert detail(accuracy(report("r"))) == "- A single image is an example, and no measurement."


def test_the_interval_of_few_and_of_many():
    assert span(Share(count=18, of=18)) == "from 82% to 100%"
    assert span(Share(count=0, of=18)) == "from 0% to 18%"
    assert span(Share(count=5_000, of=10_000)) == "from 49.0% to 51.0%"


def test_who_fooled_as_many_at_less_cost():
    cheap, dear = report("wffr"), replace(report("wffr", "naive"), n_forward=400, n_backward=200)
    assert cost_sentence(compare_images([cheap, dear])) == (
        "MALT fooled the network on 2 images, Naive targeting on as many with 3.0 times the work: 150 passes "
        "through the network for each image, on average, instead of 50."
    )
    fewer = replace(report("wfrr", "naive"), n_forward=400, n_backward=200)
    assert "Naive targeting on 1 with 3.0 times the work" in cost_sentence(compare_images([cheap, fewer]))
    more = replace(report("wfff", "naive"), n_forward=400, n_backward=200)
    assert cost_sentence(compare_images([cheap, more])) == ""
    assert cost_sentence(compare_images([cheap, report("wffr", "naive")])) == ""
    assert (
        cost_sentence(compare_images([report("wrr"), replace(report("wrr", "naive"), n_forward=900)])) == ""
    )


def test_several_reports_in_words():
    both = compare_images([report("wffrr"), report("wfrrr", "naive")])
    assert headline(both.reports, both.together) == (
        "The network gets 4 of 5 images right, but only 2 of them after both attacks, which change each "
        "colour value by at most 4/255."
    )
    assert only_sentence(both) == (
        "Both attacks fooled the network on 1 image. Fooled by one attack alone: MALT 1."
    )
    three = compare_images([report("ffr"), report("ffr", "naive"), report("frr", "apgd-ce")])
    assert "after all 3 attacks, which change" in headline(three.reports, three.together)
    assert only_sentence(three) == (
        "All attacks fooled the network on 1 image. No image was fooled by one attack alone."
    )
    none = compare_images([report("ww"), report("ww", "naive")])
    assert only_sentence(none).startswith("The network gets none of these images right")


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
