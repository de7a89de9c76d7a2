"""One group: a function, its specialisations, all that they call, and its observer -> LLVM IR and the manifest's rows.

The object of a group depends only on what `parts` names, so an edit recompiles exactly the functions that contain it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from pyvorin.cache import manifest
from pyvorin.cache.outline import TAKE_OVER
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.frontend.facts import Fact
from pyvorin.compiler.frontend.function import Untyped
from pyvorin.compiler.hir.ir import Instr
from pyvorin.compiler.infer import specialise
from pyvorin.compiler.infer.instances import NO_ARGUMENT, Asked, Attempt, Head, Instance, Program, reachable
from pyvorin.compiler.lower import assumptions, drive, entry, outcalls, reentry
from pyvorin.compiler.lower.classes import used_classes
from pyvorin.compiler.lower.function import FunctionLowering
from pyvorin.compiler.lower.looking import alike
from pyvorin.compiler.passes import place_exits, unbox_lists
from pyvorin.compiler.passes.analysis import nans, worth
from pyvorin.compiler.passes.analysis.loops import outermost_loops
from pyvorin.compiler.passes.analysis.recursion import called_by, longest_chain, recursive_among
from pyvorin.compiler.passes.analysis.stored import stored_parameters
from pyvorin.compiler.passing import prepare, simplify
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.core import reasons
from pyvorin.types.spec import BUFFER_NAMES, Type, signature_text

Lookup = Callable[[str], Untyped]

PYTHON_NAMES = {
    "loose": "array",
    "random": "Random",
    "none": "NoneType",
    "char": "str",
    "tuples": "tuple",
    "bound": "builtin_function_or_method",
    "builtin": "builtin_function_or_method",
    "number": "object",
    "union": "object",
    "kwargs": "dict",
}
"""Static types that Python calls something else."""
HEADS_ALLOWED, HEADS_PER_INSTRUCTION = 200, 1
"""How many instructions the instances that begin at loops' heads may have together: so many, and so many for each other one."""


@dataclass(slots=True)
class Specialisation:
    """A signature of the root with the instances that it needs, root first."""

    types: tuple[Type, ...]
    instances: list[Instance]
    asked: Asked
    """What it depends on of what instances were seen to have."""
    taken: bool = False
    """Whether its HIR was given to the passes that change it."""
    simplified: bool = False
    """Whether the passes have seen it that come before the placing of exits."""
    lowered: list[Instance] = field(default_factory=list)
    """The instances that are still called, or entered by CPython, once calls are inlined."""

    @property
    def root(self) -> Instance:
        return self.instances[0]


@dataclass(frozen=True, slots=True)
class Observed:
    """At the head of a loop, one of the function's roots, CPython was seen with operands of these types."""

    root: int
    types: tuple[Type, ...]

    def __str__(self) -> str:
        return f"{self.root} {signature_text(self.types)}"


@dataclass(slots=True)
class GroupSource:
    """What a group is made of: a function, what it calls, the signatures to compile, those seen at the heads of loops; whether
    it has an observer."""

    root: Untyped
    closure: list[Untyped]
    signatures: list[tuple[Type, ...]] = field(default_factory=list)
    heads: list[Observed] = field(default_factory=list)
    observed: bool = True
    asked: Asked = field(default_factory=dict)
    """What it depends on of what instances were seen to have."""
    parts: set[str] = field(default_factory=set)
    """The functions of which its code has some form inside."""
    size: int = 0
    """Instructions of HIR, before any pass."""

    def include(self, specialisation: Specialisation) -> None:
        """Its functions may be in another form, which relies on other things."""
        self.asked |= specialisation.asked
        self.parts.update(instance.qualname for instance in specialisation.instances)
        self.size += sum(instance.size for instance in specialisation.instances)
        for instance in specialisation.instances:
            if instance.untyped not in self.closure:
                self.closure.append(instance.untyped)


def closure_of(root: Untyped, lookup: Lookup) -> list[Untyped]:
    """The function and all that it calls directly or not, in order of discovery.

    Raises:
        Reject: one of them cannot be compiled.
    """
    order = [root]
    for untyped in order:
        for name in sorted(untyped.uses.callees):
            callee = lookup(name)
            if callee not in order:
                order.append(callee)
    return order


