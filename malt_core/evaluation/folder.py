"""The folder of an evaluation: its plan, each chunk as soon as it is done, and at the end report.json.

A file is written under another name and then renamed, so that whatever stops the program, what is there is
whole. A chunk that is not there, cannot be read, or belongs to another plan, is evaluated anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from malt_core.errors import BadConfig
from malt_core.evaluation.report import REPORT, Report, report_to_json
from malt_core.evaluation.types import ChunkResult, Plan
from malt_core.storage.folders import cannot_write, prepare_folder
from malt_core.storage.typed_json import parse_json, typed
from malt_core.storage.whole_files import write_whole

CHUNKS = "chunks"
PLAN = "plan.json"


class EvaluationFolder:
    """path: the folder; it need not exist yet. What cannot be written there raises BadConfig."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._chunks = path / CHUNKS

    @property
    def used(self) -> bool:
        """Whether an evaluation was begun here."""
        return (self._chunks / PLAN).exists() or (self.path / REPORT).exists()

    def plan(self) -> Plan | None:
        """Return the plan of the evaluation that was begun here, None if there is none.

        Raises BadConfig if it cannot be read.
        """
        file = self._chunks / PLAN
        try:
            content = parse_json(file.read_bytes(), str(file))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise BadConfig(
                f"{file} cannot be read: {error.strerror}. Begin anew in another folder."
            ) from error
        except BadConfig as error:
            raise BadConfig(f"{error} Begin anew in another folder.") from error
        return typed(Plan, content, str(file))

    def begin(self, plan: Plan) -> None:
        """Keep the plan. Raises BadConfig if another process has begun here meanwhile."""
        prepare_folder(self._chunks)
        try:  # only one of two processes can make it
            write_whole(self._chunks / PLAN, _json(asdict(plan)), new=True)
        except FileExistsError:
            raise BadConfig(
                f"Another evaluation has just begun in {self.path}: choose another folder."
            ) from None
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def save(self, plan: Plan, chunk: ChunkResult) -> None:
        """Keep a chunk of the plan that is done."""
        self._write(self._chunks / f"{chunk.number:06}.json", asdict(chunk) | {"plan": _digest(plan)})

    def chunks(self, plan: Plan) -> dict[int, ChunkResult]:
        """Return the chunks of the plan that are done, by number."""
        done = {}
        for file in sorted(self._chunks.glob("*.json")):
            number = int(file.stem) if re.fullmatch("[0-9]+", file.stem) else plan.chunks
            if number >= plan.chunks:
                continue
            try:
                content = parse_json(file.read_bytes(), str(file))
                chunk = typed(ChunkResult, content, str(file))
            except (OSError, BadConfig):
                continue
            if content.get("plan") != _digest(plan):
                continue
            indices = sorted(image.index for image in (*chunk.images, *chunk.corrupt))
            if chunk.number == number and indices == list(plan.range_of(number)):
                done[number] = chunk
        return done

    def write_report(self, report: Report) -> str:
        """Write report.json and return its text."""
        return self._write(self.path / REPORT, report_to_json(report))

    def _write(self, file: Path, content: dict[str, Any]) -> str:
        text = _json(content)
        try:
            write_whole(file, text)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        return text


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _digest(plan: Plan) -> str:
    """Return what tells this plan from others."""
    return hashlib.sha256(json.dumps(asdict(plan), sort_keys=True).encode()).hexdigest()[:16]
