"""An image for which the model has no finite answer: counted as such, in reports and comparisons."""

import json

import pytest
import torch
from torch import nn

from malt_core.cli.evaluate import progress_text, table
from malt_core.comparison import compare, figures, words
from malt_core.errors import BadConfig
from malt_core.evaluation.report import report_from_json, report_to_json
from malt_core.evaluation.types import Progress
from tests.evaluation.test_chunks import APGD_CE, chunk
from tests.helpers.analytic import smooth_cnn
from tests.helpers.evaluations import Pictures
from tests.helpers.reports import report


class BreaksOn(nn.Module):
    """A network without a finite answer close to these images; itself: nor on the images themselves."""

    def __init__(self, centres: torch.Tensor, *, itself: bool) -> None:
        super().__init__()
        self.network, self.centres, self.itself = smooth_cnn(), centres, itself

    def forward(self, x):
        away = (x.detach()[:, None] - self.centres).abs().flatten(2).amax(2)
        broken = ((away < 0.2) & (self.itself | (away > 1e-6))).any(1)
        return torch.where(broken[:, None], torch.nan, self.network(x))


@pytest.mark.parametrize("itself", [True, False])
@pytest.mark.parametrize("settings", [{}, APGD_CE], ids=["malt", "apgd-ce"])
def test_an_invalid_image_is_named_and_the_others_are_evaluated(settings, itself):
    data = Pictures()
    whole, _ = chunk(data, **settings)
    bad = next(i for i, image in enumerate(whole.images) if image.outcome == "fooled")
    result, _ = chunk(data, BreaksOn(data.x[bad : bad + 1], itself=itself), **settings)
    assert [image.outcome for image in result.images].count("invalid") == 1
    for i, (image, expected) in enumerate(zip(result.images, whole.images, strict=True)):
        if i != bad:
            assert (image.outcome, image.clean) == (expected.outcome, expected.clean)
        else:
            assert (image.outcome, image.adversarial, image.target) == ("invalid", None, None)
            assert image.clean == (None if itself else image.label)


def test_a_chunk_of_nothing_else_is_no_error():
    data = Pictures()
    result, _ = chunk(data, BreaksOn(data.x, itself=True))
    assert {image.outcome for image in result.images} == {"invalid"}


def test_the_report_counts_it_as_read_and_as_not_robust():
    made = report("wfri")
    assert made.counts == {
        "read": 4,
        "corrupt": 0,
        "wrong": 1,
        "fooled": 1,
        "robust": 1,
        "invalid": 1,
        "refused": 0,
    }
    assert (made.clean_accuracy, made.robust_accuracy) == (0.75, 0.25)
    content = json.loads(json.dumps(report_to_json(made)))
    assert report_from_json(content, "it") == made
    content["images"][3]["clean"] = None
    content["clean_accuracy"] = 0.5
    assert report_from_json(content, "it").clean_accuracy == 0.5
    content["images"][3]["outcome"] = "robust"
    with pytest.raises(BadConfig, match="contradicts itself"):
        report_from_json(content, "it")


def test_reports_from_before_it_was_counted_are_read():
    made = report("wfr")
    content = report_to_json(made)
    del content["counts"]["invalid"]
    assert report_from_json(content, "it") == made


def test_the_comparison_calls_it_neither_fooled_nor_withstood():
    one, other = report("rrif"), report("rirf", "apgd-ce")
    found = compare.compare_images([one, other])
    assert [image.index for image in found.left] == [0]
    assert [sorted(image.invalid) for image in found.images] == [[], [1], [0], []]
    assert (found.together.robust.count, found.together.clean.count) == (1, 4)
    assert compare.accuracy(one).robust.count == 2
    drawn = figures.matrix_figure(found, ["a", "b"], one.plan.classes).data[0]
    assert sorted(value for row in drawn.z for value in row) == [1, 1, 1, 1, 2, 2, 3, 3]
    assert "no finite answer" in {text for row in drawn.customdata for text in row}


def test_it_is_named():
    assert words.invalid_sentence(report("rf")) == ""
    assert words.invalid_sentence(report("ri")).startswith("For 1 image of pets, or for points close")
    assert "image 1, image 2, image 3 and 1 more." in words.invalid_sentence(report("riiii"))
    assert "without a finite answer" in table(report("rfi"))
    assert "without a finite answer" not in table(report("rf"))
    counts = Progress(
        done=2, total=4, counts=dict.fromkeys(("robust", "fooled", "wrong", "corrupt"), 0) | {"invalid": 2}
    )
    assert progress_text(counts, 0, 1.0).endswith("2 invalid")
