"""Imported modules: what the session hears of, and what the program can see of that."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from pyvorin.core.config import Settings
from pyvorin.host import loader
from pyvorin.host.finder import Finder
from pyvorin.host.scope import Scope, shadowed


class Observed:
    """A finder in front of all others, and the modules that were reported."""

    def __init__(self, directory: Path) -> None:
        self.modules: list[str] = []
        self.errors: list[Exception] = []
        self.finder = Finder(lambda name, path: path.startswith(str(directory)), lambda: False)

    def executed(self, module: ModuleType, code: CodeType) -> None:
        assert code.co_filename == module.__file__
        self.modules.append(module.__name__)
        if self.errors:
            raise self.errors.pop()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def observed(project: Path) -> Iterator[Observed]:
    observed = Observed(project)
    observed.finder.install()
    loader.hooks.executed = observed.executed
    yield observed
    loader.hooks.reset()
    observed.finder.remove()


def test_a_module_is_reported_after_it_has_run(project: Path, observed: Observed) -> None:
    (project / "pv_rows.py").write_text("import json\nvalue = 1\n")
    module = importlib.import_module("pv_rows")
    assert observed.modules == ["pv_rows"]
    assert module.value == 1


def test_the_loader_is_cpythons_own(project: Path, observed: Observed) -> None:
    text = "def f():\n    return 1\nkeys = sorted(vars(__loader__))\n"
    (project / "pv_rows.py").write_text(text)
    module = importlib.import_module("pv_rows")
    assert type(module.__loader__) is SourceFileLoader
    assert module.__loader__ is module.__spec__.loader
    assert module.keys == ["name", "path"] == sorted(vars(module.__loader__))
    assert module.__loader__.get_source("pv_rows") == text
    assert module.__loader__ == PathFinder.find_spec("pv_rows").loader


def test_reloading_reports_again(project: Path, observed: Observed) -> None:
    (project / "pv_rows.py").write_text("value = 1\n")
    module = importlib.import_module("pv_rows")
    (project / "pv_rows.py").write_text("value = 22\n")
    assert importlib.reload(module) is module
    assert module.value == 22
    assert observed.modules == ["pv_rows", "pv_rows"]


def test_packages_and_their_data(project: Path, observed: Observed) -> None:
    from importlib import resources

    package = project / "pv_package"
    package.mkdir()
    (package / "__init__.py").write_text("from . import part\n")
    (package / "part.py").write_text("")
    (package / "table.txt").write_text("a,b\n")
    module = importlib.import_module("pv_package")
    assert observed.modules == ["pv_package.part", "pv_package"]
    assert module.__spec__.submodule_search_locations == [str(package)]
    assert (resources.files("pv_package") / "table.txt").read_text() == "a,b\n"


def test_a_lazy_module_is_reported_when_it_runs(project: Path, observed: Observed) -> None:
    (project / "pv_rows.py").write_text("value = 1\n")
    spec = importlib.util.find_spec("pv_rows")
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["pv_rows"] = module
    spec.loader.exec_module(module)
    assert observed.modules == []
    assert module.value == 1
    assert observed.modules == ["pv_rows"]


def test_a_module_that_fails_is_not_reported(project: Path, observed: Observed) -> None:
    (project / "pv_rows.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("pv_rows")
    assert observed.modules == []
    assert "pv_rows" not in sys.modules


def test_an_error_of_the_session_ends_the_import(project: Path, observed: Observed) -> None:
    (project / "pv_rows.py").write_text("value = 1\n")
    observed.errors.append(LookupError("strict"))
    with pytest.raises(LookupError, match="strict"):
        importlib.import_module("pv_rows")
    assert "pv_rows" not in sys.modules


class Other:
    """A finder of somebody else, behind ours."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        self.asked.append(name)
        if name == "pv_broken":
            raise RuntimeError("the finder's own error")
        return None


class Subclass(SourceFileLoader):
    """A loader of somebody else."""


class Rewriting(Other):
    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = Subclass(spec.loader.name, spec.loader.path)
        return spec


class Delegating(Other):
    """Asks all finders but itself, ours included."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(name, path, target)  # type: ignore[arg-type]
                if spec is not None:
                    return spec
        return None


@pytest.mark.parametrize("make", [Other, Rewriting, Delegating])
@pytest.mark.parametrize("place", ["before", "behind"])
def test_finders_of_others(
    project: Path, observed: Observed, monkeypatch: pytest.MonkeyPatch, make: type[Other], place: str
) -> None:
    (project / "pv_rows.py").write_text("value = 1\n")
    other = make()
    position = sys.meta_path.index(observed.finder) + (place == "behind")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path[:position], other, *sys.meta_path[position:]])
    module = importlib.import_module("pv_rows")
    assert module.value == 1
    rewritten = make is Rewriting
    assert observed.modules == ([] if rewritten else ["pv_rows"])
    assert type(module.__loader__) is (Subclass if rewritten else SourceFileLoader)


def test_an_error_of_another_finder_is_its_own(
    project: Path, observed: Observed, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Other()
    monkeypatch.setattr(sys, "meta_path", [observed.finder, other])
    with pytest.raises(RuntimeError, match="the finder's own error") as caught:
        importlib.import_module("pv_broken")
    files = [entry.path for entry in caught.traceback]
    assert not any("pyvorin" in str(path) and "tests" not in str(path) for path in files)


def test_the_finder_imports_nothing(project: Path, observed: Observed) -> None:
    before = set(sys.modules)
    assert importlib.util.find_spec("pv_nothing") is None
    assert importlib.util.find_spec("wave") is not None
    assert set(sys.modules) == before


STANDARD = importlib.util.find_spec("json").origin  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("orders", "/home/user/shop/orders.py", True),
        ("shop.orders", "/home/user/shop/orders.py", True),
        ("json", STANDARD, False),
        ("numpy.linalg", "/usr/lib/python3.11/site-packages/numpy/linalg/__init__.py", False),
        ("apt", "/usr/lib/python3/dist-packages/apt/__init__.py", False),
        ("included", "/x/site-packages/included.py", True),
        ("included.part", "/x/site-packages/included/part.py", True),
        ("included.not_this", "/x/site-packages/included/not_this.py", False),
        ("private", "/home/user/private.py", False),
        ("private.part", "/home/user/private/part.py", False),
        ("privateer", "/home/user/privateer.py", True),
        ("pyvorin.api", loader.__file__, False),
    ],
)
def test_scope(name: str, path: str, expected: bool) -> None:
    scope = Scope(Settings({"include": ("included",), "exclude": ("private", "included.not_this")}))
    assert scope.covers(name, path) is expected


def test_shadowing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wave.py").write_text("")
    (tmp_path / "json").mkdir()  # without __init__.py: the standard package wins
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("wave", "json", "colorsys"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert shadowed(("json", "colorsys", "sys")) is None
    assert shadowed(("json", "wave")) == str(tmp_path / "wave.py")
    own = ModuleType("colorsys")
    own.__spec__ = PathFinder.find_spec("wave", [str(tmp_path)])
    monkeypatch.setitem(sys.modules, "colorsys", own)
    assert shadowed(("colorsys",)) == str(tmp_path / "wave.py")
