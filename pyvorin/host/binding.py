"""Ties one group of native functions to the live functions of one namespace: fills its slots, then patches.

In: a loaded group, its part of the manifest, the functions found.  The order keeps every moment safe: a slot whose object
is not there or not as assumed holds NULL, for which native code goes to CPython; a function is patched when all slots were
filled; an object that dies takes its address out of the slots before its memory can be used again.

Constants and code objects are referred to strongly; functions, modules and classes weakly, so that a module that the program
drops goes away with all its functions.  The namespace itself is reached through the functions.
"""

from __future__ import annotations

import sys
from _weakref import ref

from pyvorin.host import assumptions, literals, patch
from pyvorin.host import namespace as namespaces
from pyvorin.host.assumptions import ABSENT
from pyvorin.host.namespace import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

    from pyvorin.cache import manifest
    from pyvorin.host.codes import Codes
    from pyvorin.host.native import Group
    from pyvorin.host.observe import Observer
    from pyvorin.host.resumption import LoopHead, Resumption

    Wish = Callable[[str, FunctionType, str], None]

TRIGGERS = (2, 16, 256)
"""The counts of calls at which an observer calls back."""
TRIGGERS_WAITING = (*range(1, 17), 32, 64, 128, 256)
"""When the program waits for its specialisations anyway, as tests and benchmarks do: nearly every new signature counts."""

LOST_CALLS = 32
"""So many calls may leave in the middle, having done little, until native code is given up; four native ones make up for one."""
DISABLED = "0 disabled"
"""The words of a group, one for each native entry, by which calls are handed on (`compiler/lower/entry.py`)."""
UNPROFITABLE = "UNPROFITABLE"  # not from core.reasons, which a warm start does without

_KEPT = frozenset({"miss", "callback", "trigger", "revalidate", "restore", "resume", "reenter", "loophead", "word"})
"""Slots that are written once; the others are filled again whenever the namespace is looked at."""


class Registry:
    """All patches of this process, by the address of the function: what has to be undone, and who owns a function."""

    __slots__ = ("owners",)

    def __init__(self) -> None:
        self.owners: dict[int, tuple[Binding, patch.Patch]] = {}

    def undo_all(self) -> None:
        """Give every function back to CPython."""
        for binding in {id(owner): owner for owner, _ in list(self.owners.values())}.values():
            binding.release()


