"""Pyvorin runs the hot functions of an unmodified program as native code, on the CPython that runs the program.

    PYVORIN=1 python app.py

does that from outside; `install()` does it from inside.  Importing this package starts nothing and loads next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.api import explain, install, report, uninstall
    from pyvorin.core.version import VERSION as __version__
    from pyvorin.host.strict import StrictModeError

__all__ = ["StrictModeError", "__version__", "explain", "install", "report", "uninstall"]

_HOMES = {
    "StrictModeError": ("pyvorin.host.strict", "StrictModeError"),
    "__version__": ("pyvorin.core.version", "VERSION"),
    "explain": ("pyvorin.api", "explain"),
    "install": ("pyvorin.api", "install"),
    "report": ("pyvorin.api", "report"),
    "uninstall": ("pyvorin.api", "uninstall"),
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = home
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
