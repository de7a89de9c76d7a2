"""Settings: the table, the environment, the project's file, and everything that may be wrong with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyvorin.core import config
from pyvorin.core.config import Settings, load
from tests.project.source_tree import ROOT


def test_the_attributes_are_the_rows() -> None:
    assert set(Settings.__annotations__) == {row.name for row in config.TABLE} | {"problems", "trusted"}
    assert len(config.BY_NAME) == len(config.TABLE)
    for row in config.TABLE:
        assert getattr(Settings(), row.name) == row.default
        assert row.doc.endswith(".")


def test_only_what_native_code_depends_on_enters_the_key() -> None:
    assert Settings().key_data() == {"cpu": "v3", "trips": "off"}


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("PYVORIN", "1", "mode", "on"),
        ("PYVORIN", "on", "mode", "on"),
        ("PYVORIN", "0", "mode", "off"),
        ("PYVORIN", "", "mode", "off"),
        ("PYVORIN", " Strict ", "mode", "strict"),
        ("PYVORIN", "strict", "strict", ("*",)),
        ("PYVORIN_STRICT", "1", "strict", ("*",)),
        ("PYVORIN_STRICT", "0", "strict", ()),
        ("PYVORIN_STRICT", "a.b, c", "strict", ("a.b", "c")),
        ("PYVORIN_WAIT", "1", "wait", True),
        ("PYVORIN_WAIT", "no", "wait", False),
        ("PYVORIN_INCLUDE", "a,,b.*,", "include", ("a", "b.*")),
        ("PYVORIN_EXCLUDE", "*", "exclude", ("*",)),
        ("PYVORIN_REPORT", "1", "report", "text"),
        ("PYVORIN_REPORT", "0", "report", ""),
        ("PYVORIN_REPORT", "out/1.json", "report", "out/1.json"),
        ("PYVORIN_CACHE_DIR", "/x", "cache_dir", "/x"),
        ("PYVORIN_CPU", "x86-64-v2", "cpu", "v2"),
        ("PYVORIN_CPU", "native", "cpu", "native"),
        ("PYVORIN_COMPILE_TIMEOUT", "2.5", "compile_timeout", 2.5),
        ("PYVORIN_COMPILE_MEMORY_MB", "512", "compile_memory_mb", 512),
        ("PYVORIN_DEBUG", "1", "debug", True),
        ("PYVORIN_LOG", "true", "log", True),
    ],
)
def test_a_variable_is_understood(variable: str, text: str, name: str, value: object) -> None:
    settings = load({variable: text})
    assert getattr(settings, name) == value
    assert settings.problems == []


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PYVORIN", "yes please"),
        ("PYVORIN_WAIT", "2"),
        ("PYVORIN_STRICT", "a b"),
        ("PYVORIN_INCLUDE", "a;b"),
        ("PYVORIN_CPU", "v4"),
        ("PYVORIN_COMPILE_TIMEOUT", "soon"),
        ("PYVORIN_COMPILE_TIMEOUT", "nan"),
        ("PYVORIN_COMPILE_TIMEOUT", "-1"),
        ("PYVORIN_COMPILE_TIMEOUT", "1e9"),
        ("PYVORIN_COMPILE_MEMORY_MB", "٥١٢"),
        ("PYVORIN_COMPILE_MEMORY_MB", "9" * 5000),
        ("PYVORIN_COMPILE_MEMORY_MB", "1"),
        ("PYVORIN_LOG", "\udc80"),
    ],
)
def test_a_value_that_is_not_understood_is_ignored_and_reported(variable: str, text: str) -> None:
    settings = load({variable: text})
    assert settings.to_data() == Settings().to_data()
    (problem,) = settings.problems
    assert problem.startswith(f"{variable}=")


def test_unknown_variables_are_reported_and_others_are_not() -> None:
    settings = load({"PYVORIN_FOO": "1", "PYVORINX": "1", "PATH": "x"})
    assert settings.problems == ["unknown setting PYVORIN_FOO"]


def test_a_strict_list_is_not_widened_by_strict_mode() -> None:
    assert load({"PYVORIN": "strict", "PYVORIN_STRICT": "a"}).strict == ("a",)
    assert Settings({"mode": "strict"}).strict == ("*",)


def test_all_values_survive_the_way_to_another_process() -> None:
    settings = load({"PYVORIN": "1", "PYVORIN_STRICT": "a,b", "PYVORIN_CPU": "v2", "PYVORIN_COMPILE_TIMEOUT": "1.5"})
    again = Settings(json.loads(json.dumps(settings.to_data())))
    assert again.to_data() == settings.to_data()
    assert again.strict == ("a", "b")
    with pytest.raises(KeyError):
        Settings({"unheard": 1})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("wait", True, True),
        ("wait", "0", False),
        ("strict", True, ("*",)),
        ("strict", False, ()),
        ("strict", ["a", "b"], ("a", "b")),
        ("include", ("rows",), ("rows",)),
        ("include", "rows,cols", ("rows", "cols")),
        ("report", True, "text"),
        ("report", Path("x.json"), "x.json"),
        ("report", None, ""),
        ("cache_dir", Path("/x/../y"), "/y"),
        ("compile_timeout", 2, 2.0),
        ("compile_memory_mb", 100, 100),
        ("cpu", "native", "native"),
        ("mode", "strict", "strict"),
    ],
)
def test_a_program_may_give_values_of_its_own_types(name: str, value: object, expected: object) -> None:
    settings = Settings()
    settings.override(name, value)
    assert getattr(settings, name) == expected


def test_a_program_is_told_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="cpu='v9': expected one of v2, v3, native"):
        Settings().override("cpu", "v9")
    with pytest.raises(KeyError):
        Settings().override("unheard", 1)
    settings = Settings()
    settings.override("mode", "strict")
    assert settings.strict == ("*",)


def test_a_relative_cache_directory_is_that_of_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({"PYVORIN_CACHE_DIR": "cache"}).cache_dir == str(tmp_path / "cache")
    assert load({"PYVORIN_CACHE_DIR": "~/c"}).cache_dir == os.path.expanduser("~/c")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    settings = load({"PYVORIN_CACHE_DIR": "cache"}, ".")
    assert settings.cache_dir == ""
    assert len(settings.problems) == 1


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.pyvorin]\ncpu = "v2"\nwait = true\ninclude = ["a", "b"]\n')
    settings = load({"PYVORIN_CPU": "native"}, str(tmp_path))
    assert (settings.cpu, settings.wait, settings.include) == ("native", True, ("a", "b"))


def test_a_file_may_not_decide_what_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[tool:pyvorin]\ncache_dir = /planted\nmode = 1\nunheard = 1\nwait = maybe\n")
    settings = load({}, str(tmp_path))
    assert settings.to_data() == Settings().to_data()
    assert len(settings.problems) == 4
    assert all(str(tmp_path / "setup.cfg") in problem for problem in settings.problems)


PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from pyvorin.core.config import load
settings = load(None, sys.argv[2])
print(settings.mode, settings.cpu, settings.wait, settings.trusted)
"""


