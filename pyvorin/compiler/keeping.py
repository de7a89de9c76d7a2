"""Which large groups stay as they are for now, although more is known of what they use.

What a program's objects hold shows in the course of some seconds, and each new type can concern most functions.  To compile
the large groups anew for each would take minutes.  So a group whose own signatures are what they were is *kept*, if it is
large: its code looks at all that it uses, and what it was not compiled for it leaves to CPython.  And what is large is
compiled fast at first, to code that is not fast: a *draft*.  When nothing new has been seen for a while, everything that lags
behind is compiled anew, and well, once (`worker.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyvorin.messages import HEADS, CompileRequest

if TYPE_CHECKING:
    from pyvorin.compiler.compilation import Verdict
    from pyvorin.compiler.generate import Made

LARGE = 200_000
"""Bytes of a group's object, which take a second or more."""

Wanted = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(slots=True)
class Kept:
    """What became of a function when it was wanted with these signatures and heads; `lags`: more is known by now."""

    wanted: Wanted
    verdict: Verdict
    made: Made | None
    lags: bool = False


class Keeping:
    """The large groups of one module."""

    def __init__(self) -> None:
        self._known: dict[str, Kept] = {}
        self.request: CompileRequest | None = None
        self.may_be_draft = True
        """Whether code may be compiled fast for now."""
        self.drafts: set[str] = set()
        """The symbols of groups of which there is a draft."""

    def begin(self, request: CompileRequest, anew: bool) -> None:
        """Serve this request; *anew*: with nothing that lags behind."""
        self.request, self.may_be_draft = request, not anew
        if anew:
            self.drafts.clear()
            self._known = {name: kept for name, kept in self._known.items() if not kept.lags}

    @property
    def lags(self) -> bool:
        """Whether something that was kept would be compiled otherwise now."""
        return any(kept.lags for kept in self._known.values())

    def look(self, stands: Callable[[Verdict], bool]) -> None:
        """More is known: find out which still stand."""
        for kept in self._known.values():
            kept.lags = kept.lags or not stands(kept.verdict)

    def verdict(self, qualname: str) -> Verdict | None:
        """The verdict on the function, if it is kept."""
        kept = self._known.get(qualname)
        if kept is not None and kept.wanted == self._wanted(qualname):
            return kept.verdict
        self._known.pop(qualname, None)
        return None

    def made(self, verdict: Verdict) -> Made | None:
        """The code, if it is kept."""
        kept = self._known.get(verdict.source.qualname)
        return None if kept is None or kept.verdict is not verdict else kept.made

    def note(self, verdicts: Iterable[Verdict], made: dict[str, Made]) -> None:
        """Keep of these what took long."""
        for verdict in verdicts:
            name = verdict.source.qualname
            code = made.get(name)
            if code is not None and name not in self._known:
                is_draft = code[2] in self.drafts
                if is_draft or len(code[0]) > LARGE:
                    self._known[name] = Kept(self._wanted(name), verdict, code, is_draft)

    def _wanted(self, qualname: str) -> Wanted:
        assert self.request is not None
        signatures = self.request.signatures
        return tuple(signatures.get(qualname, ())), tuple(signatures.get(qualname + HEADS, ()))
