"""The report's text.  Floats are written with repr, so that two runs differ if any bit of a result does."""

from __future__ import annotations

WIDTH = 72


class Report:
    """Collects the lines of the report under section headings."""

    def __init__(self, title: str) -> None:
        self.lines = [title, "=" * len(title)]

    def section(self, title: str) -> None:
        self.lines += ["", title, "-" * len(title)]

    def value(self, name: str, *values: object) -> None:
        text = "  ".join(v if isinstance(v, str) else repr(v) for v in values)
        self.lines.append(f"{name + ' ':.<34} {text}")

    def bars(self, labels: list[str], counts: list[int]) -> None:
        """A histogram drawn with characters, the longest bar filling the line."""
        longest = max(counts)
        for label, count in zip(labels, counts):
            bar = "#" * round(count / longest * (WIDTH - 24))
            self.lines.append(f"{label:>12} {count:>9} {bar}".rstrip())

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"
