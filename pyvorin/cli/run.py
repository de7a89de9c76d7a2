"""`run`: start a program under Pyvorin, whether or not the start-up file is installed.

The interpreter is replaced by a new one (`execve`) that runs the program as plain Python would, with PYVORIN=1 in its
environment.  So `sys.argv`, `sys.path`, `__main__`, exit status, signals and tracebacks are plain Python's by construction;
running the program from here instead would leave frames of runpy and of ours under all of its own.

Without the start-up file the new interpreter is reached through the one module that `site` imports by name from the path,
`sitecustomize`: `pyvorin/startup/sitecustomize.py`, which removes its traces and lets the user's own take its place.
"""

from __future__ import annotations

import argparse
import os
import site
import sys

from pyvorin import startup_file
from pyvorin.cli.problem import Problem

STAND_IN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "startup")

USAGE = "python -m pyvorin run [python options] SCRIPT | -m MODULE | -c CODE [arguments]"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command; `main` calls `start` without parsing, since all arguments are the program's."""
    commands.add_parser(
        "run",
        help="run a program under Pyvorin",
        usage=USAGE,
        description="Runs what `python SCRIPT…` would run, with PYVORIN=1, also where the start-up file is not installed.",
    )


def start(arguments: list[str]) -> int:
    """Replace this process by `python *arguments` under Pyvorin.  Raises Problem if that cannot work."""
    if not arguments:
        raise Problem(f"run: no program given\n  usage: {USAGE}")
    options = _own_options(sys.orig_argv, len(sys.argv) - 1)
    for letter, effect in (("I", "ignores the environment"), ("E", "ignores the environment"), ("S", "skips site")):
        if any(letter in _letters(option) for option in (*options, *_leading_options(arguments))):
            raise Problem(
                f"run: under -{letter} the interpreter {effect}, by which Pyvorin would start in it",
                f"leave out -{letter}, or call pyvorin.install() in the program",
            )
    environment = dict(os.environ)
    if environment.get("PYVORIN", "0") in ("", "0"):
        environment["PYVORIN"] = "1"
    if installed_startup_file() is None:
        former = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{STAND_IN}{os.pathsep}{former}" if former else STAND_IN
    sys.stdout.flush()
    try:
        os.execve(sys.executable, [sys.orig_argv[0], *options, *arguments], environment)
    except OSError as error:
        raise Problem(f"run: {sys.executable} cannot be started: {error.strerror}") from None


def installed_startup_file() -> str | None:
    """The path of the start-up file that this interpreter executes at its start; None if there is none."""
    directories = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        directories.append(site.getusersitepackages())
    paths = [os.path.join(directory, startup_file.NAME) for directory in directories]
    return next((path for path in paths if os.path.isfile(path)), None)


def _own_options(command_line: list[str], following: int) -> list[str]:
    """The interpreter's options on the command line of this process: [python, -X, dev, -m, pyvorin, run, …] -> [-X, dev].

    following: how many arguments stand behind `-m pyvorin`.
    """
    options = command_line[1 : len(command_line) - following]
    if not options:
        return []
    last = options.pop()
    if not last.startswith("-"):  # -m pyvorin; otherwise -mpyvorin
        last = options.pop() if options else ""
    flags = last.partition("m")[0]
    return [*options, flags] if len(flags) > 1 else options


def _leading_options(arguments: list[str]) -> list[str]:
    leading = []
    following = iter(arguments)
    for argument in following:
        if not argument.startswith("-") or argument == "-":
            break
        leading.append(argument)
        letters = _letters(argument)
        if letters[-1:] in ("c", "m"):
            break
        if argument in ("-W", "-X", "--check-hash-based-pycs"):
            next(following, None)
    return leading


def _letters(option: str) -> str:
    """The flags in one option: "-Bu" -> "Bu", "-Bcprint()" -> "Bc"; "" for a long option."""
    if option.startswith("--"):
        return ""
    letters = ""
    for letter in option[1:]:
        letters += letter
        if letter in "cmWX":
            break
    return letters
