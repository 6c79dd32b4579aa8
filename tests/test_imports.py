"""Who may import whom, and what the first words on a page may not wait for."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import malt_core

ROOT = Path(__file__).parents[1]
HEAVY = {"streamlit", "ray", "robustbench", "torchvision", "torch"}

ONLY_IN = {
    "streamlit": set(),
    "robustbench": {"models/providers/robustbench_zoo.py", "models/refresh.py"},
    "pyautoattack": {
        "attacks/autoattack.py",
        "models/providers/autoattack_example.py",
        "models/providers/robustbench_zoo.py",
    },
    "autoattack": set(),
    "ray": {"evaluation/workers/on_ray.py"},
}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import statement, wherever it stands, as a dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports"
            # The last part may be a module, as in `from malt_core import norms`, or a name of one.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def core_files() -> list[Path]:
    return sorted((ROOT / "malt_core").rglob("*.py"))


def test_imports_point_one_way():
    """The contracts are in pyproject.toml: who may import whom, and who knows nothing of what."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_is_drawn_with_its_own_folder_and_what_all_pages_share():
    pages = {path.stem: path for path in (ROOT / "pages").rglob("*.py")}
    assert {"attack", "race", "benchmark"} <= pages.keys()
    for name, path in pages.items():
        rooms = {dotted.split(".")[1] for dotted in imports(path) if dotted.startswith("ui.")}
        assert rooms & pages.keys() <= {name}, name
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, (
            f"{name} is more than an order of things"
        )


@pytest.mark.parametrize("package", ONLY_IN)
def test_packages_are_imported_only_where_allowed(package):
    found = {
        path.relative_to(ROOT / "malt_core").as_posix()
        for path in core_files()
        if any(name.split(".")[0] == package for name in imports(path))
    }
    assert found <= ONLY_IN[package]


def loaded_by(statement: str) -> set[str]:
    """The heavy packages in memory after the statement has run in a fresh interpreter."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return HEAVY & set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import malt_core",
        "import malt_core.types, malt_core.race.types, malt_core.errors, malt_core.attacks.catalogue",
        "from malt_core import AttackConfig, BadConfig, ModelInfo",
        "import malt_core.models.catalogue",
        "from malt_core.models.catalogue import list_models; list_models()",
        "import malt_core.evaluation.report, malt_core.datasets.open_data, malt_core.datasets.parquet",
        "import malt_core.evaluation.workers.local, malt_core.cli.main",
        "import malt_core.comparison.compare, malt_core.comparison.words, malt_core.comparison.figures",
        "import malt_core.comparison.published, malt_core.export.commands, malt_core.datasets.in_memory",
        "import malt_core.attack_run.record, malt_core.export.snapshot",
    ],
)
def test_first_words_do_not_wait_for_torch(statement):
    assert loaded_by(statement) == set()


def test_a_stored_snapshot_is_drawn_without_torch(tmp_path):
    from malt_core.export.snapshot import snapshot_of, snapshot_to_json
    from tests.helpers.example_run import example_run

    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps(snapshot_to_json(snapshot_of(example_run()))), "utf-8")
    read = f"snapshot_from_json(json.loads(open({str(file)!r}).read()), 'it')"
    assert loaded_by(f"import json; from malt_core.export.snapshot import *; {read}") == set()


def test_attacking_loads_torch_but_nothing_else_that_is_heavy():
    assert loaded_by("from malt_core import attack, malt, measure_linearity") == {"torch"}


def test_every_public_name_exists():
    for name in malt_core.__all__:
        assert getattr(malt_core, name) is not None
    assert set(malt_core.__all__) <= set(dir(malt_core))
    with pytest.raises(AttributeError, match="no attribute 'mallt'"):
        malt_core.mallt  # noqa: B018
