"""Making native code leave: the words of `pyvorin/compiler/lower/trips.py`, written through the bindings of a module.

Each group of native functions has words of its own.  A *plan* says what to write where; it is plain data, so that it can be
reported and followed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyvorin.compiler.lower.trips import LEFT, NEXT, TAKEN
from pyvorin.host import activation
from pyvorin.host.continuation import progress

UNLIMITED = 1 << 40
"""More operations than any call makes."""
REENTRIES = ("always", "never", "as it is worth")
"""Whether CPython comes back to native code at loops' heads."""


class Plan:
    """left: {group: the operation that is refused}.  gaps: after how many more another one is, up to eight, again and again."""

    __slots__ = ("gaps", "left", "reentry")

    def __init__(self, left: dict[int, int], gaps: tuple[int, ...] = (), reentry: str = "always") -> None:
        self.left = left
        self.gaps = gaps
        self.reentry = reentry

    def __str__(self) -> str:
        where = ", ".join(f"operation {left} of group {group}" for group, left in self.left.items())
        then = f", then each {' '.join(map(str, self.gaps))}" if self.gaps else ""
        return f"left at {where}{then}, re-entered {self.reentry}"


class Words:
    """The words of a module's groups, as they are loaded now."""

    def __init__(self, module: str) -> None:
        self._groups: list[tuple[Any, dict[str, int]]] = []
        active = activation.current
        session = active.session if active is not None else None
        loaded = session.modules[module].loaded if session is not None and module in session.modules else None
        self._bindings = list(loaded.bindings) if loaded is not None else []
        for bound in self._bindings:
            slots = bound.rows.slots.get("word", {})
            found = {argument.partition(" ")[2]: index for argument, index in slots.items()}
            if LEFT in found:
                self._groups.append((bound.group.slots, found))

    def _write(self, group: int, name: str, value: int) -> None:
        slots, found = self._groups[group]
        slots[found[name]] = value

    def _read(self, group: int, name: str) -> int:
        slots, found = self._groups[group]
        return int(slots[found[name]])

    @contextmanager
    def follow(self, plan: Plan) -> Iterator[None]:
        """Inside, native code leaves as planned."""
        gaps = int.from_bytes(bytes((plan.gaps * 8)[:8]), "little")
        before = progress.Progress.use, progress.Losses.are_too_many
        # Functions that leave all the time are not given back to CPython here.
        progress.Losses.are_too_many = lambda self, saved: False  # type: ignore[method-assign]
        if plan.reentry != "as it is worth":
            uses = plan.reentry == "always"
            progress.Progress.use = lambda self: uses  # type: ignore[method-assign]
        for group in range(len(self._groups)):
            self._write(group, TAKEN, 0)
            self._write(group, NEXT, gaps)
            self._write(group, LEFT, plan.left.get(group, 0))
        try:
            yield
        finally:
            for group in range(len(self._groups)):
                self._write(group, NEXT, 0)
            progress.Progress.use, progress.Losses.are_too_many = before  # type: ignore[method-assign]

    def forget(self) -> None:
        """Have all continuations made anew."""
        for bound in self._bindings:
            bound._resumption = None

    def unlimited(self) -> Plan:
        """A plan under which nothing is refused; afterwards `operations` says how many there were."""
        return Plan(dict.fromkeys(range(len(self._groups)), UNLIMITED))

    def operations(self) -> dict[int, int]:
        """How many operations each group has made under `unlimited`; only those that made any."""
        counts = {group: UNLIMITED - self._read(group, LEFT) for group in range(len(self._groups))}
        return {group: count for group, count in counts.items() if count}

    def taken(self) -> int:
        """How often native code has left since the last plan began."""
        return sum(self._read(group, TAKEN) for group in range(len(self._groups)))
