"""Look at an object's class once, as long as nothing can have changed it.

In: typed HIR with reference counts inserted.  Out: the same HIR, in which each instruction that relies on an object's class says
what of that is known where it stands, on all ways that lead there: an instruction before it has looked, and no code of the
program could run since.

    x = prim attr:x p; y = prim attr:y p    =>    x = prim attr:x p; y = prim attr:y p  known {type, version}

What is known of a value holds for the parameters that it is passed to; what is known of a class, for all its instances.
"""

from __future__ import annotations

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.effects import runs_code
from pyvorin.compiler.hir.ir import KEYS, LACKS, MEMBER, TYPE, VERSION, Block, Function, Instr, Target, Value
from pyvorin.compiler.passes.analysis.available import at_heads
from pyvorin.compiler.passes.analysis.dominance import reverse_postorder
from pyvorin.compiler.primitives.registry import Primitive
from pyvorin.types.spec import Type

Fact = tuple[object, ...]
"""TYPE and the value; VERSION or KEYS and the class; MEMBER, the primitive and the class; LACKS, the value and the name."""
LOOKING = frozenset({"attr", "attr.class", "method", "special", "super", "derives", "enum.attr"})
"""Prefixes of the primitives that compare the class of their first operand, and its version."""
STORING = frozenset({"attr.set", "attr.init", "attr.number"})
"""And of those that store into it, after which nothing is known."""
REQUIRING = frozenset({"method", "special", "super", "derives", "enum.attr"})
"""Those of the former that want a slot of their own to be filled."""
OF_CLASSES = frozenset({"instance", "class"})


def run(fn: Function) -> None:
    order = reverse_postorder(fn)
    before = at_heads(fn, order, _walk, _passed)
    for block in order:
        known = set(before[block])
        for instr in block.instrs:
            if _prefix(instr) in LOOKING | STORING and instr.args[0].ty.name in OF_CLASSES:
                facts = {kind: fact for kind, fact in _facts(instr).items() if fact in known}
                instr.known = tuple(facts)
            _step(instr, known)


def _prefix(instr: Instr) -> str:
    if instr.op is not ops.PRIM or not isinstance(instr.payload, Primitive) or not instr.args:
        return ""
    return instr.payload.name.partition(":")[0]


def _facts(instr: Instr) -> dict[str, Fact]:
    """What the instruction makes sure of, or relies on."""
    name, value = instr.payload.name, instr.args[0]
    prefix, _, rest = name.partition(":")
    owner: Type = value.ty.args[0]
    facts: dict[str, Fact] = {TYPE: (TYPE, value), VERSION: (VERSION, owner)}
    if prefix in REQUIRING:
        facts[MEMBER] = (MEMBER, name, owner)
    if prefix == "method" and value.ty.name == "instance":
        facts[KEYS] = (KEYS, owner)
        facts[LACKS] = (LACKS, value, rest.partition("/")[0])
    return facts


def _walk(block: Block, known: set[Fact]) -> None:
    for instr in block.instrs:
        _step(instr, known)


def _step(instr: Instr, known: set[Fact]) -> None:
    """What is known behind the instruction, given what is known in front of it."""
    result = instr.result
    if runs_code(instr):
        known.clear()
    elif _prefix(instr) in LOOKING and instr.args[0].ty.name in OF_CLASSES:
        known.update(_facts(instr).values())
    elif (
        result is not None
        and result.ty.name in OF_CLASSES
        and (instr.op is ops.UNBOX or (instr.op is ops.PRIM and instr.payload.name.startswith("class:")))
    ):
        known.add((TYPE, result))


def _passed(known: set[Fact], target: Target) -> frozenset[Fact]:
    """What is known at the head of the successor, if control comes this way."""
    if any(runs_code(instr) for instr in target.before):
        return frozenset()
    renamed: dict[object, list[Value]] = {}
    for param, arg in zip(target.block.params, target.args):
        renamed.setdefault(arg, []).append(param)
    passed: set[Fact] = set()
    for fact in known:
        if fact[0] in (TYPE, LACKS):
            passed.update((fact[0], param, *fact[2:]) for param in renamed.get(fact[1], ()))
        else:
            passed.add(fact)
    return frozenset(passed)