class Binding:
    """One group, bound to the functions of one namespace.

    wish: called with (qualified name, function, signature) when an observer asks for a specialisation.
    poll: takes the compiler's answers in; whether one is outstanding for the module.
    signatures: for each qualified name those already asked for; `wish` adds to it.
    waits: whether the program waits for its specialisations.
    functions: those that are patched, by address.  given_back: the names of those that CPython has been left to run.
    """

    __slots__ = (
        "_chains",
        "_code_index",
        "_codes",
        "_ended",
        "_facts",
        "_kept",
        "_lost",
        "_patched",
        "_poll",
        "_registry",
        "_resumption",
        "_triggers",
        "_weak",
        "_wish",
        "functions",
        "given_back",
        "group",
        "rows",
        "signatures",
    )

    def __init__(
        self,
        group: Group,
        rows: manifest.Group,
        codes: Codes,
        registry: Registry,
        signatures: dict[str, list[str]],
        waits: bool,
        wish: Wish,
        poll: Callable[[], bool],
    ) -> None:
        """Raises ValueError if the manifest does not describe the group."""
        self.group = group
        self.rows = rows
        self.signatures = signatures
        self._code_index = codes
        self._registry = registry
        self._triggers = TRIGGERS_WAITING if waits else TRIGGERS
        self._wish = wish
        self._poll = poll
        self._facts = {fact.name: fact for fact in rows.facts}
        self._chains: dict[str, list[int]] = {}
        for entry in rows.entries:
            if entry.qualname:  # an observer that no function has come to need has none
                self._chains.setdefault(entry.qualname, []).append(entry.index)
        self.functions: dict[int, tuple[str, ref[FunctionType]]] = {}
        self.given_back: set[str] = set()
        self._kept: list[object] = []
        self._weak: dict[int, object] = {}
        self._codes: dict[str, CodeType] = {}
        self._resumption: Resumption | None = None
        self._lost = self._ended = 0
        self._patched: dict[str, ref[FunctionType]] = {}
        counters = [entry.counter for entry in rows.entries] + [exit_.counter for exit_ in rows.exits]
        if (
            [entry.index for entry in rows.entries] != list(range(len(group.entries)))
            or any(not 0 <= slot.index < group.n_slots for slot in rows.slots)
            or any(not 0 <= counter < group.n_counters for counter in counters)
        ):
            raise ValueError("the manifest does not describe the artifact's group")
        self._write_fixed()

    @property
    def qualnames(self) -> Iterable[str]:
        """The functions that have entries here."""
        return self._chains.keys()

    def concerns(self, functions: Iterable[tuple[str, FunctionType]], names: Iterable[str]) -> bool:
        """Whether something here depends on one of these functions or global names."""
        return any(name in self._facts for name in names) or any(qualname in self._chains for qualname, _ in functions)

    def bind(
        self, functions: Iterable[tuple[str, FunctionType]], namespace: dict[str, object]
    ) -> list[tuple[str, FunctionType]]:
        """Fill the slots from the namespace, then patch those of the functions that are not patched yet; returns these.

        functions: with their qualified names, those of `namespace` whose code is that of the source.
        """
        mine = [(qualname, function) for qualname, function in functions if qualname in self._chains]
        self._forget_others(namespace)
        self._fill(namespace, dict([*self._live(), *mine]))
        return [
            (qualname, function)
            for qualname, function in mine
            if id(function) not in self.functions
            and qualname not in self.given_back
            and self._patch(qualname, function)
        ]

    def rebind(self) -> None:
        """Fill the slots again from the namespace as it is now.  Native code asks for it when a fact does not hold."""
        live = self._live()
        if live:
            self._fill(live[-1][1].__globals__, dict(live))

    def release(self) -> None:
        """Give all functions back to CPython and refer to nothing of theirs."""
        for address in list(self.functions):
            self._give_back(address)
        self._clear()

    def disown(self, function: FunctionType, entry: int) -> None:
        """Another binding of the same namespace has taken the function over: its calls go to `entry`.

        So does a call that is waiting in an observer here, and the one that made the specialisation wanted has it already.
        """
        qualname, _ = self.functions.pop(id(function), ("", None))
        if not any(name == qualname for name, _ in self.functions.values()):
            for row in self.rows.entries:
                if row.qualname == qualname and row.kind == "observe":
                    self._set_miss(row.index, entry)
        if not self.functions:
            self._clear()

    # Slots.

    def _write_fixed(self) -> None:
        entries, slots = self.group.entries, self.group.slots
        following: dict[int, int] = {}
        for chain in self._chains.values():
            for position in range(1, len(chain)):
                following[chain[position - 1]] = entries[chain[position]]
        for slot in self.rows.slots:
            if slot.kind == "miss":
                slots[slot.index] = following.get(int(slot.argument), patch.standard_entry())
            elif slot.kind == "word":
                slots[slot.index] = int(slot.argument.partition(" ")[0]) % 2**64
            elif slot.kind == "trigger":
                slots[slot.index] = self._triggers[0]
            elif slot.kind == "callback":
                if self.rows.entries[int(slot.argument)].qualname:
                    self._keep(slot.index, self._observer(int(slot.argument)))
            elif slot.kind == "revalidate":
                self._keep(slot.index, self._revalidate)
            elif slot.kind == "restore":
                self._keep(slot.index, self._restore)
            elif slot.kind == "resume":
                self._keep(slot.index, self._resume)
            elif slot.kind == "reenter":
                self._keep(slot.index, self._reenter)
            elif slot.kind == "object":
                self._keep(slot.index, literals.constant(slot.argument))

    def _keep(self, index: int, value: object) -> None:
        # Kept for as long as the library, which is for ever: native code may be between reading the slot and using it.
        _immortal.append(value)
        self.group.slots[index] = id(value)

    def _fill(self, namespace: dict[str, object], live: dict[str, FunctionType]) -> None:
        slots = self.group.slots
        weak: dict[int, object] = {}
        kept: list[object] = []
        for slot in self.rows.slots:
            if slot.kind in _KEPT or slot.kind == "object":
                continue
            value = self._value(slot.kind, slot.argument, namespace, live)
            if value is ABSENT:
                slots[slot.index] = 0
                continue
            if issubclass(type(value), (FunctionType, ModuleType, type)):
                address = id(value)
                if address not in weak:
                    weak[address] = ref(value, self._weak_target_died(address))
            elif slot.kind not in ("globals", "builtins"):
                kept.append(value)
            if slot.kind == "code":
                self._codes[slot.argument] = value  # type: ignore[assignment]
            slots[slot.index] = id(value)
        # What the slots held before is let go only now.
        self._weak, self._kept = weak, kept

    def _value(self, kind: str, argument: str, namespace: dict[str, object], live: dict[str, FunctionType]) -> object:
        if kind == "globals":
            return namespace
        if kind == "builtins":
            return assumptions.builtins_of(namespace)
        if kind == "builtin":
            return assumptions.genuine_builtin(argument, namespace)
        if kind == "imported":
            module, _, attribute = argument.partition(":")
            return assumptions.imported(module, attribute)
        if kind == "global":
            fact = self._facts.get(argument)
            if fact is None:
                return ABSENT
            return assumptions.holds(fact.kind, fact.name, fact.detail, namespace, self._code_index.is_code_of)
        if kind in ("function", "code"):
            function = self._function(argument, namespace, live)
            if function is None:
                return ABSENT
            return function if kind == "function" else function.__code__
        if kind == "tracer":
            watching = sys.modules.get("pyvorin.host.main_script")
            return watching.tracers[0] if watching is not None and watching.tracers else ABSENT
        if kind == "defaults":
            qualname, _, text = argument.partition(" ")
            function = self._function(qualname, namespace, live)
            defaults = None if function is None else function.__defaults__
            return defaults if assumptions.is_plain(defaults) and repr(defaults) == text else ABSENT
        return ABSENT

    def _function(
        self, qualname: str, namespace: dict[str, object], live: dict[str, FunctionType]
    ) -> FunctionType | None:
        """The function of this name: the one that the global is bound to, if it is of this source, else one that was found."""
        bound = namespace.get(qualname)
        if namespaces.is_function(bound) and self._code_index.is_code_of(bound, qualname):  # type: ignore[arg-type]
            return bound  # type: ignore[return-value]
        return live.get(qualname)

    def _weak_target_died(self, address: int) -> Callable[[object], None]:
        slots, rows = self.group.slots, self.rows.slots

        def clear(dead: object) -> None:
            # The memory is freed only after this.
            if self._weak.get(address) is dead:
                del self._weak[address]
                for slot in rows:
                    if slot.kind not in _KEPT and slots[slot.index] == address:
                        slots[slot.index] = 0

        return clear

    def _clear(self) -> None:
        for slot in self.rows.slots:
            if slot.kind not in _KEPT and slot.kind != "object":
                self.group.slots[slot.index] = 0
        self._weak, self._kept = {}, []

    def _set_miss(self, entry: int, address: int) -> None:
        for slot in self.rows.slots:
            if slot.kind == "miss" and int(slot.argument) == entry:
                self.group.slots[slot.index] = address

    # Functions.

    def _patch(self, qualname: str, function: FunctionType) -> bool:
        address = id(function)
        entry = self.group.entries[self._chains[qualname][0]]
        owner, applied = self._registry.owners.get(address, (None, None))
        if owner is not None and applied is not None:
            patch.redirect(applied, entry)
            owner.disown(function, entry)
        else:
            try:
                applied = patch.apply(function, entry, self._function_died(address))
            except patch.PatchError:
                return False
        self._registry.owners[address] = (self, applied)
        self.functions[address] = (qualname, applied.reference)
        self._patched[qualname] = applied.reference
        return True

    def _function_died(self, address: int) -> Callable[[object], None]:
        owners = self._registry.owners

        def forget(dead: object) -> None:
            # Whoever owns the function now, which need not be the binding that patched it first.
            owner, applied = owners.get(address, (None, None))
            if owner is not None and applied is not None and applied.reference is dead:
                del owners[address]
                owner.functions.pop(address, None)
                if not owner.functions:
                    owner._clear()

        return forget

    def _give_back(self, address: int) -> None:
        owner, applied = self._registry.owners.get(address, (None, None))
        if owner is self and applied is not None:
            patch.undo(applied)
            del self._registry.owners[address]
        self.functions.pop(address, None)

    def _live(self) -> list[tuple[str, FunctionType]]:
        found = ((qualname, reference()) for qualname, reference in list(self.functions.values()))
        return [(qualname, function) for qualname, function in found if function is not None]

    def _forget_others(self, namespace: dict[str, object]) -> None:
        """One set of slots serves one namespace: functions of an earlier one (the module was imported anew) go to CPython."""
        if any(function.__globals__ is not namespace for _, function in self._live()):
            self.release()

    def _revalidate(self, *_: object) -> None:
        self.rebind()

    def _restore(self, function: FunctionType) -> None:
        """The function recurses in CPython: the interpreter alone can do that without using up the C stack."""
        qualname, _ = self.functions.get(id(function), ("", None))
        self._give_back(id(function))
        if qualname:
            self.given_back.add(qualname)

    # Leaving in the middle of a function.

    def _resume(self, point: int, values: list[object]) -> tuple[object, object]:
        if self._resumption is None:
            self._resumption = self._new_resumption()
        if not self._resumption.is_progress(point, values):
            self._lose()
        return self._resumption.resume(point, values)

    def _lose(self) -> None:
        ended = sum(self.group.counters[entry.counter] for entry in self.rows.entries if entry.kind == "native")
        self._lost = max(0, self._lost - (ended - self._ended) // 4) + 1
        self._ended = ended
        if self._lost > LOST_CALLS:
            self._leave_to_cpython()

    def _leave_to_cpython(self) -> None:
        """Leaving costs more than native code saves: the interpreter calls these functions in its own way from now on."""
        for address, (qualname, _) in list(self.functions.items()):
            self._give_back(address)
            self.given_back.add(qualname)
        for slot in self.rows.slots:
            if slot.kind == "word" and slot.argument.startswith(DISABLED):
                self.group.slots[slot.index] = 1
        for row in self.rows.exits:
            if row.reason == UNPROFITABLE and not self.group.counters[row.counter]:
                self.group.counters[row.counter] = 1

    def _reenter(self, token: LoopHead) -> tuple[object, object]:
        assert self._resumption is not None  # it has made the continuation that returned the token
        return self._resumption.enter(token)

    def _new_resumption(self) -> Resumption:
        from pyvorin.host import resumption

        for slot in self.rows.slots:
            if slot.kind == "loophead":
                self._keep(slot.index, resumption.LoopHead)
        return resumption.Resumption(self.group.resume_table(), self._resumed_function)

    def _resumed_function(self, qualname: str) -> FunctionType:
        """The function that native code is running; one with its code if the program has dropped it meanwhile."""
        # Whoever is calling the function that was entered keeps that alive, even if its patch has been taken away since.
        live = {name: function for name, reference in self._patched.items() if (function := reference()) is not None}
        namespace = next(iter(live.values())).__globals__
        found = self._function(qualname, namespace, live)
        return found if found is not None else FunctionType(self._codes[qualname], namespace)

    # Observers.

    def _observer(self, entry: int) -> Callable[[FunctionType, tuple[object, ...]], None]:
        """What an observing entry calls.  The observer itself is made at the first call: most are never called."""
        observer: Observer | None = None

        def look(function: FunctionType, args: tuple[object, ...]) -> None:
            nonlocal observer
            if observer is None:
                # First of all: what follows runs Python code, which may call the function again.
                self.set_trigger(entry, sys.maxsize)
                try:
                    observer = self._new_observer(entry)
                except Exception:  # out of descriptors, or our own files are gone: the function stays as it is
                    return
            observer(function, args)

        return look

    def _new_observer(self, entry: int) -> Observer:
        from pyvorin.host import observe

        qualname = self.rows.entries[entry].qualname
        native = [row.signature for row in self.rows.entries if row.qualname == qualname and row.kind == "native"]
        return observe.Observer(
            frozenset(native),
            self.signatures.setdefault(qualname, []),
            self._triggers,
            lambda function, signature: self._wish(qualname, function, signature),
            self._poll,
            lambda count: self.set_trigger(entry, count),
            lambda: self.retire(entry),
        )

    def set_trigger(self, entry: int, count: int) -> None:
        """The count of calls at which the observer `entry` calls back next."""
        for slot in self.rows.slots:
            if slot.kind == "trigger" and int(slot.argument) == entry:
                self.group.slots[slot.index] = count

    def retire(self, entry: int) -> None:
        """Take an observer out of its chain; a function that has nothing else is given back to CPython."""
        qualname = self.rows.entries[entry].qualname
        chain = self._chains[qualname]
        if entry not in chain:
            return
        position = chain.index(entry)
        after = self.group.entries[chain[position + 1]] if position + 1 < len(chain) else patch.standard_entry()
        if position:
            self._set_miss(chain[position - 1], after)
        for address, (name, _) in list(self.functions.items()):
            owner, applied = self._registry.owners.get(address, (None, None))
            if name != qualname or owner is not self or applied is None or position:
                continue
            if len(chain) > 1:
                patch.redirect(applied, after)
            else:
                self._give_back(address)
        chain.remove(entry)
        if not chain:
            del self._chains[qualname]


_immortal: list[object] = []
