"""Patterns of module names, as in PYVORIN_INCLUDE, PYVORIN_EXCLUDE and PYVORIN_STRICT.

A pattern is a dotted name that stands for the module and everything below it, and may contain `*` for any run of
characters: `app` selects `app` and `app.rows`, not `apples`; `*` selects every module; `app.*_rows` selects `app.flight_rows`.
"""

from __future__ import annotations


def matches(patterns: tuple[str, ...], module: str) -> bool:
    """Whether one of `patterns` selects the module of this dotted name."""
    for pattern in patterns:
        if "*" not in pattern:
            if module == pattern or module.startswith(pattern + "."):
                return True
        elif _glob(pattern, module) or _glob(pattern + ".*", module):
            return True
    return False


def _glob(pattern: str, text: str) -> bool:
    """Leftmost matching of the pieces between the stars, which decides exactly because a star takes any characters."""
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return pattern == text
    first, last = pieces[0], pieces[-1]
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in pieces[1:-1]:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
