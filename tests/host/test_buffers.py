"""Arrays while native code runs: they are held as long as it needs them, and not longer."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.child import ROOT

MODULE = """
    def total(a, times):
        s = 0.0
        for _ in range(times):
            for i in range(len(a)):
                s += a[i]
        return s


    def halve(a, times):
        for _ in range(times):
            for i in range(len(a)):
                a[i] = a[i] * 0.5
        return 0


    def item(a, i):
        return a[i]
"""

PRELUDE = """
    import signal, sys, threading, time
    from array import array
    import pyvorin
    pyvorin.install()
    import kernels

    def native(name):
        rows = pyvorin.report()["functions"]
        return sum(row["native_calls"] for row in rows if row["name"] == f"kernels.{name}")

    def warm(function, a, argument):
        for _ in range(4):
            function(a, argument)
        assert native(function.__name__), pyvorin.report()
"""


def run(tmp_path: Path, program: str) -> str:
    """Run the program in a process of its own; what it printed."""
    (tmp_path / "kernels.py").write_text(textwrap.dedent(MODULE))
    (tmp_path / "main.py").write_text(textwrap.dedent(PRELUDE) + textwrap.dedent(program))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYVORIN", "PYTHON"))}
    environment |= {"PYVORIN_WAIT": "1", "PYVORIN_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    # `warm` would have them inside, and not call them.
    environment["PYVORIN_EXCLUDE"] = "__main__"
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("function", ["total", "halve"])
def test_an_exception_out_of_a_loop_lets_go(tmp_path: Path, function: str) -> None:
    printed = run(
        tmp_path,
        f"""
        class Stop(Exception):
            pass

        def stop(number, frame):
            raise Stop

        a = array("d", [1.0]) * 50_000
        warm(kernels.{function}, a, 1)
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            kernels.{function}(a, 10**9)
        except Stop:
            a.append(1.0)
            print(len(a))
        """,
    )
    assert printed == "50001\n"


def test_an_exit_lets_go(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
        a = array("d", [1.0])
        warm(kernels.item, a, 0)
        try:
            kernels.item(a, 1)
        except IndexError:
            a.append(2.0)
        print(kernels.item(a, 1))
        """,
    )
    assert printed == "2.0\n"


def test_another_thread_may_resize_what_is_read(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
        a = array("d", [1.0]) * 1000
        warm(kernels.total, a, 1)
        appended = []

        def append():
            for _ in range(20):
                a.append(0.0)
                time.sleep(0.005)
            appended.append(len(a))

        thread = threading.Thread(target=append)
        thread.start()
        print(kernels.total(a, 2_000))
        thread.join()
        print(appended)
        """,
    )
    assert printed == "2000000.0\n[1020]\n"


def test_a_signal_handler_may_resize_what_is_read(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
        a = array("d", [1.0]) * 1000
        warm(kernels.total, a, 1)

        def grow(number, frame):
            a.append(0.0)

        signal.signal(signal.SIGALRM, grow)
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        print(kernels.total(a, 20_000), len(a))
        """,
    )
    assert printed == "20000000.0 1001\n"


def test_a_module_that_is_imported_late(tmp_path: Path) -> None:
    """The second run loads the code of the first, before the module of the arrays is there."""
    program = """
        assert "numpy" not in sys.modules
        import numpy
        a = numpy.array([1.5, 2.5])
        for _ in range(8):
            kernels.item(a, 1)
        print(native("item") > 0, type(kernels.item(a, 1)).__name__)
        """
    pytest.importorskip("numpy")
    first, second = run(tmp_path, program), run(tmp_path, program)
    assert first == second == "True float64\n"
