"""A diagnostic: one refusal, with its code, place, words and hint; the concise and the full rendering.

    report.py:14:5: UNSUPPORTED_AST_NODE: 'async with' in 'fetch_all' is not compiled
        14 |     async with session.get(url) as reply:
           |     ^^^^^^^^^^
      = 'fetch_all' runs in CPython; its results are unchanged
      = hint: move the loop over the rows into a plain function and call it from here

The first line alone is the concise rendering and says everything that is needed.
"""

from __future__ import annotations

from pyvorin.core import reasons
from pyvorin.core.source import SourceFile, Span


class Diagnostic:
    """One refusal.

    function: qualified name of the function concerned, "" if none.  node_type: class name of the `ast` node, "" if none.
    notes: further (span, text) pairs, such as the two origins of conflicting types.
    """

    __slots__ = ("code", "function", "hint", "message", "node_type", "notes", "path", "span")

    def __init__(
        self,
        code: str,
        span: Span,
        node_type: str,
        message: str,
        hint: str,
        function: str,
        path: str,
        notes: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Raises KeyError if `code` is not a row of the table of reasons."""
        self.code = reasons.TABLE[code].code
        self.span = span
        self.node_type = node_type
        self.message = message
        self.hint = hint
        self.function = function
        self.path = path
        self.notes = notes

    @classmethod
    def of(
        cls,
        code: str,
        span: Span,
        *,
        function: str,
        path: str,
        node_type: str = "",
        hint: str = "",
        notes: tuple[tuple[Span, str], ...] = (),
        **fields: object,
    ) -> Diagnostic:
        """A diagnostic in the words of the table: `fields` fill the message's template.  `hint` replaces the table's.

        Raises KeyError for an unknown code and ValueError for a missing field.
        """
        text = reasons.message(code, function=function, **fields)
        return cls(code, span, node_type, text, hint or reasons.TABLE[code].hint, function, path, notes)

    def to_data(self) -> dict[str, object]:
        """The diagnostic as JSON can carry it."""
        return {
            "code": self.code,
            "path": self.path,
            "span": self.span.to_data(),
            "function": self.function,
            "node_type": self.node_type,
            "message": self.message,
            "hint": self.hint,
            "notes": [[span.to_data(), text] for span, text in self.notes],
        }

    @classmethod
    def from_data(cls, data: dict[str, object]) -> Diagnostic:
        """The reverse of `to_data`.  Raises ValueError if `data` is not the data of a diagnostic."""
        try:
            words = [str(data[name]) for name in ("code", "node_type", "message", "hint", "function", "path")]
            code, node_type, message, hint, function, path = words
            notes = tuple((_span(span), str(text)) for span, text in data["notes"])  # type: ignore[attr-defined]
            return cls(code, _span(data["span"]), node_type, message, hint, function, path, notes)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a diagnostic: {type(error).__name__}: {error}") from None

    def concise(self, source: SourceFile | None = None) -> str:
        """One line that stands alone.  Without the source, columns of a line that is not ASCII count bytes."""
        column = source.character(self.span.line, self.span.column) if source else self.span.column
        return f"{self.path}:{self.span.line}:{column + 1}: {self.code}: {self.message}"

    def full(self, source: SourceFile) -> str:
        """All that is known: place, source line with carets, notes, consequence, hint.  No end of line after the last."""
        parts = [self.concise(source), *_excerpt(source, self.span, "")]
        for span, text in self.notes:
            parts += _excerpt(source, span, text)
        if self.function:
            parts.append(f"  = {reasons.TABLE[self.code].consequence.format(function=self.function)}")
        if self.hint:
            parts.append(f"  = hint: {self.hint}")
        return "\n".join(parts)

    def __eq__(self, other: object) -> bool:
        return type(other) is Diagnostic and self.to_data() == other.to_data()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Diagnostic {self.concise()}>"


def _span(value: object) -> Span:
    if not isinstance(value, (list, tuple)) or len(value) != 4 or not all(type(number) is int for number in value):
        raise ValueError(f"a span is four integers, not {value!r}")
    return Span(*value)


def _excerpt(source: SourceFile, span: Span, label: str) -> list[str]:
    """The first line of `span` and carets under the part that it covers; nothing if the source has no such line."""
    line = source.line(span.line)
    if not line.strip():
        return []
    start = source.character(span.line, span.column)
    end = source.character(span.line, span.end_column) if span.end_line == span.line else len(line.rstrip())
    number = f"{span.line:6d}"
    # Tabs stay tabs in the caret line, so that the caret stands under its character whatever a tab's width.
    indent = "".join("\t" if char == "\t" else " " for char in line[:start])
    carets = f"{indent}{'^' * max(1, end - start)} {label}".rstrip()
    return [f"{number} | {line}", f"{' ' * len(number)} | {carets}"]
