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

from pyvorin.cache.outline import COUNTER, KIND, QUALNAME
from pyvorin.host import assumptions, literals, patch
from pyvorin.host import namespace as namespaces
from pyvorin.host.assumptions import ABSENT
from pyvorin.host.namespace import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import CodeType

    from pyvorin.cache.outline import Outline
    from pyvorin.host.codes import Codes
    from pyvorin.host.continuation.progress import Stay
    from pyvorin.host.continuation.resume import LoopHead
    from pyvorin.host.native import Group
    from pyvorin.host.observe import Observer
    from pyvorin.host.patch import Registry
    from pyvorin.host.resumption import Resumption

    Wish = Callable[[str, FunctionType, str], None]
    Heat = Callable[[str, FunctionType, int], bool]
    Found = Mapping[str, list[FunctionType]]

TRIGGERS = (2, 16, 256)
"""The counts of calls at which an observer calls back."""
TRIGGERS_WAITING = (*range(1, 17), 32, 64, 128, 256)
"""When the program waits for its specialisations anyway, as tests and benchmarks do: nearly every new signature counts."""

DISABLED = "0 disabled"
"""The words of a group, one for each native entry, by which calls are handed on; the counter of that follows the name."""

_ATTRIBUTES = ("classattr", "attribute", "stored", "ownmethod", "supermethod", "keys")
_OF_RECORDS = ("record", "recordnew", "recordreplace")
_OF_CLASSES = (
    "class", "classversion", "derives", "actsas", "new", "member", "enumattr", "enumop", *_OF_RECORDS, *_ATTRIBUTES,
)  # fmt: skip
"""Slots that say what a class is, filled together."""
_CALLBACKS = ("callback", "revalidate", "restore", "resume", "reenter", "outcaller")
_OF_OUTCALLS = ("loophead", "outcall", "ended", "exhausted", "raising")
_FIXED = ("miss", "trigger", "word", "object", "method", "definition", "callable", *_OF_OUTCALLS, *_CALLBACKS)
"""Slots that are written when the group is bound for the first time."""
_LIVE = ("globals", "builtins", "builtin", "imported", "global", "code", "function", "defaults", "tracer", *_OF_CLASSES)
"""Slots that are filled again whenever the namespace is looked at."""
_KINDS = frozenset((*_FIXED, *_LIVE))

_NONE: dict[str, int] = {}


