"""Our JavaScript modules as one script, for a page that is a single file: no request, no build tool.

Each module becomes a function that returns what it exports, in the order in which modules need each other.
It understands the imports and exports that assets/browser, assets/player and onnxruntime-web are written
with, and refuses others.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(
    r'^import\s+(?:\* as (?P<all>\w+)|\{(?P<names>[^}]*)\})\s+from\s+"(?P<path>[^"]+)";\n', re.M
)
_NAMED = re.compile(r"^export (?:async )?(?:function\*?|class|const) (\w+)", re.M)
_LIST = re.compile(r"export\s*\{([^}]*)\};?\s*$")
NOWHERE = "https://nowhere.invalid/"
_DEFAULT = re.compile(r"^export default function \([^\n]*\n(?:.*\n)*?\}\n", re.M)


def bundle(main: Path, *, module: bool = False) -> str:
    """Return the module `main`, with all that it imports, as the text of one script.

    It is a classic one, since a page that was opened from the disk may start no other in a worker: what a
    module would know as its own address is nowhere. module: make it a module that exports what main does.
    """
    parts: list[str] = []
    names: dict[Path, str] = {}
    last = _add(main.resolve(), parts, names)
    if module:
        exported = ", ".join(_NAMED.findall(main.read_text("utf-8")))
        parts.append(f"export const {{ {exported} }} = {last};")
    return "\n".join(parts).replace("import.meta.url", f'"{NOWHERE}"')


def _add(file: Path, parts: list[str], names: dict[Path, str]) -> str:
    if file in names:
        return names[file]
    text = _DEFAULT.sub("", file.read_text("utf-8"))
    imports = []
    for found in _IMPORT.finditer(text):
        module = _add((file.parent / found["path"]).resolve(), parts, names)
        taken = found["all"] or "{" + re.sub(r"(\w+) as (\w+)", r"\1: \2", found["names"]) + "}"
        imports.append(f"const {taken} = {module};")
    text = _IMPORT.sub("", text)
    exported = {name: name for name in _NAMED.findall(text)}
    if listed := _LIST.search(text):
        exported |= dict(_pair(item) for item in listed[1].split(","))
        text = text[: listed.start()]
    text = re.sub(r"^export (?=(?:async )?(?:function|class|const))", "", text, flags=re.M)
    if left := re.search(r"^(?:import|export)\b[^(\n]*$", text, re.M):
        raise ValueError(f"{file.name} has an import or export that bundle.py does not know: {left[0]}")
    names[file] = f"module{len(names)}"
    returned = ", ".join(f"{outside}: {inside}" for outside, inside in exported.items())
    body = "\n".join((*imports, text, f"return {{{returned}}};"))
    parts.append(f"const {names[file]} = (() => {{\n{body}\n}})();")
    return names[file]


def _pair(item: str) -> tuple[str, str]:
    """Return what "a as b" is called outside, and inside."""
    inside, _, outside = item.strip().partition(" as ")
    return (outside or inside).strip(), inside.strip()
