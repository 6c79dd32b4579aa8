import io
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

from malt_core import epsilon
from malt_core.attack_run import pictures
from malt_core.attacks.types import AttackConfig
from malt_core.cli.attack import attack_config
from malt_core.cli.main import parse
from malt_core.errors import BadImage
from malt_core.export import commands, files, html
from tests.helpers.example_run import CLASSES, already_wrong, example_run


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


def pixels(x: torch.Tensor) -> np.ndarray:
    return np.rint(x.numpy().transpose(1, 2, 0) * 255).astype(int)


@pytest.mark.parametrize(
    ("eps", "norm", "text"),
    [
        (4 / 255, "linf", "4/255"),
        (1.5 / 255, "linf", "1.5/255"),
        (0.1 / 255, "linf", "0.1/255"),
        (1, "linf", "255/255"),
        (0.03, "linf", "0.03"),
        (1 / 3, "linf", "85/255"),
        (0.0314159265358979, "linf", "0.0314159265358979"),
        (0.5, "l2", "0.5"),
        (4 / 255, "l2", repr(4 / 255)),
    ],
)
def test_eps_is_written_for_people_without_losing_a_digit(eps, norm, text):
    config = AttackConfig(norm=norm, eps=eps)
    assert config.epsilon.text == text
    assert attack_config(parse(["attack", "x.png", "--norm", norm, "--eps", text]), CLASSES) == config


def test_every_whole_step_is_written_as_one():
    for k in range(1, 256):
        assert epsilon.Epsilon(k / 255).text == f"{k}/255"


def test_the_command_leaves_out_what_is_usual():
    run = replace(example_run(), config=AttackConfig(eps=4 / 255))
    assert commands.attack_command(run) == ("malt attack holiday.png --model tests/tiny --eps 4/255")


def test_the_command_repeats_every_setting():
    config = AttackConfig(
        norm="l2",
        eps=0.7,
        n_targets=3,
        n_candidates=5,
        n_iter=20,
        targeting="naive",
        seed=2**32 - 1,
        faithful=True,
        target=7,
    )
    run = example_run()
    run = replace(run, config=config, crop="fit", sample=replace(run.sample, label=0), source="gallery:cat")
    args = parse(shlex.split(commands.attack_command(run))[1:])
    assert attack_config(args, CLASSES) == config
    assert (args.image, args.model, args.label, args.crop) == ("gallery:cat", "tests/tiny", "0", "fit")


@pytest.mark.parametrize(
    "source",
    ['my photos/it\'s "me" $HOME `x` \\ *.png', "Ünïcode 猫.png", "--json", "-x.png", "a;rm b", "a\nb.png"],
)
def test_the_command_survives_any_file_name(source):
    words = shlex.split(commands.attack_command(replace(example_run(), source=source)))
    image = parse(words[1:]).image
    assert image == (f"./{source}" if source.startswith("-") else source)


def test_the_pngs_hold_what_the_model_saw():
    run = example_run(steps=16)
    original, adversarial = pixels(run.sample.x), opened(pictures.adversarial_png(run))
    np.testing.assert_array_equal(adversarial, pixels(run.result.adversarial))
    data, factor = pictures.perturbation_png(run)
    assert factor == 8
    np.testing.assert_allclose(opened(data), (127.5 + 8 * (adversarial - original)).clip(0, 255), atol=1)


def test_rounding_never_leaves_the_ball():
    for steps, largest in ((2.5, 2), (0.9, 0), (3.99, 3), (4, 4)):
        run = example_run(steps=steps)
        change = opened(pictures.adversarial_png(run)) - pixels(run.sample.x)
        assert abs(change).max() == largest


def test_a_change_below_one_step_still_shows():
    run = example_run(steps=0.4)
    np.testing.assert_array_equal(opened(pictures.adversarial_png(run)), pixels(run.sample.x))
    data, factor = pictures.perturbation_png(run)
    assert factor == 256
    assert opened(data).std() > 50


def test_no_change_at_all_is_plain_grey():
    data, factor = pictures.perturbation_png(already_wrong())
    assert factor == 1
    assert set(opened(data).flatten()) <= {127, 128}


def test_the_facts_are_true_and_plain():
    run = example_run(steps=16)
    facts = dict(html.facts(run))
    assert facts["Picture"] == "holiday.png, 8 × 8 pixels"
    assert facts["Photo"] == "author and licence are not known here"
    credited = replace(run, sample=replace(run.sample, credit="Somebody (CC0)"))
    assert dict(html.facts(credited))["Photo"] == "Somebody (CC0)"
    assert "Somebody (CC0)" in html.run_html(credited)
    assert facts["Allowed change (ε)"] == "16/255: largest change of a colour value"
    assert facts["Change made"] == "16/255"
    assert facts["Saved as PNG"] == "still fools the model"
    assert facts["Targeting"] == "MALT, seed 0"
    assert facts["Before"].startswith(run.model.classes[run.result.clean_index])
    lost = replace(run, result=replace(run.result, survives_png=False))
    assert dict(html.facts(lost))["Saved as PNG"] == "does not fool the model"
    curved = dict(html.facts(replace(run, config=AttackConfig(norm="l2", eps=0.5, targeting="naive"))))
    assert curved["Allowed change (ε)"] == "0.5 (L2): length of the whole change"
    assert curved["Targeting"] == "Naive targeting, seed 0"
    passes = "Images sent through the model"
    assert "each class that MALT ranked" in facts[passes]
    assert "ranked" not in curved[passes]


class Resources(HTMLParser):
    """Collects all that a page would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads += [value or "" for name, value in attrs if name in ("src", "srcset", "poster", "data")]
        if tag in ("link", "base", "iframe", "object", "embed"):
            self.loads.append(f"<{tag} {given.get('href')}>")


def test_the_page_needs_nothing_else():
    page = html.run_html(example_run())
    assert Resources(page).loads == []
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//|\bfetch\(|XMLHttpRequest|import\s*\(", page)
    assert "default-src 'none'" in page
    assert "malt attack holiday.png" in page


def test_without_a_path_there_is_no_page():
    with pytest.raises(BadImage):
        html.run_html(already_wrong())


def test_all_files_are_written(tmp_path):
    paths = files.write(example_run(), tmp_path)
    names = ["original.png", "perturbation.png", "adversarial.png", "figure.html"]
    assert [path.name for path in paths] == names
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    for path in paths[:3]:
        assert opened(path.read_bytes()).shape == (8, 8, 3)


def test_an_earlier_runs_page_does_not_stay_behind(tmp_path):
    files.write(example_run(), tmp_path)
    paths = files.write(already_wrong(), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert not (tmp_path / "figure.html").exists()


def test_a_file_name_that_is_not_utf8_does_no_harm(tmp_path):
    run = example_run(name="caf\udce9.png")
    files.write(run, tmp_path)
    assert "caf?.png" in (tmp_path / "figure.html").read_text("utf-8")


def test_a_folder_that_is_gone_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.write(example_run(), tmp_path / "gone")
