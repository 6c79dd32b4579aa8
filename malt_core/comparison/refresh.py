"""Rewrite published.json from the installed robustbench.

Run `python -m malt_core.comparison.refresh` after updating it. The package carries its README, whose tables
list clean and robust accuracy of every model of its zoo; a test compares the file with them.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import metadata

from malt_core.comparison.published import FILE
from malt_core.storage.whole_files import write_whole

_DATASET = re.compile(r"### (CIFAR-10|CIFAR-100|ImageNet)\s*")
_THREAT = re.compile(r"#### (Linf|L2), eps=([\d./]+)\s*")
_MARKUP = re.compile(r"<[^>]+>|\*")


def robustbench_rows() -> list[dict[str, str]]:
    """One row a model: id without its first part, eps, clean and robust accuracy in per cent, as written."""
    rows, dataset, threat, eps = [], "", "", ""
    for line in metadata("robustbench")["Description"].splitlines():
        if found := _DATASET.fullmatch(line):
            dataset = found[1].lower().replace("-", "")
        elif found := _THREAT.fullmatch(line):
            threat, eps = found.groups()
        elif line.startswith("#"):
            threat = ""  # corruptions, which no attack makes
        elif threat and line.startswith("|") and line.count("%") >= 2:
            _, name, _, clean, robust, *_ = (_MARKUP.sub("", cell).strip() for cell in line.split("|")[1:])
            row = {"id": f"{dataset}/{threat}/{name}", "eps": eps}
            rows.append(row | {"clean": clean.removesuffix("%"), "robust": robust.removesuffix("%")})
    return rows


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(row) for row in robustbench_rows())
    write_whole(FILE, f"[\n{lines}\n]\n")
