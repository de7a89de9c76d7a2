"""Starts Pyvorin in an interpreter that `python -m pyvorin run` has started where `pyvorin.pth` is not installed.

The directory of this file is then the first entry of PYTHONPATH, and `site` imports `sitecustomize`.  Everything by which the
program could notice is undone, and the user's own sitecustomize, if any, is imported in place of this one.
"""

import os
import sys


def _remove_traces(directory: str) -> None:
    sys.path[:] = [entry for entry in sys.path if entry != directory]
    sys.path_importer_cache.pop(directory, None)
    former = os.environ.get("PYTHONPATH", "").removeprefix(directory).removeprefix(os.pathsep)
    if former:
        os.environ["PYTHONPATH"] = former
    else:
        os.environ.pop("PYTHONPATH", None)
    del sys.modules["sitecustomize"]


def _start(home: str) -> None:
    sys.path.insert(0, home)
    try:
        from pyvorin import autostart
    finally:
        sys.path.remove(home)
    autostart.start()


_directory = os.path.dirname(os.path.abspath(__file__))
_remove_traces(_directory)
_start(os.path.dirname(os.path.dirname(_directory)))

import sitecustomize  # noqa: E402, F401  (the user's; site ignores the error if there is none)
