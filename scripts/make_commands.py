"""Write docs/commands.md, the help of every command: `python -m scripts.make_commands` (or `make docs`)."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

from malt_core.cli.main import make_parser

FILE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
WIDTH = 100  # of the text, whatever the terminal's is
BEGIN = (
    "# Commands\n\nWhat `malt --help` and `malt COMMAND --help` print; `python -m scripts.make_commands` "
    "writes this file from the program itself.\n"
)


def commands_page() -> str:
    """Return the help of the program and of each of its commands, as Markdown."""
    with patch.dict(os.environ, {"COLUMNS": str(WIDTH), "NO_COLOR": "1"}):
        parser = make_parser("malt")
        (commands,) = (action.choices for action in parser._actions if isinstance(action.choices, dict))
        parts = [("malt", parser), *((f"malt {name}", command) for name, command in sorted(commands.items()))]
        return BEGIN + "".join(
            f"\n## {name}\n\n```text\n{one.format_help().rstrip()}\n```\n" for name, one in parts
        )


if __name__ == "__main__":
    FILE.write_text(commands_page(), encoding="utf-8", newline="\n")
