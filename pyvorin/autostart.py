"""What the start-up file calls: decides whether Pyvorin works in this process at all, and if so activates it.

This runs before the program's first line, in every interpreter that is started with PYVORIN set, so it is small and never
raises: whatever goes wrong, the program runs in CPython.
"""

from __future__ import annotations

import os
import sys

SETTINGS_MODULES = ("core.__init__", "core.config", "core.project_file")
HOST_MODULES = (
    "host.__init__",
    "host.loader",
    "host.main_script",
    "host.watch_monitoring" if sys.version_info >= (3, 12) else "host.watch_tracing",
    "host.finder",
    "host.scope",
    "host.activation",
)
"""What each start under PYVORIN loads, the latter unless it is switched off, in the order of their imports; a test compares."""

VERSIONS = ((3, 10), (3, 11), (3, 12), (3, 13))


_started = False


def start() -> None:
    """Begin to accelerate this process if its environment asks for that: called by `pyvorin.pth`."""
    global _started
    if _started:  # in a virtual environment `site` executes each start-up file twice
        return
    _started = True
    try:
        if unsupported() or not in_main_interpreter():
            return
        from pyvorin import quickload

        quickload.load(SETTINGS_MODULES)
        from pyvorin.core import config

        settings = config.load(project_dir=project_directory(sys.argv[0]))
        if settings.mode != "off":
            quickload.load(HOST_MODULES)
            from pyvorin.host import activation

            activation.activate(settings, running=False)
    except Exception:
        if os.environ.get("PYVORIN_DEBUG", "0") not in ("", "0"):
            raise


def unsupported() -> str:
    """Why Pyvorin does nothing on this interpreter, as a clause; empty if it works here."""
    if sys.implementation.name != "cpython":
        return f"the interpreter is {sys.implementation.name}, not CPython"
    if sys.version_info[:2] not in VERSIONS:
        return f"Python {sys.version_info[0]}.{sys.version_info[1]} is not one of the supported versions"
    if "t" in sys.abiflags:
        return "this is a free-threaded build of Python"
    machine = os.uname().machine
    if sys.platform != "linux" or machine != "x86_64" or sys.maxsize < 2**32:
        return f"the platform is {sys.platform} on {machine}, not 64-bit Linux on x86-64"
    return ""


def in_main_interpreter() -> bool:
    """Whether this is the main thread of the main interpreter: site runs in subinterpreters too."""
    # _xxsubinterpreters is an extension module that not every build has.  signal.signal() refuses, in this order, to work
    # elsewhere and to take a number that is no signal; so asking it for signal 0 tells, and changes nothing.
    import _signal

    try:
        _signal.signal(0, _signal.SIG_DFL)
    except ValueError as error:
        return "out of range" in str(error)
    return False


def project_directory(script: str) -> str | None:
    """Where the search for the project's settings begins, given `sys.argv[0]` as the interpreter sets it.

    The directory of the script, or with `-m` the current one.  None for `-c`, standard input and interactive use.
    """
    if script in ("", "-", "-c"):
        return None
    if script == "-m":
        return os.getcwd()
    path = os.path.abspath(script)
    return path if os.path.isdir(path) else os.path.dirname(path)
