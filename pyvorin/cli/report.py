"""`report`: a JSON report that PYVORIN_REPORT=FILE has written, as text."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pyvorin.cli.problem import Problem

LISTS = ("functions", "rejected", "problems")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser("report", help="print a JSON report as text")
    parser.add_argument("file", metavar="FILE.json", help="what PYVORIN_REPORT=FILE.json has written")
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Print the report."""
    from pyvorin.host import report

    data = read(options.file)
    try:
        print(report.text(data), end="")
    except (KeyError, TypeError, AttributeError) as error:
        raise Problem(
            f"report: {options.file} is not a report of this version: {type(error).__name__}: {error}"
        ) from None
    return 0


def read(path: str) -> dict[str, Any]:
    """The data in a report file.  Raises Problem if it cannot be read or is no report."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except OSError as error:
        raise Problem(
            f"report: {path} cannot be read: {error.strerror}", f"write one with PYVORIN_REPORT={path}"
        ) from None
    except ValueError as error:
        raise Problem(f"report: {path} is not JSON: {error}") from None
    if not isinstance(data, dict) or not all(isinstance(data.get(key), list) for key in LISTS):
        raise Problem(f"report: {path} is not a report of Pyvorin: it lacks one of the lists {', '.join(LISTS)}")
    return data
