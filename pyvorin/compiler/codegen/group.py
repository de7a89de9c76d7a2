"""The IR of one group -> its object, of which what other groups have too comes from the cache."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyvorin.cache.key import Environment
from pyvorin.cache.store import Store
from pyvorin.compiler.codegen.elf import bundle
from pyvorin.compiler.codegen.object import compile_ir
from pyvorin.compiler.codegen.partition import Part, divide
from pyvorin.compiler.emit.unit import ALIAS

if TYPE_CHECKING:
    from pyvorin.compiler.codegen.remarks import Remark
    from pyvorin.compiler.codegen.target import Target

UNDIVIDED = 6000
"""Up to so many lines of LLVM IR are compiled as a whole, in which LLVM sees all calls."""

DRAFTED = 1000
"""Parts of more lines are compiled fast for a draft: others are entries, which must not take much of the stack, and what takes
no time."""


class GroupObject:
    """The compilation of one group's IR: `data`, its object, `remarks`, and what it took by stage, in `seconds`.

    for_trips: compiled fast, as a whole.  is_draft: the largest parts are compiled fast, unless they are known.
    """

    def __init__(
        self, store: Store, environment: Environment, target: Target, *, for_trips: bool = False, is_draft: bool = False
    ) -> None:
        self.store = store
        self.environment = environment
        self.target = target
        self.for_trips = for_trips
        self.is_draft = is_draft
        self.data = b""
        self.remarks: list[Remark] = []
        self.seconds: Counter[str] = Counter()
        self.parts = self.known = 0

    def run(self, ir: str, symbol: str) -> None:
        """A large module becomes a bundle, of which what other groups have too comes from the cache."""
        main, parts = divide(ir) if ir.count("\n") > UNDIVIDED and not self.for_trips else (ir, [])
        self.data = self.compile(main, symbol, quick=self.for_trips, draft=self.for_trips)
        if parts:
            self.data = bundle.pack(self.data, [(self.part(part), part.bindings) for part in parts])

    def part(self, part: Part) -> bytes:
        """Optimised quickly unless it works on raw memory: nothing else can be vectorised."""
        key = self.environment.group_key([("part", part.text)])
        known = self.store.get_object(key)
        self.parts += 1
        if known is not None:
            self.known += 1
            return known[0]
        if self.is_draft and part.text.count("\n") > DRAFTED:
            key = self.environment.group_key([("draft", part.text)])
            known = self.store.get_object(key)
            data = self.compile(part.text, "part", draft=True) if known is None else known[0]
        else:
            data = self.compile(part.text, "part", quick=ALIAS["buffer"] not in part.text)
        if known is None:
            self.store.put_object(key, data, "")
        return data

    def compile(self, ir: str, name: str, quick: bool = False, draft: bool = False) -> bytes:
        made = compile_ir(ir, self.target, name=name, quick=quick, draft=draft)
        self.remarks += made.remarks
        self.seconds.update(made.seconds)
        return made.data

    def __str__(self) -> str:
        stages = ", ".join(f"{stage} {1000 * seconds:.0f}" for stage, seconds in self.seconds.items())
        return f"compiled in ms: {stages}" + (f"; {self.known} of {self.parts} parts were known" if self.parts else "")
