r"""Compiling a text for the second time without repeating what the compiler has to say about it.

CPython has already warned about the source (`x is 1`, `"\d"`) as the program's filters wanted.  `warnings.catch_warnings`
cannot be used for silence: it invalidates the program's registries, and so shows again what was to be shown once.
"""

from __future__ import annotations

import _warnings
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class quiet:
    """While entered, warnings located in `file` are ignored.  One filter more in the list, which nothing else notices."""

    __slots__ = ("_filter", "_filters")

    def __init__(self, file: str) -> None:
        module = file[:-3] if file.endswith(".py") else file  # as normalize_module in _warnings.c has it
        self._filter = ("ignore", None, Warning, module or "<unknown>", 0)

    def __enter__(self) -> None:
        self._filters: list[Any] = getattr(sys.modules.get("warnings"), "filters", _warnings.filters)
        self._filters.insert(0, self._filter)

    def __exit__(self, *raised: object) -> None:
        try:
            self._filters.remove(self._filter)
        except ValueError:
            pass  # the program has changed its filters meanwhile, from another thread
