"""Pyvorin runs the hot functions of an unmodified program as native code, on the CPython that runs the program.

    PYVORIN=1 python app.py

does that from outside; `install()` does it from inside.  Importing this package starts nothing and loads next to nothing.
"""

from __future__ import annotations

from pyvorin.core.version import VERSION as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.api import explain, install, report, uninstall
    from pyvorin.host.strict import StrictModeError

__all__ = ["StrictModeError", "__version__", "explain", "install", "report", "uninstall"]

_HOMES = {
    "StrictModeError": "pyvorin.host.strict",
    "explain": "pyvorin.api",
    "install": "pyvorin.api",
    "report": "pyvorin.api",
    "uninstall": "pyvorin.api",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
