"""The hand-written readers of the project's table agree with the standard ones wherever they answer at all."""

from __future__ import annotations

import configparser
import os
import random
import sys
from pathlib import Path

import pytest

from pyvorin.core import project_file, project_table

tomllib = pytest.importorskip("tomllib") if sys.version_info >= (3, 11) else None


def read(reader: object, text: str) -> tuple[dict[str, str] | None, list[str]]:
    problems: list[str] = []
    return reader(text.encode(), "file", problems), problems  # type: ignore[operator]


CFG = [
    "",
    "[tool:pyvorin]\n",
    "[tool:pyvorin]\nwait = 1\n",
    "[tool:pyvorin]\nWait=1\nstrict : a, b\n[other]\nwait = 0\n",
    "[other]\nwait = 0\n[tool:pyvorin]\nwait: 1 # no comment\n",
    "[tool:pyvorin]\ninclude =\n    a\n    b\n    # comment\n    c\nwait = 1\n",
    "[tool:pyvorin]\n# comment\n; comment\nreport = a=b:c\n",
    "[other]\ntext =\n    [tool:pyvorin]\n    wait = 1\n",
    "[tool:pyvorin]  \nwait   =   1  \n\n\nlog = 0",
    "[tool:pyvorin]\r\nwait = 1\r\n",
    "[tool:pyvorin-extra]\nwait = 1\n",
]


@pytest.mark.parametrize("text", CFG)
def test_setup_cfg_as_configparser_reads_it(text: str) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    expected = dict(parser["tool:pyvorin"]) if parser.has_section("tool:pyvorin") else None
    found, problems = read(project_table.read_cfg, text)
    assert problems == []
    assert found == (None if expected is None else {name: value.strip() for name, value in expected.items()})


def test_a_line_that_is_no_option_is_reported() -> None:
    found, problems = read(project_table.read_cfg, "[tool:pyvorin]\nnonsense\nwait = 1\n")
    assert found == {"wait": "1"}
    assert len(problems) == 1


TOML = [
    "",
    "[tool.pyvorin]\n",
    "[tool.other]\nwait = true\n",
    "[tool.pyvorin] # ours\nwait = true # yes\ncpu = 'v2'\n",
    '[tool.pyvorin]\nreport = "a#b.json" # comment\nlog = false\n[tool.other]\nlog = true\n',
    '[ tool . "pyvorin" ]\ninclude = ["a", \'b.c\', ]\n',
    "[tool.pyvorin]\ninclude = [\n  'a', # first\n  'b',\n]\nwait = true\n",
    "[tool.pyvorin]\ncompile_timeout = 2.5\ncompile-memory-mb = 1_024\n",
    'x = """\n[tool.pyvorin]\nwait = true\n"""\n',
    "x = '''\n[tool.pyvorin]\nwait = true\n'''\n[tool.pyvorin]\nwait = false\n",
    'x = """ one line """\n[tool.pyvorin]\nwait = true\n',
    "x = [\n  [1],\n  [2]]\n[tool.pyvorin]\nwait = true\n",
    "x = [\n  [1]\n  , [2]\n  ,\n  ['a[']\n]\n[tool.pyvorin]\nwait = true\n",
    "x = [\n  'a]',\n  'b',\n]\n[tool.pyvorin]\nwait = true\n",
    "[tool.pyvorin]\r\nwait = true\r\n",
    "[[tool.pyvorins]]\nwait = true\n",
    "[tool.pyvorin.inner]\nwait = true\n",
    "[project]\nname = 'pyvorin'\n",
    "[tool.pyvorin]\ncompile_timeout = +3\n",
]


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return str(value)


