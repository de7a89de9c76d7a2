"""The command line's own words: results, findings, and what it says to wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyvorin.cli import check, explain, main
from pyvorin.cli.problem import Problem

from .conftest import Interpreter


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    output = capsys.readouterr().out
    assert all(name in output for name in ("run", "check", "report", "explain", "cache", "doctor"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nothing.py"], "nothing.py: no such file or directory"),
        (["check", "binary.py"], "binary.py: cannot be decoded: "),
        (["check", "broken.py"], "broken.py:1: not valid for this Python: "),
        (["explain", "total"], "'total' names no function"),
        (["explain", "nothing:total"], "no source file of a module 'nothing'"),
        (["explain", "fine.py:nothing"], "fine.py has no function 'nothing'"),
        (["report", "nothing.json"], "nothing.json cannot be read: No such file or directory"),
        (["report", "fine.py"], "fine.py is not JSON: "),
        (["report", "list.json"], "list.json is not a report of Pyvorin"),
        (["report", "other.json"], "other.json is not a report of this version: "),
    ],
)
def test_wrong_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    (tmp_path / "fine.py").write_text("def total(x: float) -> float:\n    return x\n")
    (tmp_path / "binary.py").write_bytes(b"x = '\xff\xfe'\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "other.json").write_text('{"functions": [1], "rejected": [], "problems": []}')
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("pyvorin: ")
    assert words in captured.err


def test_check_of_a_directory_skips_what_is_not_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fine.py").write_text("def total(x: float) -> float:\n    return x\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--json", "."]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["files"] == 1
    assert [text.partition(": ")[0].rpartition("/")[2] for text in found["skipped"]] == ["broken.py:1"]
    assert "skipped" in captured.err


UNSUPPORTED = "async def fetch(rows):\n    return 1\n"
SUPPORTED = "def total(x: float) -> float:\n    return x * 2.0\n"


def test_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fine.py").write_text(SUPPORTED)
    (tmp_path / "refused.py").write_text(UNSUPPORTED)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "fine.py"]) == 0
    assert capsys.readouterr() == ("", "1 file checked, 0 findings\n")
    assert main(["check", "--concise", "."]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("./refused.py:1:1: ")
    assert captured.out.count("\n") == 1
    assert captured.err == "2 files checked, 1 finding\n"
    assert main(["check", "refused.py"]) == 1
    full = capsys.readouterr().out
    assert "  = hint: " in full
    assert " | async def fetch" in full
    assert main(["check", "--json", "."]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["files"] == 2
    assert [item["function"] for item in data["diagnostics"]] == ["fetch"]
    assert data["diagnostics"][0]["span"][0] == 1
    assert data["coverage"]["functions"]["total"] == 2
    assert main(["check", "--coverage", "fine.py", "refused.py"]) == 1
    fine, refused = capsys.readouterr().out.split("\n\n")[:2]
    assert fine.startswith("fine.py\nfunctions ")
    assert "rest: ASYNC 1" in refused


def test_which_files_are_checked(tmp_path: Path) -> None:
    for name in ("app.py", "package/part.py", ".hidden/x.py", "env/lib/x.py", "site-packages/x.py", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    found = [Path(path).relative_to(tmp_path).as_posix() for path in check.source_files([str(tmp_path)])]
    assert found == ["app.py", "package/part.py"]


def test_module_names(tmp_path: Path) -> None:
    part = tmp_path / "project" / "package" / "inner" / "part.py"
    part.parent.mkdir(parents=True)
    for directory in (part.parent, part.parent.parent):
        (directory / "__init__.py").write_text("")
    assert check.module_name(str(part)) == "package.inner.part"
    assert check.module_name(str(part.parent / "__init__.py")) == "package.inner"
    assert check.module_name(str(tmp_path / "project" / "app.py")) == "app"


def test_source_by_its_declared_encoding(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes("# coding: latin-1\nname = 'é'\r\n".encode("latin-1"))
    assert check.read(str(path)) == "# coding: latin-1\nname = 'é'\n"
    with pytest.raises(Problem, match="cannot be read: Is a directory"):
        check.read(str(tmp_path))


@pytest.mark.parametrize("stage", explain.STAGES)
def test_explain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stage: str
) -> None:
    (tmp_path / "fine.py").write_text(SUPPORTED)
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "fine.py:total", f"--stage={stage}"]) == 0
    by_path = capsys.readouterr().out
    assert {"hir": "total", "types": "total", "llvm": "fmul", "asm": ".text"}[stage] in by_path
    assert main(["explain", "fine:total", f"--stage={stage}"]) == 0
    assert capsys.readouterr().out == by_path


def test_explain_with_given_types_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "open.py").write_text("def twice(x):\n    return x + x\n" + UNSUPPORTED)
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "open.py:twice", "--signature", "float", "--signature", "int"]) == 0
    output = capsys.readouterr().out
    assert "float" in output
    assert "int" in output
    assert main(["explain", "open.py:twice"]) == 2
    assert "hint: write it as --signature" in capsys.readouterr().err
    assert main(["explain", "open.py:fetch"]) == 1
    assert capsys.readouterr().out.startswith("open.py:3:1: ")


def test_explain_from_inside_a_program(python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text(SUPPORTED)
    code = (
        "import sys, fine, pyvorin\nprint(pyvorin.explain(fine.total, 'types'))\nprint('llvmlite' in sys.modules)\n"
        "try:\n    pyvorin.explain(fine.total, 'nothing')\nexcept ValueError as error:\n    print(error)\n"
    )
    run = python.run("-c", code, cwd=tmp_path)
    assert run.stderr == b""
    *text, loaded, error = run.stdout.decode().splitlines()
    assert any("total" in line for line in text)
    assert loaded == "False"
    assert error == "no such stage: 'nothing'; there are types, hir, llvm, asm"


def test_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "name": "orders.total",
        "file": "orders.py",
        "line": 3,
        "status": "native",
        "native_calls": 12,
        "within": [],
        "fallbacks": [{"code": "INTEGER_OVERFLOW", "line": 7, "count": 2}],
    }
    (tmp_path / "r.json").write_text(json.dumps({"functions": [row], "rejected": [], "problems": []}))
    assert main(["report", str(tmp_path / "r.json")]) == 0
    output = capsys.readouterr().out
    assert "orders.total" in output
    assert "12 native calls" in output
    assert "INTEGER_OVERFLOW" in output


def test_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PYVORIN_CACHE_DIR", str(tmp_path / "cache"))
    assert main(["cache", "list"]) == 0
    assert capsys.readouterr().out == "0 files, 0 bytes\n"
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == "0 files removed\n"


def test_doctor(python: Interpreter, tmp_path: Path) -> None:
    run = python.run("-m", "pyvorin", "doctor", cwd=tmp_path, active=True, PYVORIN_WAIT="1", PYVORIN_WIAT="1")
    output = run.stdout.decode()
    assert run.status == 0, run
    assert output.endswith("Pyvorin works here.\n")
    for words in (
        "pyvorin.pth; at each start",
        "yes: PYVORIN=1",
        "wait = True",
        "unknown setting PYVORIN_WIAT",
        "llvmlite 0.",
    ):
        assert words in output


def test_output_that_nobody_reads_to_the_end(python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("".join(f"async def f{n}():\n    pass\n" for n in range(3000)))
    pipeline = f"{python.executable} -m pyvorin check app.py 2>errors | head -1"
    import subprocess

    done = subprocess.run(["bash", "-c", pipeline], cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in (tmp_path / "errors").read_bytes()