def outcome(tmp_path: Path, *flags: str, before: str = "") -> str:
    (tmp_path / "setup.cfg").write_text("[tool:pyvorin]\nwait = 1\n")
    process = subprocess.run(
        [sys.executable, *flags, "-c", before + PROGRAM, str(ROOT), str(tmp_path)],
        env={"PYVORIN": "1", "PYVORIN_CPU": "v2"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return process.stdout.strip()


def test_the_flags_that_ignore_the_environment_are_obeyed(tmp_path: Path) -> None:
    assert outcome(tmp_path) == "on v2 True True"
    assert outcome(tmp_path, "-E") == "off v3 True True"
    assert outcome(tmp_path, "-I") == "off v3 False True"


def test_raised_privileges_ignore_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "setup.cfg").write_text("[tool:pyvorin]\nwait = 1\n")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    settings = load({"PYVORIN": "1", "PYVORIN_FOO": "1"}, str(tmp_path))
    assert settings.to_data() == Settings().to_data()
    assert not settings.trusted


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can raise privileges")
def test_a_set_user_id_process_ignores_everything(tmp_path: Path) -> None:
    assert outcome(tmp_path, before="import os; os.setresuid(12345, 0, 0)\n") == "off v3 False False"


def test_an_audit_hook_of_the_program_that_refuses_costs_the_file_only(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[tool:pyvorin]\nwait = 1\n")
    program = """
import sys
sys.path.insert(0, sys.argv[1])
from pyvorin.core import config, project_file
from pyvorin.cache import key
import _blake2
def hook(event, arguments):
    if event in ("open", "os.scandir", "os.listdir"):
        raise RuntimeError("not allowed here")
sys.addaudithook(hook)
settings = config.load({"PYVORIN": "1"}, sys.argv[2])
print(settings.mode, settings.wait, key.Environment.of_this_process(settings.key_data()))
"""
    process = subprocess.run(
        [sys.executable, "-c", program, str(ROOT), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (process.returncode, process.stdout) == (0, "on False None\n"), process.stderr
