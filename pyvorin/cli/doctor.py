"""`doctor`: whether Pyvorin works here, and if not, why."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import metadata

from pyvorin import autostart, startup_file
from pyvorin.cache import upkeep
from pyvorin.cli import cache
from pyvorin.cli.run import installed_startup_file
from pyvorin.core import config, cpu
from pyvorin.core.version import VERSION

DEPENDENCIES = ("llvmlite", "cffi", "platformdirs")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "doctor",
        help="say whether Pyvorin works here, and why not",
        description="Shows the interpreter, the start-up file, the settings, the compiler and the cache. "
        "Exit status 1 if Pyvorin cannot work on this interpreter.",
    )
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Print the findings; 1 if something makes Pyvorin impossible here."""
    settings = config.load(project_dir=os.getcwd())
    obstacles = [text for text in (autostart.unsupported(), _missing(), _processor(settings.cpu)) if text]
    version = ".".join(map(str, sys.version_info[:3]))
    _print("pyvorin", f"{VERSION}, in {os.path.dirname(os.path.abspath(startup_file.__file__))}")
    _print("interpreter", f"{sys.implementation.name} {version}, {sys.executable}")
    _print("compiler", ", ".join(f"{name} {_version(name)}" for name in DEPENDENCIES))
    _print("processor", f"native code for {cpu.level(settings.cpu) or 'no level that Pyvorin knows'}")
    _print("start-up file", _startup())
    _print("switched on", _switch(settings))
    for row in config.TABLE:
        value = getattr(settings, row.name)
        if value != row.default and row.name != "mode":
            _print("setting", f"{row.name} = {value}")
    for problem in settings.problems:
        _print("problem", problem)
    for line in _cache():
        _print("cache", line)
    for obstacle in obstacles:
        _print("obstacle", obstacle)
    print("Pyvorin cannot work here." if obstacles else "Pyvorin works here.")
    return 1 if obstacles else 0


def _print(subject: str, text: str) -> None:
    print(f"{subject + ':':15}{text}")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _missing() -> str:
    missing = [name for name in DEPENDENCIES if _version(name) == "(not installed)"]
    return f"not installed: {', '.join(missing)}" if missing else ""


def _processor(wanted: str) -> str:
    return "" if cpu.level(wanted) else "the processor lacks the instructions of x86-64-v2"


def _startup() -> str:
    path = installed_startup_file()
    if path is None:
        return "none: PYVORIN=1 has no effect; `python -m pyvorin run` works, and so does `pip install`ing Pyvorin"
    try:
        with open(path, encoding="utf-8") as file:
            content = file.read()
    except (OSError, ValueError) as error:
        return f"{path} cannot be read: {error}"
    if content != startup_file.TEXT:
        return f"{path} is not the one of this version; install Pyvorin again"
    return f"{path}; at each start it looks for PYVORIN in the environment and does nothing without it"


def _switch(settings: config.Settings) -> str:
    if not settings.trusted:
        return "no: the process has raised privileges"
    if sys.flags.ignore_environment:
        return "no: -E and -I ignore the environment"
    if settings.mode == "off":
        return "no: PYVORIN is not set" if "PYVORIN" not in os.environ else f"no: PYVORIN={os.environ['PYVORIN']}"
    return f"yes: PYVORIN={os.environ['PYVORIN']}"


def _cache() -> list[str]:
    location = cache.location()
    directory = location.writable("")
    lines = [f"{code}: {detail}" for code, detail in location.problems]
    if directory is None:
        return [*lines, "none: compiled code is kept in memory only, and compiled again by each process"]
    found = upkeep.entries(location)
    return [*lines, f"{directory}: {len(found)} files, {sum(file.size for file in found) / 1e6:.1f} MB"]
