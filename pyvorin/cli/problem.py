"""What the command line says when it was called wrongly or cannot read its input."""

from __future__ import annotations


class Problem(Exception):
    """Ends the command with exit status 2.  The text says what is wrong, where and why; `hint` what to do about it."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(f"{text}\n  hint: {hint}" if hint else text)
