"""The wheel and the editable install: the start-up file comes with both, and goes with both."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from pyvorin import startup_file
from pyvorin.core.version import VERSION

from .conftest import ROOT

SOURCES = ("pyvorin", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PIP = ("--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check", "--quiet")
SHOW = "import sys; print('pyvorin.host.activation' in sys.modules)"

pytestmark = pytest.mark.slow


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project, as building writes into its directory."""
    ignored = shutil.ignore_patterns("__pycache__")
    copy = tmp_path / "tree"
    copy.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


class Environment:
    """A virtual environment with pip that also sees the packages of this interpreter (setuptools among them)."""

    def __init__(self, directory: Path) -> None:
        venv.create(directory, with_pip=True, symlinks=True)
        self.python = str(directory / "bin" / "python")
        (self.site_packages,) = directory.glob("lib/python*/site-packages")
        packages = [path for path in sys.path if path.endswith("site-packages")]
        (self.site_packages / "zz_packages.pth").write_text("\n".join(packages) + "\n")

    def pip(self, *arguments: str) -> None:
        subprocess.run([self.python, "-m", "pip", *arguments], cwd=self.site_packages, check=True, timeout=300)

    def output(self, code: str, **variables: str) -> str:
        command = [self.python, "-c", code]
        # Not here: -c puts the current directory on the path, and it may hold the project itself.
        done = subprocess.run(command, cwd="/", env=variables, capture_output=True, timeout=60, check=True)
        assert done.stderr == b""
        return done.stdout.decode().strip()


def build(tree: Path, directory: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", *PIP, "--wheel-dir", str(directory), str(tree)]
    subprocess.run(command, check=True, timeout=300)
    (wheel,) = directory.glob("*.whl")
    return wheel


def test_the_wheel_is_complete_and_reproducible(tree: Path, tmp_path: Path) -> None:
    first = build(tree, tmp_path / "first")
    (tree / "pyvorin" / "api.py").touch()
    second = build(tree, tmp_path / "second")
    assert first.name == f"pyvorin-{VERSION}-py3-none-any.whl"
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as wheel:
        names = wheel.namelist()
        assert wheel.read(startup_file.NAME).decode() == startup_file.TEXT
        record = wheel.read(f"pyvorin-{VERSION}.dist-info/RECORD").decode()
    assert sorted(line.split(",")[0] for line in record.splitlines()) == sorted(names)
    sources = {path.relative_to(tree).as_posix() for path in (tree / "pyvorin").rglob("*.py")}
    assert sources | {"pyvorin/py.typed"} == {name for name in names if name.startswith("pyvorin/")}
    metadata = next(name for name in names if name.endswith("/METADATA"))
    with zipfile.ZipFile(first) as wheel:
        required = [line for line in wheel.read(metadata).decode().splitlines() if line.startswith("Requires-Dist")]
    assert sorted(line.split()[1].partition("<")[0].partition(">")[0] for line in required if "extra" not in line) == [
        "cffi",
        "llvmlite",
        "platformdirs",
    ]


def test_a_module_that_is_gone_is_not_in_the_next_wheel(tree: Path, tmp_path: Path) -> None:
    (tree / "pyvorin" / "gone.py").write_text("")
    with zipfile.ZipFile(build(tree, tmp_path / "first")) as wheel:
        assert "pyvorin/gone.py" in wheel.namelist()
    (tree / "pyvorin" / "gone.py").unlink()
    with zipfile.ZipFile(build(tree, tmp_path / "second")) as wheel:
        assert "pyvorin/gone.py" not in wheel.namelist()


@pytest.mark.parametrize("editable", [False, True])
def test_install_and_uninstall(tree: Path, tmp_path: Path, editable: bool) -> None:
    environment = Environment(tmp_path / "venv")
    before = set(environment.site_packages.iterdir())
    environment.pip("install", *PIP, *(["--editable"] if editable else []), str(tree))
    assert (environment.site_packages / startup_file.NAME).read_text() == startup_file.TEXT
    assert environment.output(SHOW) == "False"
    assert environment.output(SHOW, PYVORIN="1") == "True"
    place = environment.output("import pyvorin; print(pyvorin.__file__)")
    assert Path(place).is_relative_to(tree if editable else environment.site_packages)
    # An import hook, as setuptools makes for some layouts, would cost every start several milliseconds.
    loaded = environment.output("import sys; print([name for name in sys.modules if 'editable' in name])")
    assert loaded == "[]"
    assert environment.output("import pyvorin.cli.run as run; print(run.installed_startup_file())") == str(
        environment.site_packages / startup_file.NAME
    )
    environment.pip("uninstall", "--yes", "--quiet", "pyvorin")
    assert set(environment.site_packages.iterdir()) == before
    assert environment.output(SHOW, PYVORIN="1") == "False"
