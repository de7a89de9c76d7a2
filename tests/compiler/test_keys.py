"""What is compiled again after an edit, and that the same source always gives the same code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyvorin.cache import manifest
from pyvorin.cache.key import Environment
from pyvorin.cache.location import Location
from pyvorin.cache.store import Store
from pyvorin.compiler import pipeline
from pyvorin.core import events
from pyvorin.messages import CompileRequest, CompileResult
from tests.project.source_tree import ROOT

MODULE = """
import math

SCALE = 2.0

def leaf(x: float) -> float:
    return x * SCALE

def middle(x: float) -> float:
    return leaf(x) + 1.0

def top(xs: list[float]) -> float:
    total = 0.0
    for x in xs:
        total += middle(x)
    return total

def alone(n: int) -> int:
    return abs(n) * 3

def root_of(x: float) -> float:
    return math.sqrt(x)
"""


class Cache:
    """A cache of its own; `compiled` says which functions' groups an edit compiles."""

    def __init__(self, directory: Path) -> None:
        environment = Environment.of_this_process({})
        assert environment is not None
        self.store = Store(Location.of_settings(str(directory)), environment.directory)

    def result(self, source: str) -> CompileResult:
        return pipeline.compile_module(CompileRequest(0, "m", "m.py", source, settings={"debug": True}), self.store)

    def compiled(self, source: str) -> list[str]:
        lowered = [text for stage, _, text in self.result(source).events if stage == events.LOWER]
        return sorted(text.split("'")[1] for text in lowered)


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    directory = tmp_path_factory.mktemp("keys")
    directory.chmod(0o700)
    return Cache(directory)


ALL = ["alone", "leaf", "middle", "root_of", "top"]


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("", "", []),
        ("abs(n) * 3", "abs(n) * 4", ["alone"]),
        ("+ 1.0", "+ 2.0", ["middle", "top"]),
        ("x * SCALE", "SCALE * x", ["leaf", "middle", "top"]),
        ("SCALE = 2.0", "SCALE = 3.0", ["leaf", "middle", "top"]),
        ("import math\n", "import math\n\n# a comment that moves everything\n\n", []),
        ("def alone", "def other(n: int) -> int:\n    return n\n\ndef alone", ["other"]),
        ("import math\n", "import math\nabs = max\n", []),
        ("math.sqrt(x)", "math.sqrt(x)  # the same code", ["root_of"]),
        ("n: int) -> int:\n    return abs", "n: float) -> float:\n    return abs", ["alone"]),
    ],
)
def test_an_edit_compiles_what_contains_it(cache: Cache, old: str, new: str, again: list[str]) -> None:
    assert old in MODULE
    assert cache.compiled(MODULE) == ALL
    assert cache.compiled(MODULE.replace(old, new)) == again
    assert cache.compiled(MODULE) == []


def exits(result: CompileResult) -> list[tuple[str, str, int]]:
    assert result.manifest is not None
    return [
        (row.qualname, row.reason, row.line) for group in manifest.parse(result.manifest).groups for row in group.exits
    ]


def test_exits_of_a_function_that_has_moved_have_its_new_lines(cache: Cache) -> None:
    before = exits(cache.result(MODULE))
    moved = MODULE.replace("import math\n", "import math\n\n\n")
    assert before
    assert exits(cache.result(moved)) == [(qualname, reason, line + 2) for qualname, reason, line in before]
    only = MODULE.replace("def alone", "\n\n\ndef alone")
    shift = {"alone": 3, "root_of": 3}
    assert exits(cache.result(only)) == [(q, reason, line + shift.get(q, 0)) for q, reason, line in before]


def test_the_artifact_of_a_module_is_named_by_its_content(cache: Cache) -> None:
    first = cache.result(MODULE).artifact
    assert first is not None
    assert cache.result(MODULE.replace("* 3", "* 4")).artifact != first
    assert cache.result(MODULE).artifact == first


SHOW = """
import sys
from pyvorin.compiler.pipeline import explain
from tests.compiler import corpus
for name, text in corpus.sources().items():
    if name.startswith(("builtins", "guards", "language")):
        continue
    for untyped in corpus.untyped(text):
        try:
            print(name, explain(text, "m.py", "m", untyped.source.qualname, "hir"))
        except Exception as refusal:
            print(name, type(refusal).__name__, refusal.args)
"""

OBJECTS = """
import sys
from pathlib import Path
from tests.compiler.test_keys import MODULE, Cache
from tests.compiler import corpus
cache = Cache(Path(sys.argv[1]))
for text in (MODULE, corpus.sources()["quickselect"], corpus.sources()["types_list"]):
    print(cache.result(text).artifact)
"""


def output(program: str, seed: str, *args: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, *args]
    return subprocess.run(
        command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True, timeout=240
    ).stdout


def test_hir_does_not_depend_on_the_hash_seed() -> None:
    first = output(SHOW, "1")
    assert first.count("func ") > 150
    assert output(SHOW, "2") == first


def test_artifacts_do_not_depend_on_the_process(tmp_path: Path) -> None:
    directories = [tmp_path / name for name in ("a", "b")]
    tmp_path.chmod(0o700)
    digests = [output(OBJECTS, seed, str(d)).split() for seed, d in zip("12", directories)]
    assert len(digests[0]) == 3
    assert digests[0] == digests[1]
    assert "None" not in digests[0]
