"""Words that begin with a dash and are no options, such as a file -d.png: argparse takes them for options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

_END = "--"


def protect_values(parser: argparse.ArgumentParser, words: Sequence[str], files: bool) -> list[str]:
    """Return the words of one command so that argparse reads values that begin with a dash as what they are.

    "--eps -1/255" becomes "--eps=-1/255", as do names of folders after --out; a file called "-d.png" becomes
    "./-d.png", where files says that the command takes one without a flag. What is an option stays one.
    Ends the program, as the parser does, at a word that begins with a dash and is neither.
    """
    out: list[str] = []
    waits = False  # whether the word before is an option that waits for its value
    for place, word in enumerate(words):
        if word == _END:
            return [*out, *words[place:]]
        dashed = len(word) > 1 and word.startswith("-")
        option = _option(parser, word) if dashed else None
        if dashed and option is None and waits:
            out[-1] = f"{out[-1]}={word}"
            waits = False
            continue
        if dashed and option is None:
            if not files or not Path(word).is_file():
                parser.error(_unknown(parser, word, files))
            word = f"./{word}"
        waits = option is not None and option.nargs in (None, "?") and "=" not in word
        out.append(word)
    return out


def _option(parser: argparse.ArgumentParser, word: str) -> argparse.Action | None:
    """Return the option that argparse takes the word for, abbreviations included; None for what is none."""
    known = parser._option_string_actions
    if word in known:
        return known[word]
    name = word.partition("=")[0]
    if not name.startswith("--"):
        return None
    return next((action for flag, action in known.items() if flag.startswith(name)), None)


def _unknown(parser: argparse.ArgumentParser, word: str, files: bool) -> str:
    if _option(parser, f"-{word}"):
        return f"there is no option {word}; did you mean -{word}?"
    hint = f"; if it is a file, write ./{word}" if files and not word.startswith("--") else ""
    return f"there is no option {word}{hint}"
