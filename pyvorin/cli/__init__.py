"""The command line, `python -m pyvorin COMMAND`: one module for each command.

Exit status: 0 for success, 1 if the command found what it looks for (refusals, an interpreter that Pyvorin cannot work on), 2
if it was called wrongly or could not read its input.  `run` leaves the status to the program.
"""

from __future__ import annotations

import argparse
import os
import sys

from pyvorin.cli import cache, check, doctor, explain, report, run
from pyvorin.cli.problem import Problem
from pyvorin.core.version import VERSION

COMMANDS = (run, check, report, explain, cache, doctor)


def main(arguments: list[str]) -> int:
    """Carry out the command in `arguments` (without the program's name); the exit status."""
    parser = _parser()
    try:
        if arguments[:1] == ["run"] and arguments[1:2] not in (["-h"], ["--help"]):
            return run.start(arguments[1:])  # what follows belongs to the program
        options = parser.parse_args(arguments)
        status: int = options.carry_out(options)
        sys.stdout.flush()
        return status
    except Problem as problem:
        print(f"pyvorin: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pyvorin", description="Native code for unmodified Python programs."
    )
    parser.add_argument("--version", action="version", version=f"pyvorin {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return parser
