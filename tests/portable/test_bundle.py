"""Modules made into one script: what they export to each other arrives, and others are refused."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from malt_core.portable.bundle import bundle
from malt_core.portable.site import BROWSER

NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed.")
def test_a_bundle_is_one_module_that_does_what_its_parts_do(tmp_path) -> None:
    (tmp_path / "a.js").write_text(
        "const same = 1;\nexport const one = same;\nexport function twice(x) {\n  return 2 * x;\n}\n"
    )
    (tmp_path / "b.js").write_text("const same = 20;\nexport class Big {\n  value = same;\n}\n")
    (tmp_path / "main.js").write_text(
        'import * as a from "./a.js";\nimport { one as first, twice } from "./a.js";\n'
        'import { Big } from "./b.js";\nexport const sum = twice(first) + a.one + new Big().value;\n'
    )
    made = tmp_path / "made.mjs"
    made.write_text(bundle(tmp_path / "main.js", module=True) + "\nconsole.log(sum);")
    assert subprocess.run([NODE, made], capture_output=True, text=True, check=True).stdout.strip() == "23"


def test_what_it_does_not_know_is_refused(tmp_path) -> None:
    (tmp_path / "main.js").write_text('export * from "./other.js";\n')
    with pytest.raises(ValueError, match=r"main\.js"):
        bundle(tmp_path / "main.js")


@pytest.mark.parametrize("main", ["engine/worker.js", "client/engine.js", "page/site.js"])
def test_ours_can_be_bundled_as_classic_scripts(main: str) -> None:
    made = bundle(BROWSER / main)
    lines = made.splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export "))]
    assert "import.meta" not in made
