"""The article examples/blog: whole, small, offline, and its numbers those of the stored examples."""

from __future__ import annotations

import html
import re

import pytest

from malt_core.explanations import straightness_words
from malt_core.linearity.scale_names import SCALE_TITLES
from scripts.make_blog_article import FOLDER, scales, words_of
from ui.linearity.example import stored_linearity
from ui.targets.example import stored_targets

PAGE = (FOLDER / "index.html").read_text("utf-8")


def test_all_that_it_shows_lies_beside_it_and_is_small():
    named = set(re.findall(r'(?:src|srcset)="([^"]+)"', PAGE))
    files = {file.name: file.stat().st_size for file in FOLDER.iterdir()}
    assert named | {"index.html"} == set(files)
    assert max(files.values()) < 300_000
    assert sum(files.values()) < 1_000_000
    assert "<script" not in PAGE
    assert set(re.findall(r'https?://[^"<\s]+', PAGE)) == {"https://arxiv.org/abs/2407.02240"}


def test_its_numbers_are_those_of_the_examples():
    text = html.unescape(PAGE)
    for found in stored_linearity().found:
        shares = [straightness_words.share(found.scale(reach).deviation) for reach in SCALE_TITLES]
        assert "".join(f"<td>{share}</td>" for share in shares) in text
        if scales(found).name in ("scales-robust", "scales-standard"):
            assert straightness_words.headline(found) in text
    assert f"{stored_targets().distances.correlation:.2f}" in text


def test_words_that_would_not_be_true_are_refused(monkeypatch: pytest.MonkeyPatch):
    from scripts import make_blog_article
    from tests.helpers.example_run import example_run

    monkeypatch.setattr(make_blog_article, "figure", lambda taken: "")
    with pytest.raises(AssertionError):
        words_of(example_run())
