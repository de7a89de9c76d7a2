"""Recognises the functions of a compiled source by their code, whatever they are called now and whoever wraps them.

digest of f.__code__  ==  digest in the manifest's row of "A.total"    ->    f is "A.total", as it was compiled
"""

from __future__ import annotations

from pyvorin.core.codedigest import code_digest, made_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FunctionType


def plain(qualname: str) -> str:
    """The qualified name that the function itself has.

    Those of a property share theirs, and so do those that `dataclasses` makes: ``P.x.<setter>``, ``P.__init__.<8d0b…>``
    (`compiler/frontend/classes.py`)."""
    return qualname.rpartition(".<")[0] if qualname.endswith(">") else qualname


_ACCESSORS = (".<setter>", ".<deleter>")


class Codes:
    """The code digests of one manifest's functions, and what was found for the code objects asked about before."""

    __slots__ = ("_by_digest", "_inside", "_names", "_seen")

    def __init__(self, by_digest: dict[str, str], inside: dict[str, str] | None = None) -> None:
        """by_digest: the qualified names of the functions by the digests of their code.  inside: these digests of functions of
        other modules that are compiled along."""
        self._by_digest, self._inside = by_digest, inside or {}
        self._names = {plain(qualname).rpartition(".")[2] for qualname in by_digest.values()}
        # The code object itself is kept with the answer: its address is only its own while it lives.
        self._seen: dict[int, tuple[CodeType, str | None]] = {}

    def qualname(self, function: FunctionType) -> str | None:
        """The qualified name in the source of the function with this code; None if it is none of the source's."""
        code = function.__code__
        if code.co_name not in self._names:
            return None
        known = self._seen.get(id(code))
        if known is None:
            known = self._seen[id(code)] = (code, self._by_digest.get(code_digest(code)))
        return known[1]

    def is_code_of(self, function: FunctionType, qualname: str) -> bool:
        """Whether the function runs what the source says for `qualname`, or is what was made for that."""
        if qualname.endswith(">") and not qualname.endswith(_ACCESSORS):
            return made_digest(function) == qualname.rpartition("<")[2][:-1]
        wanted = self._inside.get(qualname)
        return self.qualname(function) == qualname if wanted is None else code_digest(function.__code__) == wanted

    @staticmethod
    def function_with(code: CodeType, qualname: str, namespace: dict[str, object]) -> FunctionType:
        """A function with this code.  All that it may have from outside is the class that `super` asks for."""
        from types import CellType, FunctionType

        from pyvorin.host.classes import of_name

        kind = of_name(plain(qualname).rpartition(".")[0], namespace)
        closure = tuple([CellType(kind) for _ in code.co_freevars])
        return FunctionType(code, namespace, None, None, closure or None)
