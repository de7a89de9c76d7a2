"""Which functions of a large module get no entry of their own yet, because those that call them are compiled with them.

Each entry's group has all that its function calls, so a module of many small methods would be compiled many times over.
Once its callers are native, most of a function's calls come from their code.  So callers come first; what their code has
inside waits, with an observer in front of it, until that sees CPython call it all the same (HOT).

    main -> solve -> step -> Done.remove         main is compiled; the others wait
    CPython, in a loop of its own, calls solve   solve is hot: it is compiled, and step goes on waiting, hot or not, as CPython
                                                 may have called it from a solve that was not native yet
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from pyvorin.compiler.frontend.module import FunctionSource
from pyvorin.messages import ALL, HEADS, HOT, NATIVE, CompileRequest

EVERYTHING = 3000
"""Instructions of HIR that are compiled before any function waits."""


class Deferral:
    """What is known so far, in one analysis of a module.

    hot: the functions that CPython has called although code was there in which they are compiled; native: those that
    had an entry when that was seen.
    """

    def __init__(self, request: CompileRequest) -> None:
        self._hot = frozenset(request.signatures.get(HOT, ()))
        self._native = frozenset(request.signatures.get(NATIVE, ()))
        self._waited_for = frozenset(name.removesuffix(HEADS) for name in request.signatures if name.endswith(HEADS))
        self._is_off = request.static_only or ALL in self._hot
        self._covered: dict[str, list[str]] = {}
        self._size = 0

    def include(self, qualname: str, functions: Iterable[str], size: int) -> None:
        """The function is native, with code for these; *size*: its instructions."""
        self._size += size
        for name in functions:
            self._covered.setdefault(name, []).append(qualname)

    def waits(self, qualname: str) -> bool:
        """Whether the function gets no entry of its own for now."""
        if self._is_off or self._size < EVERYTHING or qualname in self._native or qualname in self._waited_for:
            return False
        callers = [name for name in self._covered.get(qualname, ()) if name != qualname]
        return bool(callers) if qualname not in self._hot else any(name not in self._native for name in callers)


def callers_first(functions: Mapping[str, FunctionSource]) -> list[str]:
    """The functions, by qualified name, so that those that may call many others come early: judged by names alone."""
    by_name: dict[str, set[str]] = {}
    for qualname in functions:
        owner, _, name = qualname.rpartition(".")
        by_name.setdefault(owner.rpartition(".")[2] if name == "__init__" else name, set()).add(qualname)
    calls = {
        qualname: {callee for name in _names(source.node) for callee in by_name.get(name, ())}
        for qualname, source in functions.items()
    }
    return sorted(functions, key=lambda qualname: -len(_reached(qualname, calls)))


def _names(node: ast.AST) -> set[str]:
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute):
            found.add(inner.attr)
    return found


def _reached(qualname: str, calls: Mapping[str, set[str]]) -> set[str]:
    reached = {qualname}
    work = [qualname]
    while work:
        new = calls[work.pop()] - reached
        reached |= new
        work += new
    return reached
