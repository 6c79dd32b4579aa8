import re

import pytest

from malt_core.models.catalogue import model_info
from ui.pictures.picture import CAMERA, UPLOAD
from ui.pictures.truth import truth_note


@pytest.mark.parametrize(
    ("photo", "label", "says"),
    [
        ("cat", "cat", ""),
        ("cat", "dog", "really shows “cat”; the network takes it for “dog”"),
        ("rocket", "ship", "None of the network's 10 words .* “ship” is its own answer"),
        (UPLOAD, "ship", ""),
        (CAMERA, "ship", ""),
    ],
)
def test_a_label_that_is_not_what_the_photo_shows_is_explained(photo: str, label: str, says: str) -> None:
    note = truth_note(photo, model_info("autoattack/resnet18-cifar10"), label)
    assert re.search(says, note) if says else note == ""
