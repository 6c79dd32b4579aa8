"""Somebody else's words among ours."""

from __future__ import annotations

from ui.widgets.markdown import plain


def test_markdown_and_streamlits_own_marks_have_nothing_to_say() -> None:
    assert plain("a*b*_c_.png") == r"a\*b\*\_c\_\.png"
    assert plain("[a](http://b)") == r"\[a\]\(http\:\/\/b\)"
    assert plain(":red[x] $x^2$") == r"\:red\[x\] \$x\^2\$"
    assert plain("<b>ä 犬</b>") == r"\<b\>ä 犬\<\/b\>"


def test_it_stays_on_one_line() -> None:
    assert plain("a\n\n# b") == r"a \# b"
