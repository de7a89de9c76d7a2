"""What of the standard library a program gets loaded with Pyvorin, when it compiles and when everything is in the cache."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pyvorin.host.scope import NEEDED, NEEDED_BY_THE_LOG

from .conftest import Interpreter

SCRIPT = """\
import sys


def total(values: list[float]) -> float:
    s = 0.0
    for value in values:
        s += value
    return s


def twice(x):
    return x + x


print(total([1.0, 2.5]), [twice(i) for i in range(300)][-1], [twice(i * 0.5) for i in range(300)][-1])
with open(sys.argv[1], "w") as file:
    print(*sorted(sys.modules), file=file)
"""

WARM = {"__future__", "_blake2", "_cffi_backend", "types"}
"""All that a start from the cache loads beside our own modules.  (3.10 and 3.11 have the others loaded by `site`.)"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SCRIPT)
    return tmp_path


def modules(python: Interpreter, project: Path, **variables: str) -> set[str]:
    """The modules at the end of the script, without packages' parts."""
    run = python.run("app.py", "modules.txt", cwd=project, **variables)
    assert run.stdout == b"3.5 598 299.0\n", run
    return {name.partition(".")[0] for name in (project / "modules.txt").read_text().split()} - {"pyvorin"}


def test_modules_of_a_run_that_compiles_and_of_one_that_does_not(python: Interpreter, project: Path) -> None:
    plain = modules(python, project)
    active = {"PYVORIN": "1", "PYVORIN_CACHE_DIR": str(project / "cache"), "PYVORIN_WAIT": "1"}
    cold = modules(python, project, **active) - plain
    names = {name for name in cold if not name.startswith("_")} - set(sys.builtin_module_names)
    assert "json" in names, "nothing was compiled"
    assert names <= set(NEEDED), "what scope.NEEDED has to name as well"

    warm = modules(python, project, **active, PYVORIN_REPORT=str(project / "report.json")) - plain
    report = json.loads((project / "report.json").read_text())
    assert {row["name"]: row["status"] for row in report["functions"]}["__main__.total"] == "native"
    assert {row["name"]: row["native_calls"] for row in report["functions"]}["__main__.total"] == 1
    # The report needs no module before the program's end, when the list has been written already.
    assert warm <= WARM | {"atexit"}


def test_modules_of_the_log(python: Interpreter, project: Path) -> None:
    plain = modules(python, project)
    active = {"PYVORIN": "1", "PYVORIN_CACHE_DIR": str(project / "cache"), "PYVORIN_WAIT": "1", "PYVORIN_LOG": "1"}
    names = {name for name in modules(python, project, **active) - plain if not name.startswith("_")}
    assert "logging" in names
    assert names - set(sys.builtin_module_names) <= set(NEEDED) | set(NEEDED_BY_THE_LOG)
