"""`check`: what is not native in a program, without running any of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from importlib.util import decode_source

from pyvorin.cli.problem import Problem
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.core.source import SourceFile


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "check",
        help="list what is not native, without running anything",
        description="Analyses source files and lists each function that stays in CPython, with the reason and a hint. "
        "Exit status 1 if there is one.",
    )
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a source file, or a directory with all of its source files"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object, with the shares of functions and loops that compile",
    )
    parser.add_argument(
        "--coverage", action="store_true", help="print these shares for each PATH, and why the rest does not compile"
    )
    parser.add_argument("--concise", action="store_true", help="print one line for each finding")
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Check the files and print the findings; 1 if there are any."""
    from pyvorin.compiler import pipeline
    from pyvorin.compiler.coverage import Coverage, total

    files = 0
    coverages = {argument: Coverage() for argument in options.paths}
    counts = options.json or options.coverage
    found: list[tuple[SourceFile, Diagnostic]] = []
    skipped: list[str] = []

    def analyse(source: SourceFile, coverage: Coverage) -> list[Diagnostic]:
        path = source.path
        try:
            return pipeline.check_source(source.text, path, module_name(path), coverage if counts else None)
        except SyntaxError as error:
            raise Problem(f"{path}:{error.lineno}: not valid for this Python: {error.msg}") from None
        except RecursionError:
            raise Problem(f"{path}: something in it is nested too deeply to be analysed") from None

    searched = [(argument, path) for argument in options.paths for path in source_files([argument])]
    for given, path in searched:
        try:
            source = SourceFile(path, read(path))
            diagnostics = analyse(source, coverages[given])
        except Problem as problem:
            if path in options.paths:
                raise
            # One file that was written for another Python says nothing of those beside it.
            skipped.append(str(problem))
            print(f"pyvorin: skipped: {problem}", file=sys.stderr)
            continue
        files += 1
        found += [(source, diagnostic) for diagnostic in diagnostics]
    if options.json:
        json.dump(
            {
                "files": files,
                "skipped": skipped,
                "diagnostics": [diagnostic.to_data() for _, diagnostic in found],
                "coverage": total(coverages.values()).to_data(),
                "paths": {argument: coverage.to_data() for argument, coverage in coverages.items()},
            },
            sys.stdout,
            indent=2,
        )
        print()
    elif options.coverage:
        for argument, coverage in coverages.items():
            print(f"{argument}\n{coverage.table()}\n")
    else:
        for source, diagnostic in found:
            print(diagnostic.concise(source) if options.concise else f"{diagnostic.full(source)}\n")
        print(f"{_counted(files, 'file')} checked, {_counted(len(found), 'finding')}", file=sys.stderr)
    return 1 if found else 0


def source_files(paths: list[str]) -> Iterator[str]:
    """The files named by `paths`, directories searched; without hidden directories, virtual environments and installed packages.

    Raises Problem for a path that does not exist.
    """
    for path in paths:
        if os.path.isdir(path):
            for directory, subdirectories, names in os.walk(path):
                subdirectories[:] = sorted(
                    name for name in subdirectories if _is_searched(os.path.join(directory, name))
                )
                yield from (os.path.join(directory, name) for name in sorted(names) if name.endswith(".py"))
        elif os.path.exists(path):
            yield path
        else:
            raise Problem(f"{path}: no such file or directory")


def read(path: str) -> str:
    """The text of a source file, by its declared encoding.  Raises Problem if it cannot be read or decoded."""
    try:
        with open(path, "rb") as file:
            return decode_source(file.read())
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from None
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Problem(
            f"{path}: cannot be decoded: {error}", "save it as UTF-8, or declare its encoding in the first line"
        ) from None


def module_name(path: str) -> str:
    """The dotted name under which a program would import the file: that of its package, as far up as there is `__init__.py`."""
    directory, name = os.path.split(os.path.abspath(path))
    parts = [] if name == "__init__.py" else [name.removesuffix(".py")]
    while os.path.isfile(os.path.join(directory, "__init__.py")):
        directory, package = os.path.split(directory)
        parts.insert(0, package)
    return ".".join(parts)


def _is_searched(directory: str) -> bool:
    name = os.path.basename(directory)
    if name.startswith(".") or name in ("__pycache__", "site-packages", "dist-packages", "node_modules"):
        return False
    return not os.path.isfile(os.path.join(directory, "pyvenv.cfg"))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
