"""The log: silent and free unless asked for, and then on stderr whatever the program does with logging."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pyvorin.core import events
from pyvorin.core.patterns import matches
from tests.project.source_tree import ROOT

PRELUDE = """
import sys
sys.path.insert(0, sys.argv[1])
from pyvorin.core import events
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + program, str(ROOT)], capture_output=True, text=True, timeout=60, check=True
    )


def test_nothing_is_printed_and_logging_is_not_imported_unless_asked_for() -> None:
    process = run("events.emit(events.PARSE, '/a/main.py', 12, 'x')\nprint('logging' in sys.modules)")
    assert (process.stdout, process.stderr) == ("False\n", "")


def test_a_program_that_logs_everything_sees_no_events_unless_asked_for() -> None:
    process = run(
        "import logging\nlogging.basicConfig(level=0)\nevents.emit(events.PARSE, 'main.py', 1, 'x')\nprint('done')"
    )
    assert (process.stdout, process.stderr) == ("done\n", "")


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "import logging; logging.basicConfig(level=0)",
        "import logging.config; logging.config.dictConfig({'version': 1})",
        "events.enable()",
    ],
)
def test_each_event_is_one_line_on_stderr_however_logging_is_set_up(setting: str) -> None:
    process = run(
        f"events.enable()\n{setting}\n"
        "events.emit(events.PARSE, '/a/main.py', 12, \"func 'aggregate_sales'\")\n"
        "events.emit(events.LOAD, '', 0, 'two\\nlines %s')\n"
    )
    assert process.stderr == "[PARSE] main.py:12 func 'aggregate_sales'\n[LOAD] two\\nlines %s\n"


def test_a_log_that_cannot_be_written_is_lost_quietly() -> None:
    process = run(
        "import os\nevents.enable()\n"
        "for stderr in (None, open(os.devnull), open('/dev/full', 'w')):\n"
        "    sys.stderr = stderr\n"
        "    events.emit(events.OK, 'main.py', 1, 'x')\n"
        "print('done', flush=True)\nos._exit(0)\n"
    )
    assert (process.stdout, process.stderr) == ("done\n", "")


def test_a_handler_of_the_programs_own_is_served_too() -> None:
    process = run(
        "import logging\nevents.enable()\n"
        "logging.getLogger('pyvorin').addHandler(logging.StreamHandler(sys.stdout))\n"
        "events.emit(events.OK, 'main.py', 3, 'native execution')\n"
    )
    assert process.stdout == process.stderr == "[OK] main.py:3 native execution\n"


def test_an_event_without_a_line() -> None:
    assert events.render(events.SETTINGS, "", 0, "unknown setting PYVORIN_X") == "[SETTINGS] unknown setting PYVORIN_X"
    assert events.render(events.CODEGEN, "/x/rows.py", 0, "wrote") == "[CODEGEN] rows.py wrote"


@pytest.mark.parametrize(
    ("patterns", "selected", "others"),
    [
        (("app",), ["app", "app.rows", "app.rows.a"], ["apples", "my.app", ""]),
        (("*",), ["a", "a.b", "__main__"], []),
        (("app.*_rows",), ["app.flight_rows", "app.flight_rows.x", "app._rows"], ["app.rows", "app", "x.app.a_rows"]),
        (("*.tests",), ["a.tests", "a.b.tests.c"], ["tests", "a.tests_b"]),
        (("a*b*a",), ["aba", "abba.x", "axbxa"], ["ab", "aa", "a"]),
        (("a", "b.c"), ["a.x", "b.c"], ["b", "b.cc"]),
        ((), [], ["a"]),
    ],
)
def test_patterns_of_module_names(patterns: tuple[str, ...], selected: list[str], others: list[str]) -> None:
    assert [name for name in selected if not matches(patterns, name)] == []
    assert [name for name in others if matches(patterns, name)] == []
