"""Write the JSON Schemas of our JSON files into docs/: `python -m scripts.make_schemas`."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from malt_core.answers.record import AnswersRecord
from malt_core.attack_run.record import RunRecord
from malt_core.defence_run.record import DefencesRecord
from malt_core.evaluation.report import ReportFile
from malt_core.export.take_away import FigureRecord
from malt_core.race.record import RaceRecord
from malt_core.storage.whole_files import write_whole
from malt_core.transfer.record import TransferRecord

DOCS = Path(__file__).parents[1] / "docs"
SCHEMAS = {
    "run": RunRecord,
    "race": RaceRecord,
    "defences": DefencesRecord,
    "answers": AnswersRecord,
    "report": ReportFile,
    "transfer": TransferRecord,
    "figure": FigureRecord,
}
"""The type of each file."""


def schema_text(name: str) -> str:
    """Return docs/{name}.schema.json as the type of {name}.json gives it."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{name}.json of MALT Lab",
    }
    schema = head | msgspec.json.schema(SCHEMAS[name])
    for kind in schema["$defs"].values():  # their descriptions are docstrings, of several lines, about Python
        kind["description"] = " ".join(kind["description"].split()).replace("None", "null")
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every schema."""
    for name in SCHEMAS:
        file = DOCS / f"{name}.schema.json"
        write_whole(file, schema_text(name))
        print(f"wrote {file}")


if __name__ == "__main__":
    main()