def infer(root: Untyped, types: tuple[Type, ...], lookup: Lookup, attempt: Attempt | None = None) -> Specialisation:
    """Types for the function and its callees.

    attempt: if it leaves something out in the end, what is found is for the next attempt only.

    Raises:
        InferenceError: there are none.
        Reject: a callee cannot be compiled.
    """
    program = Program(lookup, attempt)
    instances = program.infer(root.source.qualname, types, specialise.run)
    return _complete(program, types, instances)


def infer_observed(root: Untyped, observed: Observed, lookup: Lookup, attempt: Attempt | None = None) -> Specialisation:
    """Types for what follows the head of a loop, and its callees.

    Raises:
        InferenceError: there are none.
        Reject: a callee cannot be compiled.
    """
    program = Program(lookup, attempt)
    instances = program.infer_observed(root.source.qualname, observed.root, observed.types, specialise.run)
    return _complete(program, observed.types, instances)


def _complete(program: Program, types: tuple[Type, ...], instances: list[Instance]) -> Specialisation:
    instances += _from_heads(program, instances)
    if program.left_out:
        return Specialisation(types, instances, program.asked)
    for instance in instances:
        # First of all passes: what it changes, the others need not look at.
        unbox_lists.run(instance.hir, program.solver)
    return Specialisation(types, instances, program.asked)


def is_worth_detours(specialisation: Specialisation) -> bool:
    """Whether a call can do much natively although parts of it are left to CPython.

    Some loop can go round natively; or only CPython comes to the head of one, and what is seen there will decide; or CPython is
    only called for expressions, and what is between them is worth it.
    """
    root = specialisation.root
    if not any(instance.may_resume and _leaves_for_good(instance) for instance in specialisation.lowered):
        return True
    return goes_round(specialisation) or len(root.untyped.hir.roots) > len({number for number, _ in root.heads})


def _leaves_for_good(instance: Instance) -> bool:
    return any(place_exits.is_detour(instr) for block in instance.hir.blocks for instr in block.instrs)


def works_on_objects(specialisation: Specialisation) -> bool:
    """Whether it does more than work on values of known types."""
    return worth.works_on_objects(specialisation.instances)


def pays(specialisation: Specialisation) -> bool:
    """Whether that is likely to be faster than CPython."""
    return worth.pays(specialisation.instances)


def waits_for_results(specialisation: Specialisation) -> bool:
    """Whether it calls CPython in loops, or for loops, for what nobody has seen yet, which tells whether it is faster."""
    in_loops = goes_round(specialisation)
    return any(outcalls.waits_for_results(instance, in_loops) for instance in specialisation.instances)


def goes_round(specialisation: Specialisation) -> bool:
    """Whether some loop of it can go round natively."""
    return any(outermost_loops(instance.hir) for instance in specialisation.instances)


def _from_heads(program: Program, instances: list[Instance]) -> list[Instance]:
    """The instances that begin at loops' heads of those given, and what only these call.

    Each is a copy of all that may follow, so they are limited to a multiple of the whole; inner loops come first, in which most
    exits are taken.
    """
    found: dict[Instance, None] = {}
    left = HEADS_ALLOWED + HEADS_PER_INSTRUCTION * sum(instance.size for instance in instances)
    heads = [(instance, root, head) for instance in instances for root, head in instance.heads]
    for instance, root, head in sorted(heads, key=lambda item: -len(item[2].point.path)):
        if not _can_be_passed(head):
            continue
        entered = program.infer_from(instance, root, head, specialise.run)
        if entered is None or entered in found:
            continue
        new = [other for other in reachable(entered) if other not in instances and other not in found]
        left -= sum(other.size for other in new)
        if left < 0:
            break
        found.update(dict.fromkeys(new))
    return list(found)


def _can_be_passed(head: Head) -> bool:
    """Whether all that the instance takes can be checked when it comes as objects."""
    types = [head.types[index] for index in head.arguments if index != NO_ARGUMENT]
    return all(ty.name in UNBOXABLE or ty.name in BUFFER_NAMES for ty in types)


