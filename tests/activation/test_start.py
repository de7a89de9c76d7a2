"""What a start from the cache loads of Pyvorin itself: no more than it needs, and each module as an import would make it."""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import sys
import threading
from pathlib import Path

import pytest

from pyvorin import autostart, quickload
from pyvorin.host import activation
from tests.project.source_tree import ROOT

from .conftest import Interpreter

SCRIPT = """\
import sys, rows


def total(values: list[float]) -> float:
    s = 0.0
    for value in values:
        s += value
    return s


print(total([1.0, 2.5]), rows.twice(2.0))
ours = [name for name in sys.modules if name.partition(".")[0] == "pyvorin"]
with open(sys.argv[1], "w") as file:
    print(*ours, file=file)
"""

MOST = 40
"""Modules of ours.  Each costs every start some 0.1 ms: this is raised for a reason only."""

FIRST = ["pyvorin", "pyvorin.autostart", "pyvorin.quickload"]


def names(*lists: tuple[str, ...]) -> list[str]:
    return [f"pyvorin.{name}".removesuffix(".__init__") for one in lists for name in one]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SCRIPT)
    (tmp_path / "rows.py").write_text("def twice(x: float) -> float:\n    return x * 2.0\n")
    return tmp_path


def test_a_start_from_the_cache_loads_the_modules_that_are_listed(python: Interpreter, project: Path) -> None:
    active = {"PYVORIN": "1", "PYVORIN_CACHE_DIR": str(project / "cache"), "PYVORIN_WAIT": "1"}
    for _ in range(2):
        run = python.run("app.py", "modules.txt", cwd=project, **active)
        assert run.stdout == b"3.5 4.0\n", run
    loaded = (project / "modules.txt").read_text().split()
    listed = FIRST + names(autostart.SETTINGS_MODULES, autostart.HOST_MODULES, activation.MODULES)
    assert sorted(loaded) == sorted(listed)
    assert len(loaded) <= MOST


LOADED = """\
import sys
if sys.argv[1] == "quick":
    from pyvorin import autostart, quickload
    quickload.load(autostart.SETTINGS_MODULES + autostart.HOST_MODULES)
    from pyvorin.host import activation
    quickload.load(activation.MODULES)
    assert "pyvorin.cache.store" in sys.modules, "nothing was loaded"
else:
    from pyvorin import autostart
    from pyvorin.host import activation
    import importlib
    for name in autostart.SETTINGS_MODULES + autostart.HOST_MODULES + activation.MODULES:
        importlib.import_module(f"pyvorin.{name}".removesuffix(".__init__"))
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] == "pyvorin":
        spec = module.__spec__
        assert spec.loader is module.__loader__
        facts = [getattr(module, field, None) for field in ("__name__", "__package__", "__file__", "__cached__", "__path__")]
        facts += [spec.name, spec.origin, spec.cached, spec.has_location, spec.parent, spec.submodule_search_locations]
        facts += [type(spec.loader).__name__, spec.loader.name, spec.loader.path, spec.loader.get_source(name)[:50]]
        parent, _, leaf = name.rpartition(".")
        facts += [not parent or getattr(sys.modules[parent], leaf) is module, sorted(vars(module))]
        code = [value.__code__.co_filename for value in vars(module).values() if type(value).__name__ == "function"]
        print(facts, code)
"""


def test_modules_are_as_an_import_makes_them(python: Interpreter, project: Path) -> None:
    shutil.copytree(ROOT / "pyvorin", project / "pyvorin", ignore=shutil.ignore_patterns("__pycache__", "compiler"))
    assert compileall.compile_dir(project / "pyvorin", quiet=1)
    (project / "facts.py").write_text(LOADED)
    quick = python.run("facts.py", "quick", cwd=project)
    assert quick.stderr == b"", quick
    assert quick.stdout == python.run("facts.py", "imports", cwd=project).stdout
    assert quick.stdout.count(b"\n") >= len(autostart.HOST_MODULES + activation.MODULES)


class TestLeftToTheImportSystem:
    @pytest.fixture
    def package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A directory that counts as the package's, with one module in it and its byte code."""
        package = tmp_path / "pyvorin"
        package.mkdir()
        (package / "pv_part.py").write_text("value = 1\n")
        py_compile.compile(str(package / "pv_part.py"))
        monkeypatch.setattr(quickload, "_PACKAGE", str(package))
        monkeypatch.delitem(sys.modules, "pyvorin.pv_part", raising=False)
        return package

    def load(self) -> bool:
        quickload.load(("pv_part",))
        return sys.modules.pop("pyvorin.pv_part", None) is not None

    def test_valid_byte_code_is_loaded(self, package: Path) -> None:
        assert self.load()

    @pytest.mark.parametrize("text", ["value = 22\n", "value = 2\n"])
    def test_a_changed_source(self, package: Path, text: str) -> None:
        (package / "pv_part.py").write_text(text)
        os.utime(package / "pv_part.py", (1e9, 1e9))
        assert not self.load()

    @pytest.mark.parametrize("damage", [b"", b"\0" * 16, None])
    def test_byte_code_that_is_damaged_or_missing(self, package: Path, damage: bytes | None) -> None:
        (compiled,) = (package / "__pycache__").iterdir()
        if damage is None:
            compiled.unlink()
        else:
            compiled.write_bytes(damage)
        assert not self.load()

    def test_byte_code_that_is_cut(self, package: Path) -> None:
        (compiled,) = (package / "__pycache__").iterdir()
        compiled.write_bytes(compiled.read_bytes()[:-5])
        assert not self.load()

    def test_byte_code_that_goes_by_the_hash_of_its_source(self, package: Path) -> None:
        py_compile.compile(str(package / "pv_part.py"), invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
        assert not self.load()

    def test_a_module_whose_code_raises(self, package: Path) -> None:
        (package / "pv_part.py").write_text("1 / 0\n")
        py_compile.compile(str(package / "pv_part.py"))
        assert not self.load()

    def test_another_thread(self, package: Path) -> None:
        end = threading.Event()
        thread = threading.Thread(target=end.wait)
        thread.start()
        try:
            assert not self.load()
        finally:
            end.set()
            thread.join()
        assert self.load()
