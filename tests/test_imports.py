"""Who may import whom, and what the first words on a page may not wait for."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import malt_core

ROOT = Path(__file__).parents[1]
HEAVY = {"streamlit", "ray", "robustbench", "torchvision", "torch"}

# Dependencies point downwards, or sideways within a layer. A module of a package that is not listed itself is
# where its package is. What is not listed at all is at the top: figures, exports, the command line.
LAYERS = [
    {"errors", "types", "race.types", "evaluation.types", "versions", "folders", "words", "checked_json"}
    | {"storage"},
    {"norms", "losses", "gradients", "images", "decoding", "gallery", "models", "handover", "own_draws"},
    {"datasets", "evaluation.dispatch", "evaluation.report", "evaluation.folder"},
    {"targeting", "apgd", "precision", "linearity", "theory", "defences", "counted", "pgd"},
    {"budget", "ranking", "search", "side_by_side"},
    {"single", "batch", "baseline", "race", "study"},
    {"evaluation"},
]
ONLY_IN = {
    "streamlit": set(),
    "robustbench": {"models/robustbench_zoo.py", "models/refresh.py"},
    "pyautoattack": {"baseline.py", "models/autoattack_example.py", "models/robustbench_zoo.py"},
    "autoattack": set(),
    "ray": {"evaluation/on_ray.py"},
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


def module_of_file(path: Path) -> str:
    """ "models.loaders" for malt_core/models/loaders.py."""
    return ".".join(path.relative_to(ROOT / "malt_core").with_suffix("").parts)


def module(dotted: str) -> str | None:
    """The module of malt_core that a dotted name is of: "malt_core.norms.size" -> "norms"."""
    parts = dotted.split(".")
    if parts[0] != "malt_core":
        return None
    longest_first = (".".join(parts[1:end]) for end in range(len(parts), 1, -1))
    modules = set(map(module_of_file, core_files()))
    return next((name for name in longest_first if name in modules), None)


def layer(name: str) -> int:
    package = name.partition(".")[0]
    found = [i for i, names in enumerate(LAYERS) if name in names]
    return next(iter(found or [i for i, names in enumerate(LAYERS) if package in names]), len(LAYERS))


@cache
def edges() -> dict[str, set[str]]:
    """Which module of malt_core imports which others."""
    return {
        module_of_file(path): set(map(module, imports(path))) - {None, module_of_file(path)}
        for path in core_files()
    }


def test_the_rules_speak_of_files_that_exist():
    """Otherwise a renamed file would escape them."""
    planned = {"theory", "defences"}
    modules = set(map(module_of_file, core_files()))
    present = modules | {name.partition(".")[0] for name in modules}
    assert set().union(*LAYERS) - planned <= present
    assert {"single", "batch", "apgd", "linearity"} <= edges().keys()
    assert "norms" in edges()["apgd"]


def test_dependencies_point_downwards():
    upwards = [(a, b) for a, used in edges().items() for b in used if layer(b) > layer(a)]
    assert upwards == []


def test_nothing_is_imported_in_a_circle():
    graph = edges()
    while graph:
        leaves = {name for name, used in graph.items() if not used & graph.keys()}
        assert leaves, f"a circle among {sorted(graph)}"
        graph = {name: used for name, used in graph.items() if name not in leaves}


@pytest.mark.parametrize("package", ONLY_IN)
def test_packages_are_imported_only_where_allowed(package):
    found = {
        path.relative_to(ROOT / "malt_core").as_posix()
        for path in core_files()
        if any(name.split(".")[0] == package for name in imports(path))
    }
    assert found <= ONLY_IN[package]


def test_the_library_knows_nothing_of_the_app():
    outside = {"app", "pages", "ui", "tests", "training", "benchmarks"}
    guilty = [p.name for p in core_files() if outside & {n.split(".")[0] for n in imports(p)}]
    assert guilty == []


def test_what_the_pages_share_knows_nothing_of_the_pages():
    shared = sorted((ROOT / "ui").rglob("*.py"))
    assert shared
    assert [p.name for p in shared if {"app", "pages"} & {n.split(".")[0] for n in imports(p)}] == []


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
        "import malt_core.types, malt_core.race.types, malt_core.errors",
        "from malt_core import AttackConfig, BadConfig, ModelInfo",
        "import malt_core.models.catalogue",
        "from malt_core.models.catalogue import list_models; list_models()",
        "import malt_core.evaluation.report, malt_core.datasets.opening, malt_core.datasets.parquet",
        "import malt_core.evaluation.dispatch, malt_core.evaluation.local, malt_core.cli.main",
        "import malt_core.comparison.compare, malt_core.comparison.words, malt_core.comparison.figures",
        "import malt_core.comparison.published, malt_core.cli.evaluation_command, malt_core.datasets.held",
    ],
)
def test_first_words_do_not_wait_for_torch(statement):
    assert loaded_by(statement) == set()


def test_attacking_loads_torch_but_nothing_else_that_is_heavy():
    assert loaded_by("from malt_core import attack, malt, measure_linearity") == {"torch"}


def test_every_public_name_exists():
    for name in malt_core.__all__:
        assert getattr(malt_core, name) is not None
    assert set(malt_core.__all__) <= set(dir(malt_core))
    with pytest.raises(AttributeError, match="no attribute 'mallt'"):
        malt_core.mallt  # noqa: B018