def lower(
    group: GroupSource,
    specialisations: list[Specialisation],
    observed: list[Specialisation],
    python: tuple[int, int],
    symbol: str,
    source_of: Callable[[Untyped], dict[str, object]],
    with_trips: bool = False,
    is_draft: bool = False,
) -> tuple[str, manifest.Group]:
    """The group's LLVM IR, and its rows of the manifest; *source_of* gives what a continuation is made from.

    observed: those that begin at the heads of loops (`infer_observed`).

    with_trips: whether tests can make it leave (`lower/trips.py`).  is_draft: whether it is compiled fast, for now.

    Raises:
        InferenceError: an exit could follow an effect.
    """
    unit = Unit(python, with_trips, is_draft)
    rows = manifest.Group(0)
    qualname = group.root.source.qualname
    facts = _facts(group.closure)
    rows.facts = [manifest.Fact(name, fact.kind, fact.detail) for name, fact in sorted(facts.items())]
    rows.builtin_facts = sorted({name for untyped in group.closure for name in untyped.uses.builtins})
    relied_on = _assumptions(group.closure, facts)
    # Compiled to see what outcalls give: what is known then may be that it is not worth it.
    tentative = any(works_on_objects(found) and not pays(found) for found in specialisations)
    for found in (*specialisations, *observed):
        simplify(found)
    unit.tells_nans = nans.can_miss(i.hir for found in (*specialisations, *observed) for i in found.lowered)
    relied_on.classes = used_classes(i.hir for found in (*specialisations, *observed) for i in found.lowered)
    relied_on.functions = _called([*specialisations, *observed], group.closure)
    assumptions.define_check(unit, relied_on)

    def count(instance: Instance, code: str, instr: Instr) -> int:
        index = unit.counter()
        line, column = (instr.span.line, instr.span.column) if instr.span else (0, 0)
        rows.exits.append(manifest.Exit(index, instance.untyped.source.outer, code, line, column))
        return index

    instances = [instance for found in (*specialisations, *observed) for instance in found.instances]
    compiled = {name for i in instances for name in (i.qualname, *i.untyped.uses.inlined)}
    rows.within = sorted(compiled - {qualname})

    def observe() -> None:
        index, counter = len(unit.entries), unit.counter()
        entry.observer_entry(unit, f"entry{index}", index, counter)
        rows.entries.append(manifest.Entry(index, qualname, "observe", "", counter))

    if is_draft:
        # In front of native code: while there are only drafts, calls of theirs are where better code is asked for.
        observe()
    number = 0
    heads: list[tuple[str, Instance]] = []
    for specialisation in [*specialisations, *observed]:
        for instance in specialisation.instances:
            # Instances of different signatures share the unit, not their names.
            instance.number, number = number, number + 1
        prepare(specialisation, count)
        recursive, chain = recursive_among(specialisation.lowered), longest_chain(specialisation.root)
        for instance in specialisation.lowered:
            limit = None
            if instance in recursive:
                limit = unit.counter()
                line = instance.untyped.source.node.lineno
                rows.exits.append(manifest.Exit(limit, instance.untyped.source.outer, reasons.RECURSION_LIMIT, line, 0))
            counted = not recursive.isdisjoint([instance, *called_by(instance)])
            FunctionLowering(unit, instance, instance in recursive, counted, chain, limit).run()
        called = {i.qualname for i in specialisation.instances}
        inlined = {name for i in specialisation.instances for name in i.untyped.uses.inlined}
        # What was inside a function is part of its code.
        lifted = {i.qualname for i in specialisation.instances if i.untyped.source.nested is not None}
        callees = sorted((called | inlined) - lifted - {qualname})
        defaults = {name: text for u in group.closure for name, text in u.uses.defaults.items()}
        if specialisation.root.may_resume or specialisation.root.head is not None:
            heads += [
                (reentry.define(unit, instance, callees, defaults, chain), instance)
                for instance in specialisation.instances
                if instance.head is not None
            ]
        root = specialisation.root
        if root.head is not None:
            continue
        index, counter, trips, unprofitable = len(unit.entries), unit.counter(), unit.counter(), unit.counter()
        node = group.root.source.node
        rows.exits.append(manifest.Exit(unprofitable, qualname, reasons.UNPROFITABLE, node.lineno, node.col_offset))
        stored = stored_parameters(specialisation.lowered)[root]
        looks = any(alike(specialisation.types, other.types) for other in specialisations)
        entry.NativeEntry(
            root, f"entry{index}", index, counter, trips, unprofitable, callees, defaults, chain, stored, looks
        ).define(unit)
        rows.entries.append(manifest.Entry(index, qualname, "native", signature_text(specialisation.types), counter))
    if group.observed and not is_draft:
        observe()
    if observed:
        rows.entries.append(manifest.Entry(len(unit.entries), "", TAKE_OVER, "", unit.counter()))
        unit.entries.append(drive.define_handover(unit))
    table = _resume_table(unit, heads, [s.root.untyped for s in specialisations], source_of, tentative)
    rows.slots = [manifest.Slot(index, kind, argument) for index, (kind, argument) in enumerate(unit.slots)]
    return unit.text(symbol, table), rows


