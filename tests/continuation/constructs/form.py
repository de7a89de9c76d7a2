"""The form of a construct's program."""

from __future__ import annotations


def program(body: str, before: str = "") -> str:
    """A module's end: what stands `before`, and `f` with this body."""
    indented = "".join(f"    {line}\n" if line else "\n" for line in body.strip("\n").split("\n"))
    return f"{before}def f(a, b, xs, d, o):\n{indented}"
