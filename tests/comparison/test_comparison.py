"""Reports side by side, image by image, by class and against eps, on reports made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from malt_core.comparison.compare import (
    Accuracy,
    Share,
    accuracy,
    by_class,
    compare_images,
    eps_curves,
    in_same_ball,
    of_same_images,
    one_each,
    order,
)
from malt_core.errors import BadConfig
from malt_core.evaluation.report import Report
from tests.helpers.reports import report


def both(clean: int, robust: int, of: int) -> Accuracy:
    return Accuracy(clean=Share(count=clean, of=of), robust=Share(count=robust, of=of))


def test_accuracies_of_the_images_that_could_be_read():
    assert accuracy(report("wfrfrr--")) == both(5, 3, 6)
    assert accuracy(report("wfrfrr--")).robust.value == 0.5
    assert accuracy(report("wfrfrr--"), {0, 2, 6}) == both(1, 1, 2)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_the_interval_is_wilsons(count, of, low, high):
    assert Share(count=count, of=of).interval == pytest.approx((low, high), abs=5e-5)


def test_by_class_in_the_models_order_and_without_empty_classes():
    found = by_class(report("rwfrf", labels=[2, 2, 0, 0, 0]))
    assert [(row.index, row.name, row.accuracy) for row in found] == [
        (0, "cat", both(3, 1, 3)),
        (2, "ship", both(1, 1, 2)),
    ]


def test_which_attack_fooled_which_image():
    malt, naive, ce = report("wffrfr"), report("wfrffr", "naive"), report("wfrrrr", "apgd-ce")
    found = compare_images([malt, naive, ce])
    assert [image.index for image in found.attacked] == [1, 2, 3, 4, 5]
    assert [sorted(image.fooled_by) for image in found.images] == [[], [0, 1, 2], [0], [1], [0, 1], []]
    assert [[image.index for image in found.fooled_only_by(place)] for place in range(3)] == [[2], [3], []]
    assert [image.index for image in found.left] == [5]
    assert found.together == both(5, 1, 6)
    assert found.images[2].became == (1, None, None)
    assert (found.images[2].name, found.images[2].label) == ("image 2", 0)


def test_only_images_that_all_reports_have_are_compared():
    found = compare_images([report("-fr"), report("ffrrr", "naive")])
    assert [image.index for image in found.images] == [1, 2]
    assert found.together == both(2, 1, 2)
    with pytest.raises(BadConfig, match="No image is in all of these reports"):
        compare_images([report("-f"), report("f-", "naive")])


def test_by_class_of_some_images():
    found = by_class(report("rwfrf", labels=[2, 2, 0, 0, 0]), {0, 2, 3})
    assert [(row.name, row.accuracy) for row in found] == [("cat", both(2, 1, 2)), ("ship", both(1, 1, 1))]


def test_of_like_reports_that_of_the_most_images_counts():
    few, many, slow = report("rf"), report("rfff"), report("rff", precision="bfloat16")
    naive, further = report("rr", "naive"), report("rf", eps=8.0)
    assert one_each([few, naive, many, slow, further]) == (many, naive, further)
    assert one_each([few, report("rf", seed=5)]) == (few, report("rf", seed=5))


def test_what_one_report_finds_wrong_without_attack_counts_for_no_attack():
    found = compare_images([report("wr"), report("fr", "naive")])
    assert found.images[0].became == (None, None)
    assert found.together == both(1, 1, 2)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"model": "tests/other"}, "different models, tests/tiny and tests/other"),
        ({"data": "4567"}, "different data sets, pets and pets, or of files that have changed"),
        ({"eps": 8.0}, "different room, 4/255 and 8/255"),
        ({"norm": "l2", "eps": 4 / 255}, r"different room, 4/255 and 0.0157 \(L2\)"),
    ],
)
def test_what_is_not_comparable_is_refused(other, says):
    with pytest.raises(BadConfig, match=says):
        compare_images([report("fr"), report("fr", "naive", **{"eps": 4.0} | other)])


def test_one_report_is_no_comparison():
    with pytest.raises(BadConfig, match="at least two"):
        compare_images([report("fr")])


def test_other_classes_are_other_data():
    one, two = report("fr"), report("fr", "naive")
    two = replace(two, plan=replace(two.plan, classes=("a", "b", "c")))
    assert len(of_same_images([one, two])) == 2
    with pytest.raises(BadConfig, match="different data sets"):
        compare_images([one, two])


def test_reports_are_sorted_into_groups():
    a, b, c = report("fr"), report("frrr", "naive", 8.0), report("fr", model="tests/other")
    assert of_same_images([a, c, b]) == ((a, b), (c,))
    typed = report("fr", "naive", eps=4.0)
    typed = replace(typed, plan=replace(typed.plan, config=replace(typed.plan.config, eps=0.0156862745098)))
    assert in_same_ball([a, b, typed]) == ((a, typed), (b,))
    assert sorted([b, a, c], key=order) == [c, a, b]


def test_room_in_words():
    assert str(report("r").plan.config.epsilon) == "4/255"
    assert str(report("r", norm="l2", eps=0.5).plan.config.epsilon) == "0.5 (L2)"


def test_accuracy_against_eps_is_of_the_same_images():
    small, large, alone = report("wrrrf", eps=2.0), report("wrff", eps=8.0), report("wrrr", "naive", eps=2.0)
    (curve,) = eps_curves([large, alone, small])
    assert curve.reports == (small, large)
    found = [(point.eps * 255, point.accuracy) for point in curve.points]
    assert found == [
        (0.0, Share(count=3, of=4)),
        (2.0, Share(count=3, of=4)),
        (8.0, Share(count=1, of=4)),
    ]


def test_a_curve_takes_the_larger_of_two_like_reports():
    few, many = report("rf", eps=2.0), report("rrrrff", eps=2.0, precision="bfloat16")
    (curve,) = eps_curves([many, report("rffff-", eps=4.0), few])
    assert curve.reports[0] == many
    assert curve.points[1].accuracy == Share(count=4, of=5)


@pytest.mark.parametrize(
    "other",
    [{"attack": "naive"}, {"seed": 1}, {"faithful": True}, {"n_iter": 10}, {"model": "m"}, {"data": "4567"}],
)
def test_other_settings_are_another_curve(other):
    assert eps_curves([report("rr", eps=2.0), report("rf", eps=4.0, **other)]) == ()


def test_no_curve_without_common_images():
    assert eps_curves([report("r-", eps=2.0), report("-f", eps=4.0)]) == ()


def with_pictures(of: Report, letters: str, **data: object) -> Report:
    """The report with a digest for each image, a letter; data: fields of its DataSource."""
    images = tuple(replace(i, digest=letters[i.index]) for i in of.images)
    return replace(of, images=images, plan=replace(of.plan, data=replace(of.plan.data, **data)))


def test_reports_of_exchanged_pictures_are_not_compared():
    """Of the same names, sizes and labels; issue 20, as --resume mixed them."""
    malt, naive = with_pictures(report("wfr"), "abc"), with_pictures(report("wff", "naive"), "abc")
    swapped = with_pictures(report("rff", "naive"), "axc")
    assert compare_images([malt, naive]).together.clean.count == 2
    with pytest.raises(BadConfig, match="files that have changed or were resized otherwise"):
        compare_images([malt, swapped])
    assert of_same_images([malt, swapped, naive]) == ((malt, naive), (swapped,))
    more = with_pictures(report("rffr", "naive"), "axcd")
    assert of_same_images([swapped, more, malt]) == ((swapped, more), (malt,))
    twice = with_pictures(report("rff", "naive", 8.0), "abc")
    assert eps_curves([swapped, twice]) == ()
    assert one_each([naive, swapped]) == (naive, swapped)


def test_an_older_report_without_digests_is_of_the_same_pictures():
    malt, naive = report("wfr"), with_pictures(report("wff", "naive"), "abc", preprocessing="centre")
    assert len(of_same_images([malt, naive])) == 1


def test_pictures_that_were_resized_otherwise_are_others():
    malt, naive = report("wfr"), with_pictures(report("wff", "naive"), "abc", preprocessing="Res256Crop224")
    assert len(of_same_images([malt, naive])) == 2
