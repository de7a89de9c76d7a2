"""Rows of fields with tabs between them: how the text parts of cache files are written."""

from __future__ import annotations


class ManifestError(ValueError):
    """The text is not what it should be: a manifest of this format, or an index."""


def escape(text: str) -> str:
    """`text` without tabs and newlines, so that it can be a field."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


_ESCAPES = {"\\": "\\", "t": "\t", "n": "\n"}


def split_row(line: str) -> list[str]:
    """The fields of a line.  Raises ManifestError for a bad escape."""
    fields = line.split("\t")
    return [_unescape(field) for field in fields] if "\\" in line else fields


def _unescape(field: str) -> str:
    # A backslash begins an escape wherever it is not the second character of one, so the text is taken from the left.
    result = []
    position = 0
    while True:
        found = field.find("\\", position)
        if found < 0:
            result.append(field[position:])
            return "".join(result)
        char = _ESCAPES.get(field[found + 1 : found + 2])
        if char is None:
            raise ManifestError(f"bad escape in {field[:80]!r}")
        result.append(field[position:found] + char)
        position = found + 2
