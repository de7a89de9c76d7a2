"""One group's LLVM module in the making: declarations, helpers, slots, counters, and the manifest rows that explain them.

Slots, counters and entries are the group's tables of docs/architecture.md, section 4.  A helper is a function of the emitted
code, defined once per unit when something first needs it (`emit/runtime`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyvorin.core import layouts
from pyvorin.core.version import ABI

if TYPE_CHECKING:
    from pyvorin.compiler.hir.outcalls import Outcall
    from pyvorin.compiler.hir.points import Path, Point
    from pyvorin.compiler.infer.instances import Instance


class Unit:
    """Collects one group's module.  `layout` is the object layout of the Python version that the code is for.

    trips: whether native code is to leave where tests tell it to (`lower/trips.py`).
    draft: whether large functions of it are compiled fast, to code that takes more of the stack.
    """

    def __init__(self, python: tuple[int, int], trips: bool = False, draft: bool = False):
        self.python = python
        self.draft = draft
        self.trips = trips
        self.layout = layouts.BY_VERSION[python]
        self.immortal = layouts.IMMORTAL[python]
        self._declarations: dict[str, str] = {}
        self._definitions: list[str] = []
        self._helpers: set[str] = set()
        self._slots: dict[tuple[str, str], int] = {}
        self.counters = 0
        self.entries: list[str] = []
        self.checked: dict[str, str | None] = {}
        """The functions that the check of the assumptions looks at, and of some the `repr` of their default values."""
        self.has_assumptions = False
        """Whether the group has a check of names (`lower/assumptions.py`)."""
        self.has_drive = False
        """Whether something may resume (`lower/resume.py`)."""
        self.points: list[tuple[Instance, Point]] = []
        """The resume points, each with an instance of its function."""
        self.outcalls: dict[tuple[str, Path, str], tuple[Instance, Outcall]] = {}
        """What CPython is called for, by function and place."""
        self._point_index: dict[int, int] = {}
        self.tells_nans = False
        """Whether a NaN is not unboxed, as it may be looked for by its identity."""
        self.sizes: dict[Instance, int] = {}
        """HIR instructions of the instances with their twins, as far as somebody has asked."""

    def declare(self, name: str, signature: str, attributes: str = "") -> str:
        """A function of the C API, libm or libc; *signature* is ``result (parameters)``.  Returns its operand."""
        result, params = signature.split(" (", 1)
        self._declarations[name] = f"declare {result} @{name}({params} {attributes}".rstrip()
        return f"@{name}"

    def external(self, name: str) -> str:
        """A data object of the C API, such as ``PyFloat_Type``."""
        self._declarations[name] = f"@{name} = external global i8"
        return f"@{name}"

    def define(self, text: str) -> None:
        self._definitions.append(text)

    def define_once(self, text: str) -> None:
        """A definition that several functions of the unit share."""
        if text not in self._definitions:
            self._definitions.append(text)

    def helper(self, name: str, write: Callable[[Unit], str]) -> str:
        """The emitted function *name*, defined by *write* at its first use."""
        if name not in self._helpers:
            self._helpers.add(name)
            self.define(write(self))
        return f"@{name}"

    def slot(self, kind: str, argument: str = "") -> int:
        """The index of the slot that the host fills with this (docs/architecture.md, section 4)."""
        return self._slots.setdefault((kind, argument), len(self._slots))

    def point(self, instance: Instance, point: Point) -> int:
        """The index of the resume point, which is one of the instance's function."""
        if id(point) not in self._point_index:
            self._point_index[id(point)] = len(self.points)
            self.points.append((instance, point))
        return self._point_index[id(point)]

    def outcall(self, instance: Instance, called: Outcall) -> int:
        """The index of the outcall, which is one of the instance's function."""
        key = called.function, called.path, called.kind
        self.outcalls.setdefault(key, (instance, called))
        return list(self.outcalls).index(key)

    def counter(self) -> int:
        self.counters += 1
        return self.counters - 1

    @property
    def slots(self) -> list[tuple[str, str]]:
        return list(self._slots)

    def text(self, group_symbol: str, resume: bytes = b"") -> str:
        """The whole module; *resume* is the table of its resume points, which the host reads when one is needed."""
        slots, counters, entries = max(1, len(self._slots)), max(1, self.counters), max(1, len(self.entries))
        pointers = ", ".join(f"ptr @{name}" for name in self.entries) or "ptr null"
        tables = [
            f"@slots = internal global [{slots} x ptr] zeroinitializer, align 16",
            f"@counters = internal global [{counters} x i64] zeroinitializer, align 16",
            f"@entries = internal global [{entries} x ptr] [{pointers}], align 16",
            f'@resume = internal constant [{len(resume)} x i8] c"{_escaped(resume)}"',
            f"@{group_symbol} = global {{ i64, i64, i64, i64, ptr, ptr, ptr, i64, ptr }} {{ i64 {ABI}, "
            f"i64 {len(self.entries)}, i64 {len(self._slots)}, i64 {self.counters}, ptr @entries, ptr @slots, ptr @counters, "
            f"i64 {len(resume)}, ptr @resume }}, align 16",
        ]
        return "\n".join([*self._declarations.values(), *tables, *self._definitions, METADATA]) + "\n"


def _escaped(data: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:02X}" for b in data)


METADATA = """
!0 = !{!"branch_weights", i32 1, i32 1000000}
!1 = !{!"pyvorin"}
!2 = !{!"refcount", !1, i64 0}
!3 = !{!2, !2, i64 0}
!4 = !{!"type", !1, i64 0}
!5 = !{!4, !4, i64 0}
!6 = !{!"size", !1, i64 0}
!7 = !{!6, !6, i64 0}
!8 = !{!"items", !1, i64 0}
!9 = !{!8, !8, i64 0}
!10 = !{!"element", !1, i64 0}
!11 = !{!10, !10, i64 0}
!12 = !{!"value", !1, i64 0}
!13 = !{!12, !12, i64 0}
!14 = !{!"slot", !1, i64 0}
!15 = !{!14, !14, i64 0}
!16 = !{!"counter", !1, i64 0}
!17 = !{!16, !16, i64 0}
!18 = !{!"buffer", !1, i64 0}
!19 = !{!18, !18, i64 0}
"""
ALIAS = {
    "refcount": "!tbaa !3",
    "type": "!tbaa !5",
    "size": "!tbaa !7",
    "items": "!tbaa !9",
    "element": "!tbaa !11",
    "value": "!tbaa !13",
    "slot": "!tbaa !15",
    "counter": "!tbaa !17",
    "buffer": "!tbaa !19",
}
"""Alias classes: memory of two different classes never overlaps, so that a store to one does not reload the other.

refcount, type and size are the object header's words; items is a list's pointer to its elements, element one of these;
value is the inside of an immutable object (float, int, str); buffer is raw memory of arrays.
"""
UNLIKELY = "!prof !0"
"""For a branch whose first target is (almost) never taken."""
