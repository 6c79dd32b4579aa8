"""Every code that a flag can have is explained in the README, in the words of the table."""

from __future__ import annotations

from pathlib import Path

from malt_core.trust.flags import CODES

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_every_code() -> None:
    text = README.read_text("utf-8")
    missing = [
        row for code, (meaning, _) in CODES.items() if (row := f"| `{code}` | {meaning} |") not in text
    ]
    assert not missing