@pytest.mark.skipif(tomllib is None, reason="tomllib exists from 3.11 on")
@pytest.mark.parametrize("text", TOML)
def test_pyproject_toml_as_tomllib_reads_it(text: str) -> None:
    table = tomllib.loads(text).get("tool", {}).get("pyvorin")
    if table is not None and not table:
        table = {}
    found, problems = read(project_table.read_toml, text)
    expected = None
    if table is not None and "inner" not in table:
        expected = {name.replace("-", "_"): as_text(value) for name, value in table.items()}
    assert problems == []
    assert found is not None or not expected
    assert {name: value.lstrip("+") for name, value in (found or {}).items()} == (expected or {})


@pytest.mark.skipif(tomllib is None, reason="tomllib exists from 3.11 on")
def test_random_tables_as_tomllib_reads_them() -> None:
    rng = random.Random(5)
    pieces = ["a", "b.c", "#", "=", "[", "]", "'", " ", "é", "*"]
    for _ in range(2000):

        def string() -> str:
            text = "".join(rng.choices(pieces, k=rng.randrange(5)))
            return f'"{text}"' if rng.random() < 0.5 or "'" in text else f"'{text}'"

        def value() -> str:
            if rng.random() < 0.3:
                separator = rng.choice([", ", ",", ",\n  ", ", # note ' [\n"])
                return (
                    "[" + separator.join(string() for _ in range(rng.randrange(4))) + rng.choice(["", ",", "\n"]) + "]"
                )
            return rng.choice(["true", "false", "12", "1.5", string()])

        lines = [f"k{n} = {value()}{rng.choice(['', ' # note', ''])}" for n in range(rng.randrange(5))]
        text = "\n".join([f"before = {value()}", "[tool.pyvorin]", *lines, "[after]", f"k0 = {value()}", ""])
        try:
            table = tomllib.loads(text)["tool"]["pyvorin"]
        except tomllib.TOMLDecodeError:
            continue
        found, problems = read(project_table.read_toml, text)
        assert found is not None, text
        expected = {name: as_text(item) for name, item in table.items()}
        assert found == {name: expected[name] for name in found}, text
        assert len(problems) >= len(expected) - len(found), text


@pytest.mark.parametrize(
    "line",
    [
        'report = "a\\tb"',
        "x = {a = 1}",
        "x = 1979-05-27",
        'x = """text"""',
        "x = [1, [2]]",
        "x = [",
        "just words",
        "x =",
    ],
)
def test_what_is_not_understood_is_reported_not_guessed(line: str) -> None:
    found, problems = read(project_table.read_toml, f"[tool.pyvorin]\nwait = true\n{line}\n")
    assert found is not None
    assert found.get("wait") == "true"
    assert "x" not in found
    assert "report" not in found
    assert problems


# Finding the file.


def test_the_nearest_file_with_a_table_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "setup.cfg").write_text("[tool:pyvorin]\nwait = 1\n")
    (tmp_path / "a" / "setup.cfg").write_text("[metadata]\nname = x\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'pyvorin'\n")
    problems: list[str] = []
    assert project_file.find(str(inner), problems) == (str(tmp_path / "setup.cfg"), {"wait": "1"})
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.pyvorin]\nwait = false\n")
    assert project_file.find(str(inner), problems) == (str(tmp_path / "a" / "pyproject.toml"), {"wait": "false"})
    assert problems == []


@pytest.mark.parametrize("kind", ["directory", "pipe", "dangling", "huge", "binary"])
def test_a_file_that_cannot_be_read_is_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "setup.cfg"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif kind == "huge":
        with path.open("wb") as file:
            file.write(b"[tool:pyvorin]\nwait = 1\n")
            file.truncate(1 << 30)
    else:
        path.write_bytes(b"\xff\xfe[tool:pyvorin]\0\n")
    assert project_file.find(str(tmp_path), [])[0] != str(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
def test_another_users_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "setup.cfg"
    path.write_text("[tool:pyvorin]\nreport = /home/victim/.profile\n")
    os.chown(path, 12345, 12345)
    problems: list[str] = []
    assert project_file.find(str(tmp_path), problems)[0] != str(path)
    assert len(problems) == 1