def _resume_table(
    unit: Unit,
    heads: list[tuple[str, Instance]],
    roots: list[Untyped],
    source_of: Callable[[Untyped], dict[str, object]],
    tentative: bool,
) -> bytes:
    """What the host makes continuations from, in the form of docs/exits.md; empty if nothing resumes.

    roots: the functions of which the host is to observe the loops that CPython comes to.
    """
    if not unit.has_drive and not unit.outcalls:
        return b""
    entries = []
    entered = []
    for name, instance in heads:
        assert instance.head is not None
        point = instance.head.point
        index = unit.point(instance, point)
        names = [_python_name(ty) for ty in instance.head.types[point.first_local :]]
        entries.append({"point": index, "types": names})
        entered.append((name, index))
    drive.define_entry_points(unit, entered)
    functions: dict[str, Untyped] = {}
    for instance, _ in (*unit.points, *unit.outcalls.values()):
        functions.setdefault(instance.qualname, instance.untyped)
    order = list(functions)
    table = {
        "functions": [source_of(untyped) for untyped in functions.values()],
        "tentative": tentative,
        "points": [point.as_data(order.index(instance.qualname)) for instance, point in unit.points],
        "entries": entries,
        "outcalls": [
            {
                "function": order.index(instance.qualname),
                "path": called.path,
                "names": called.names,
                "kind": called.kind,
                "key": called.key,
                "observed": outcalls.is_observed(instance, called),
            }
            for instance, called in unit.outcalls.values()
        ],
        "observed": [
            {"root": number, **root.point.as_data(order.index(untyped.source.qualname))}
            for untyped in {id(untyped): untyped for untyped in roots if untyped.detours is not None}.values()
            for number, root in enumerate(untyped.hir.roots)
            if root.point is not None and root.point.usable and untyped.source.qualname in order
        ],
    }
    return json.dumps(table, separators=(",", ":")).encode("utf-8")


def _python_name(ty: Type) -> str:
    return str(ty.args[0]) if ty.name == "instance" else PYTHON_NAMES.get(ty.name, ty.name)


def lower_observers(count: int, python: tuple[int, int], symbol: str) -> tuple[str, manifest.Group]:
    """A group of *count* observers, for functions that `observers_for` names: its code is the same for all modules."""
    unit = Unit(python)
    rows = manifest.Group(0)
    for index in range(count):
        counter = unit.counter()
        entry.observer_entry(unit, f"entry{index}", index, counter)
        rows.entries.append(manifest.Entry(index, "", "observe", "", counter))
    rows.slots = [manifest.Slot(index, kind, argument) for index, (kind, argument) in enumerate(unit.slots)]
    return unit.text(symbol), rows


def observer_count(functions: int) -> int:
    """How many observers are made for so many functions: few sizes, so that one object serves many modules."""
    count = 1
    while count < functions:
        count *= 2
    return count


def _called(specialisations: list[Specialisation], closure: list[Untyped]) -> dict[str, str | None]:
    """The functions that are called or inlined, with the default values that are used of them; only of who calls itself the root
    itself, which goes on with the code with which it has begun."""
    instances = [instance for found in specialisations for instance in found.instances]
    entered = {instance.qualname for instance in instances if instance.entered}
    names = {instance.qualname for instance in instances} - entered
    names |= {callee.qualname for instance in instances for callee in instance.callees}
    names.update(name for instance in instances for name in instance.untyped.uses.inlined)
    # What was inside a function is part of its code.
    names -= {instance.qualname for instance in instances if instance.untyped.source.nested is not None}
    defaults = {name: text for untyped in closure for name, text in untyped.uses.defaults.items()}
    return {name: defaults.get(name) for name in names}


def _facts(closure: list[Untyped]) -> dict[str, Fact]:
    return {name: fact for untyped in closure for name, fact in untyped.uses.facts.items()}


def _assumptions(closure: list[Untyped], facts: dict[str, Fact]) -> assumptions.Assumptions:
    found = assumptions.Assumptions()
    for name in sorted(facts):
        found.require_global(name)
    for name in sorted({name for untyped in closure for name in untyped.uses.builtins}):
        found.require_builtin(name)
    for module, name in sorted({pair for untyped in closure for pair in untyped.uses.attributes}):
        found.require_attribute(module, name)
        found.require_library(module)
    return found
