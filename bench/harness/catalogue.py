"""The programs that are measured, in suites: our own, and those of pyperformance, unmodified."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
PROGRAMS = BENCH / "programs"


class SuiteError(Exception):
    """A suite is not there; the text says how to get it."""


class Program:
    """One program: the script that a measured process runs, with its arguments and environment.

    `sources` are the files whose functions the report is about, `judges` the modules that measure and so stay in CPython,
    `includes` those that Pyvorin would pass over for where they lie, `writes` the arguments with which the program also
    writes what it computed to the file that is put for `{}`.
    """

    __slots__ = ("arguments", "includes", "judges", "name", "script", "sources", "title", "variables", "writes")

    def __init__(
        self, name: str, title: str, script: Path, arguments: tuple[str, ...], sources: list[Path], judges: str,
        variables: dict[str, str] | None = None, writes: tuple[str, ...] = (), includes: str = "",
    ) -> None:  # fmt: skip
        self.name = name
        self.title = title
        self.script = script
        self.arguments = arguments
        self.sources = sources
        self.judges = judges
        self.variables = variables or {}
        self.writes = writes
        self.includes = includes


def own() -> list[Program]:
    """The programs of `bench/programs`."""
    return [program(path.stem) for path in sorted(PROGRAMS.glob("*.py")) if not path.stem.startswith("_")]


def program(name: str) -> Program:
    path = PROGRAMS / f"{name}.py"
    # The first line of the docstring, read without running it.
    title = path.read_text(encoding="utf-8").partition("\n")[0].strip('"').rstrip(".")
    return Program(name, title, BENCH / "child.py", (name,), [path], "__main__,harness")


_PYPERFORMANCE = {
    "chaos": ["chaos"],
    "comprehensions": ["comprehensions"],
    "crypto_pyaes": ["crypto_pyaes"],
    "deltablue": ["deltablue"],
    "fannkuch": ["fannkuch"],
    "float": ["float"],
    "generators": ["generators"],
    "go": ["go"],
    "hexiom": ["hexiom"],
    "json_dumps": ["json_dumps"],
    "logging": ["logging_format", "logging_silent", "logging_simple"],
    "mdp": ["mdp"],
    "meteor_contest": ["meteor_contest"],
    "nbody": ["nbody"],
    "nqueens": ["nqueens"],
    "pidigits": ["pidigits"],
    "pyflate": ["pyflate"],
    "raytrace": ["raytrace"],
    "richards": ["richards"],
    "scimark": ["scimark_fft", "scimark_lu", "scimark_monte_carlo", "scimark_sor", "scimark_sparse_mat_mult"],
    "spectral_norm": ["spectral_norm"],
    "telco": ["telco"],
    "unpack_sequence": ["unpack_sequence"],
}
"""The programs of pyperformance, by directory, and the benchmarks in each."""
_WRITES = {"chaos": ("--filename", "{}"), "raytrace": ("--filename", "{}")}
_PACKAGES = {"crypto_pyaes": ["pyaes"]}
"""What a program imports beside the standard library."""


def pyperformance() -> list[Program]:
    """The programs of the installed package pyperformance.

    Raises:
        SuiteError: it is not installed, or it has not all of them.
    """
    spec = importlib.util.find_spec("pyperformance")
    if spec is None or not spec.submodule_search_locations:
        raise SuiteError("pyperformance is not installed: python -m pip install -e '.[bench]'")
    root = Path(next(iter(spec.submodule_search_locations))) / "data-files" / "benchmarks"
    programs = []
    for directory, names in _PYPERFORMANCE.items():
        script = root / f"bm_{directory}" / "run_benchmark.py"
        if not script.is_file():
            raise SuiteError(
                f"this pyperformance has no {script.name} of {directory}: install pyperformance 1.14 or newer"
            )
        sources = [script, *_package_files(_PACKAGES.get(directory, []))]
        path = [str(BENCH / "stand_in"), str(BENCH), *{str(source.parent.parent) for source in sources[1:]}]
        for name in names:
            variables = {"BENCH_NAME": name, "PYTHONPATH": os.pathsep.join(path)}
            title = f"{script.parent.name} of pyperformance"
            writes = _WRITES.get(directory, ())
            includes = ",".join(["__main__", *_PACKAGES.get(directory, [])])
            programs.append(Program(name, title, script, (), sources, "pyperf,harness", variables, writes, includes))
    return programs


def _package_files(names: list[str]) -> list[Path]:
    files: list[Path] = []
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise SuiteError(f"{name} is not installed: python -m pip install -e '.[bench]'")
        files += sorted(Path(next(iter(spec.submodule_search_locations))).glob("*.py"))
    return files


SUITES = {"programs": own, "pyperformance": pyperformance}
