"""Runs programs under the real host with the toy compiler, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PREAMBLE = """
import sys
sys.path[:0] = [{package!r}, {directory!r}]
from pyvorin.core import config
from pyvorin.host.session import Session
settings = config.Settings({settings!r})
settings.debug = True
session = Session.start(settings)

def load(name, text, namespace=None):
    "Execute a module of this name and text under the session, as the loader does; returns its namespace."
    import types
    path = f"{directory}/{{name}}.py"
    if namespace is None:
        module = types.ModuleType(name)
        sys.modules[name] = module
        namespace = vars(module)
    code = compile(text, path, "exec", dont_inherit=True)
    exec(code, namespace)
    session.module_executed(name, namespace, text.encode(), path, code)
    return namespace

def status(name, qualname):
    "(status, native calls) of a function by the report."
    for row in session.report()["functions"]:
        if row["name"] == f"{{name}}.{{qualname}}":
            return row["status"], row["native_calls"]
"""


class Host:
    """A copy of the package, made of links, whose compiler is the toy; a cache; runs of programs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cache = directory / "cache"
        self.package = directory / "package"
        source = ROOT / "pyvorin"
        compiler = self.package / "pyvorin" / "compiler"
        compiler.mkdir(parents=True)
        for path in source.iterdir():
            if path.name not in ("compiler", "__pycache__"):
                (self.package / "pyvorin" / path.name).symlink_to(path)
        for name in ("__init__.py", "worker.py", "codegen"):
            (compiler / name).symlink_to(source / "compiler" / name)
        (compiler / "pipeline.py").symlink_to(Path(__file__).with_name("toy_pipeline.py"))

    def run(
        self,
        program: str,
        *,
        wait: bool = True,
        timeout: float = 60,
        environment: dict[str, str] | None = None,
        **settings: object,
    ) -> str:
        """What the program prints.  `load` and `status` are described in PREAMBLE; settings are those of the session."""
        values = {"mode": "on", "wait": wait, "cache_dir": str(self.cache), **settings}
        preamble = PREAMBLE.format(package=str(self.package), directory=str(self.directory), settings=values)
        process = subprocess.run(
            [sys.executable, "-c", preamble + textwrap.dedent(program)],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.directory,
            env={**os.environ, **(environment or {})},
        )
        assert process.returncode == 0, process.stderr
        self.stderr = process.stderr
        return process.stdout


@pytest.fixture
def host(tmp_path: Path) -> Host:
    os.chmod(tmp_path, 0o700)
    return Host(tmp_path)
