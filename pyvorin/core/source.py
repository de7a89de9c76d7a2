"""Positions in source text, and the text under them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast


class Span:
    """A range of source text, counted as `ast` does: lines from 1, columns from 0 in bytes of UTF-8; the end is exclusive.

    Immutable by convention and compared by value: a span crosses from the compiler to the application as four numbers.
    """

    line: int
    column: int
    end_line: int
    end_column: int

    __slots__ = ("column", "end_column", "end_line", "line")

    def __init__(self, line: int, column: int, end_line: int, end_column: int) -> None:
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column

    @classmethod
    def of(cls, node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias) -> Span:
        """The span of an `ast` node that has a position."""
        end_line = node.lineno if node.end_lineno is None else node.end_lineno
        end_column = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return cls(node.lineno, node.col_offset, end_line, end_column)

    def to_data(self) -> list[int]:
        return [self.line, self.column, self.end_line, self.end_column]

    def __eq__(self, other: object) -> bool:
        return type(other) is Span and self.to_data() == other.to_data()

    def __hash__(self) -> int:
        return hash((self.line, self.column, self.end_line, self.end_column))

    def __repr__(self) -> str:
        return f"Span({self.line}, {self.column}, {self.end_line}, {self.end_column})"


class SourceFile:
    """The text of one file, by lines.  `path` is what messages show; the file itself is not read."""

    __slots__ = ("lines", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = _lines(text)

    def line(self, number: int) -> str:
        """The line of this number, counted from 1, without its end; "" if there is no such line."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def character(self, line: int, column: int) -> int:
        """The column in characters, from 0, of a column in bytes of UTF-8."""
        return len(self.line(line).encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))

    def text_of(self, span: Span) -> str:
        """The text that `span` covers, lines joined by newline characters."""
        start = self.character(span.line, span.column)
        end = self.character(span.end_line, span.end_column)
        if span.line == span.end_line:
            return self.line(span.line)[start:end]
        inner = self.lines[span.line : span.end_line - 1]
        return "\n".join([self.line(span.line)[start:], *inner, self.line(span.end_line)[:end]])


def _lines(text: str) -> list[str]:
    """Lines as CPython's tokenizer counts them: ended by LF, CR LF or CR only.

    `str.splitlines` also splits at characters such as form feed: `len("a\\fb".splitlines()) == 2`, one line to the compiler.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
