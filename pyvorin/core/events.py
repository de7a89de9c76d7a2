"""Stage events: what happened to which function, for the log.

    [PARSE] main.py:12 func 'aggregate_sales'
    [FALLBACK] main.py:31 INTEGER_OVERFLOW an int in 'total' does not fit into 64 bits

Unless the log was asked for (PYVORIN_LOG), an event costs one test of a flag and `logging` is not imported: not even the handlers
that a program itself has attached to the root logger see anything, so its output stays as it is.
"""

from __future__ import annotations

import sys

PARSE = "PARSE"
TYPE = "TYPE"
LOWER = "LOWER"
OPT = "OPT"
CODEGEN = "CODEGEN"
LOAD = "LOAD"
OK = "OK"
FALLBACK = "FALLBACK"
SETTINGS = "SETTINGS"

STAGES = (SETTINGS, PARSE, TYPE, LOWER, OPT, CODEGEN, LOAD, OK, FALLBACK)

enabled = False
"""Whether events are printed; a caller that must do work to make an event's text tests it first."""


def enable() -> None:
    """Send events to stderr through the logger `pyvorin`, from now on.  A second call changes nothing."""
    global enabled
    import logging

    class Handler(logging.Handler):
        """Writes to what `sys.stderr` is at that moment, and never raises into the program."""

        def emit(self, record: logging.LogRecord) -> None:
            try:
                if sys.stderr is not None:
                    sys.stderr.write(self.format(record) + "\n")
                    sys.stderr.flush()
            except (OSError, ValueError):
                pass  # closed or full: the log is lost, the program goes on

    logger = logging.getLogger("pyvorin")
    if not enabled:
        handler = Handler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False  # the program's root handlers would print every line a second time
    enabled = True


def emit(stage: str, path: str, line: int, text: str) -> None:
    """Report that `stage` did what `text` says about the function at `line` of `path` (0: no particular line)."""
    if enabled:
        import logging

        logger = logging.getLogger("pyvorin")
        # logging.config.dictConfig() disables every logger that it does not name; this one was asked for explicitly.
        logger.disabled = False
        logger.info("%s", render(stage, path, line, text))


def render(stage: str, path: str, line: int, text: str) -> str:
    """The event as one line: the file by its last name, and no line breaks from `text`."""
    name = path.rpartition("/")[2]
    place = f"{name}:{line} " if line else f"{name} " if name else ""
    return f"[{stage}] {place}{text}".replace("\n", "\\n")