class Binding:
    """One group, bound to the functions of one namespace.

    wish: called with (qualified name, function, signature) when an observer asks for a specialisation.
    heat: called when it sees that CPython calls what is compiled as a part of others; whether that is noted.
    poll: takes the compiler's answers in; whether one is outstanding for the module.  is_current: no later artifact is loaded.
    signatures: for each qualified name those already asked for; `wish` adds to it.  waits: whether the program waits for them.
    rows: the group's rows of the manifest.  functions: those that are patched, by address.
    given_back: the names of those that CPython has been left to run.
    """

    __slots__ = (
        "_chains",
        "_code_index",
        "_codes",
        "_kept",
        "_patched",
        "_registry",
        "_resumption",
        "_weak",
        "functions",
        "given_back",
        "group",
        "heat",
        "is_current",
        "poll",
        "rows",
        "signatures",
        "triggers",
        "waits",
        "wish",
    )

    def __init__(
        self,
        group: Group,
        rows: Outline,
        codes: Codes,
        registry: Registry,
        signatures: dict[str, list[str]],
        waits: bool,
        wish: Wish,
        poll: Callable[[], bool],
        heat: Heat,
    ) -> None:
        """Raises ValueError if the manifest does not describe the group."""
        self.group = group
        self.rows = rows
        self.signatures = signatures
        self._code_index = codes
        self._registry = registry
        self.waits, self.is_current = waits, True
        self.triggers = TRIGGERS_WAITING if waits else TRIGGERS
        self.wish, self.poll, self.heat = wish, poll, heat
        self._chains: dict[str, list[int]] = {}
        for index, entry in enumerate(rows.entries):
            if entry[QUALNAME]:  # an observer that no function has come to need has none
                self._chains.setdefault(entry[QUALNAME], []).append(index)
        self.functions: dict[int, tuple[str, ref[FunctionType]]] = {}
        self.given_back: set[str] = set()
        self._kept: list[object] = []
        self._weak: dict[int, object] = {}
        self._codes: dict[str, CodeType] = {}
        self._resumption: Resumption | None = None
        self._patched: dict[str, ref[FunctionType]] = {}
        if (
            len(rows.entries) != len(group.entries)
            or rows.n_slots != group.n_slots
            or not _KINDS.issuperset(rows.slots)
        ):
            raise ValueError("the manifest does not describe the artifact's group")
        self._write_fixed()

    @property
    def qualnames(self) -> Iterable[str]:
        """The functions that have entries here."""
        return self._chains.keys()

    def concerns(self, functions: Iterable[str], names: Iterable[str]) -> bool:
        """Whether something here depends on one of these functions, given by qualified name, or global names."""
        return any(name in self.rows.facts for name in names) or any(qualname in self._chains for qualname in functions)

    def bind(self, functions: Found, namespace: dict[str, object]) -> list[tuple[str, FunctionType]]:
        """Fill the slots from the namespace, then patch those of the functions that are not patched yet; returns these.

        functions: by qualified name, those of `namespace` whose code is that of the source.
        """
        mine = [(qualname, function) for qualname in self._chains for function in functions.get(qualname, ())]
        if self.functions:
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
            for index, row in enumerate(self.rows.entries):
                if row[QUALNAME] == qualname and row[KIND] == "observe":
                    self._set("miss", index, entry)
        if not self.functions:
            self._clear()

    # Slots.

    def _write_fixed(self) -> None:
        """Write all slots at once: these, and NULL into the others.  No function has come to the group yet."""
        group, slots = self.group, self.rows.slots
        words = [0] * self.rows.n_slots
        following: dict[int, int] = {}
        for chain in self._chains.values():
            for position in range(1, len(chain)):
                following[chain[position - 1]] = group.entries[chain[position]]
        standard = patch.standard_entry()
        for entry, index in slots.get("miss", _NONE).items():
            words[index] = following.get(int(entry), standard)
        for index in slots.get("trigger", _NONE).values():
            words[index] = self.triggers[0]
        for entry, index in slots.get("callback", _NONE).items():
            if self.rows.entries[int(entry)][QUALNAME]:
                words[index] = keep(self._observer(int(entry)))
        callbacks = self.rebind, self._restore, self._resume, self._reenter, self._outcall
        for kind, callback in zip(_CALLBACKS[1:], callbacks):
            for index in slots.get(kind, _NONE).values():
                words[index] = keep(callback)
        literals.write(slots, words, keep)
        group.slots[0 : len(words)] = words

    def _fill(self, namespace: dict[str, object], live: dict[str, FunctionType]) -> None:
        slots = self.group.slots
        weak: dict[int, object] = {}
        kept: list[object] = []
        for kind, found in self.rows.slots.items():
            if kind in _FIXED or kind in _OF_CLASSES:
                continue
            for argument, index in found.items():
                value = self._value(kind, argument, namespace, live)
                if value is ABSENT:
                    slots[index] = 0
                    continue
                if issubclass(type(value), (FunctionType, ModuleType, type)):
                    address = id(value)
                    if address not in weak:
                        weak[address] = ref(value, self._weak_target_died(address))
                elif argument or kind not in ("globals", "builtins"):
                    kept.append(value)
                if kind == "code":
                    self._codes[argument] = value  # type: ignore[assignment]
                slots[index] = id(value)
        if "class" in self.rows.slots:
            from pyvorin.host import class_slots

            class_slots.fill(self.rows.slots, slots, namespace, weak, self._code_index, self._weak_target_died)
        # What the slots held before is let go only now.
        self._weak, self._kept = weak, kept

    def _value(self, kind: str, argument: str, namespace: dict[str, object], live: dict[str, FunctionType]) -> object:
        if kind in ("globals", "builtins"):
            scope = namespaces.loaded(argument) if argument else namespace
            return ABSENT if scope is None else scope if kind == "globals" else assumptions.builtins_of(scope)
        if kind == "builtin":
            return assumptions.genuine_builtin(*namespaces.scope_of(argument, namespace))
        if kind == "imported":
            module, _, attribute = argument.partition(":")
            return assumptions.imported(module, attribute)
        if kind == "global":
            fact = self.rows.facts.get(argument)
            if fact is None:
                return ABSENT
            return assumptions.holds(fact[0], argument, fact[1], namespace, self._code_index.is_code_of)
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
            return ABSENT if function is None else assumptions.constant_defaults(function, text)
        return ABSENT

    def _function(
        self, qualname: str, namespace: dict[str, object], live: dict[str, FunctionType]
    ) -> FunctionType | None:
        """The function of this name: the one that the global is bound to, if it is of this source, else one that was found."""
        if "." in qualname:
            from pyvorin.host import class_slots

            found = class_slots.method(qualname, namespace, self._code_index)
            if found is not None:
                return found
        own, scope = namespaces.scope_of(qualname, namespace)
        bound = scope.get(own)
        if namespaces.is_function(bound) and self._code_index.is_code_of(bound, qualname):
            return bound
        found = live.get(qualname)
        return found if found is not None and self._code_index.is_code_of(found, qualname) else None

    def _weak_target_died(self, address: int) -> Callable[[object], None]:
        def clear(dead: object) -> None:
            # The memory is freed only after this.
            if self._weak.get(address) is dead:
                del self._weak[address]
                slots = self.group.slots
                for index in self._live_slots():
                    if slots[index] == address:
                        slots[index] = 0

        return clear

    def _live_slots(self) -> list[int]:
        return [index for kind in _LIVE for index in self.rows.slots.get(kind, _NONE).values()]

    def _clear(self) -> None:
        for index in self._live_slots():
            self.group.slots[index] = 0
        self._weak, self._kept = {}, []
        if self._resumption is not None:
            self._resumption.forget_outcalls()

    def _set(self, kind: str, entry: int, value: int) -> None:
        """Write the slot of this kind that an entry has, if it has one."""
        index = self.rows.slots.get(kind, _NONE).get(str(entry))
        if index is not None:
            self.group.slots[index] = value

    # Functions.

    def _patch(self, qualname: str, function: FunctionType) -> bool:
        address = id(function)
        entry = self.group.entries[self._chains[qualname][0]]
        owner, applied = self._registry.owners.get(address, (None, None))
        if owner is not None and applied is not None:
            patch.redirect(applied, entry)
            owner.disown(function, entry)
        else:
            applied = patch.apply(function, entry, self._function_died(address))
            if applied is None:
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

    def _restore(self, function: FunctionType, low: bool) -> None:
        """The function recurses in CPython: the interpreter alone can do that without using up the C stack.

        low: there is so little of it left that all functions are given back, as any of them takes some when it is called.
        """
        for address in list(self._registry.owners) if low else [id(function)]:
            owner, _ = self._registry.owners.get(address, (self, None))
            qualname, _ = owner.functions.get(address, ("", None))
            owner._give_back(address)
            if qualname:
                owner.given_back.add(qualname)

    # Leaving in the middle of a function.

    def _resume(self, point: int, values: list[object], stay: Stay | None = None) -> tuple[object, object]:
        return self.resumption().resume(point, values, stay)

    def native_calls(self) -> int:
        """How many calls have ended natively."""
        counters = self.group.read_counters()
        return sum([counters[int(row[COUNTER])] for row in self.rows.entries if row[KIND] == "native"])

    def leave_to_cpython(self) -> None:
        """Leaving costs more than native code saves: the interpreter calls these functions in its own way from now on."""
        for address, (qualname, _) in list(self.functions.items()):
            self._give_back(address)
            self.given_back.add(qualname)
        for text, index in self.rows.slots.get("word", _NONE).items():
            if text.startswith(DISABLED) and not self.group.slots[index]:
                self.group.slots[index] = 1
                self.group.count(int(text.rpartition(" ")[2]))

    def _reenter(self, token: LoopHead) -> tuple[object, ...]:
        return self.resumption().enter(token)

    def _outcall(self, index: int) -> FunctionType:
        return self.resumption().outcall(index)

    def resumption(self) -> Resumption:
        """The group's continuations, made when the first is wanted."""
        if self._resumption is None:
            from pyvorin.host.resumption import Resumption

            self._resumption = Resumption(self)
        return self._resumption

    def newer(self, qualname: str) -> Binding | None:
        """The binding of code that was loaded later, if the function belongs to that now."""
        owner, _ = self._registry.owners.get(id(self.resumed_function(qualname)), (self, None))
        return None if owner is self else owner

    def resumed_function(self, qualname: str) -> FunctionType:
        """The function that native code is running; one with its code if the program has dropped it meanwhile."""
        # Whoever is calling the function that was entered keeps that alive, even if its patch has been taken away since.
        live = self._entered()
        namespace = next(iter(live.values())).__globals__
        code = self._codes[qualname]
        found = self._function(qualname, namespace, live)
        own, scope = namespaces.scope_of(qualname, namespace)
        return self._code_index.function_with(code, own, scope) if found is None else found

    def _entered(self) -> dict[str, FunctionType]:
        """The functions that have been patched and are still there."""
        return {name: function for name, reference in self._patched.items() if (function := reference()) is not None}

    def namespace(self) -> dict[str, object]:
        """That of the module whose functions are entered here, one of which is running."""
        return next(iter(self._entered().values())).__globals__

    # Observers.

    def _observer(self, entry: int) -> Callable[..., None]:
        """What an observing entry calls.  The observer itself is made at the first call: most are never called."""
        observer: Observer | None = None

        def look(function: FunctionType, args: tuple[object, ...], names: tuple[str, ...] = ()) -> None:
            nonlocal observer
            if observer is None:
                # First of all: what follows runs Python code, which may call the function again.
                self.set_trigger(entry, sys.maxsize)
                try:
                    from pyvorin.host import observe

                    observer = observe.observer_of(self, entry)
                except Exception:  # out of descriptors, or our own files are gone: the function stays as it is
                    return
            observer(function, args, names)

        return look

    def set_trigger(self, entry: int, count: int) -> None:
        """The count of calls at which the observer `entry` calls back next."""
        self._set("trigger", entry, count)

    def retire(self, entry: int) -> None:
        """Take an observer out of its chain; a function that has nothing else is given back to CPython."""
        qualname = self.rows.entries[entry][QUALNAME]
        chain = self._chains[qualname]
        if entry not in chain:
            return
        position = chain.index(entry)
        after = self.group.entries[chain[position + 1]] if position + 1 < len(chain) else patch.standard_entry()
        if position:
            self._set("miss", chain[position - 1], after)
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


def keep(value: object) -> int:
    """The address of an object that is kept for as long as the libraries are, which is for ever.

    Native code may be between reading a slot and using it.
    """
    _immortal.append(value)
    return id(value)
