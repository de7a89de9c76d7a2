"""Tuples that are only keys to be searched for are not made: the search is given their items.

A part of `replace_objects`, for the tuples that it takes apart; and a pass of its own:

In: typed HIR after `reuse_boxes`.  Out: an int that was made an object only to be an item of a key goes there as a number.

    k = prim tuple.make a, b; prim dict.find d, k     =>    prim dict.find.items:is d, a, b
    n = box a; prim setitem.items:os d, n, b, v       =>    prim setitem.items:is d, a, b, v

A tuple that may be stored is made by the store, if the key is new.  So that it is the same object for the program, the store must
be the last that is done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function, Instr, Value
from pyvorin.compiler.primitives.dict_ import PUTS
from pyvorin.compiler.primitives.item_keys import KEYS, LETTERS, STORES, SUFFIX, is_search
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Primitive
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import Type

MOST_ITEMS = 8
"""A longer tuple is made."""


def is_key(instr: Instr, index: int, types: tuple[Type, ...]) -> bool:
    """Whether the operand of this index, a tuple of these types, is only searched for, or stored if it is a new key."""
    if instr.op is not ops.PRIM or not 1 <= len(types) <= MOST_ITEMS or not all(ty.name in LETTERS for ty in types):
        return False
    name = instr.payload.name
    if name in STORES and not (instr.args[-1].ty.is_reference or instr.args[-1].ty.name in PUTS):
        return False
    return name in KEYS and is_search(name, index, instr.args[1 - KEYS[name]].ty.name)


def stored_early(fn: Function, keys: Iterable[Value], edges: list[tuple[Value, Value]]) -> set[Value]:
    """Those of the tuples, with all that may be the same ones, which something could still be done with when they were stored.

    edges: the arguments of targets, with the parameters that they are passed to.
    """
    same = {key: key for key in keys}

    def root(value: Value) -> Value:
        while same[value] is not value:
            value = same[value]
        return value

    for arg, param in edges:
        if arg in same and param in same:
            same[root(arg)] = root(param)
    early: set[Value] = set()
    for block in fn.blocks:
        passed = {root(arg) for target in block.targets for arg in target.args if arg in same}
        for instr in reversed(block.instrs):
            used = {root(arg) for arg in instr.args if arg in same}
            if _name(instr) in STORES:
                early |= used & passed
            passed |= used
    return {key for key in same if root(key) in early}


def searching(instr: Instr, items: list[Value], others: list[Value], box: Callable[[Value], Value]) -> Instr:
    """The instruction for the items of the key; *box* gives the object of an item that is not to be given as it is."""
    name = _name(instr)
    letters, given = "", []
    for item in items:
        # Where the object is there already, a key that is stored has that one.
        letter = "o" if name in STORES and item.ty.name == "int" else LETTERS[item.ty.name]
        letters += letter
        given.append(box(item) if letter == "o" else item)
    args = [others[0], *given, *others[1:]]
    return Instr(ops.PRIM, args, instr.result, _chosen(f"{name}{SUFFIX}:{letters}", args), instr.span)


def run(fn: Function) -> None:
    for block in fn.blocks:
        numbers = {i.out: i.args[0] for i in block.instrs if i.op is ops.BOX and i.args[0].ty.name == "int"}
        changed = False
        for instr in block.instrs:
            base, _, letters = _name(instr).partition(":")
            if not base.endswith(SUFFIX) or not numbers.keys() & set(instr.args[1:]):
                continue
            items = instr.args[1 : 1 + len(letters)]
            letters = "".join("i" if item in numbers else letter for item, letter in zip(items, letters))
            instr.args = [instr.args[0], *(numbers.get(item, item) for item in items), *instr.args[1 + len(items) :]]
            instr.payload = _chosen(f"{base}:{letters}", instr.args)
            changed = True
        if changed:
            used = {arg for i in block.instrs for arg in i.args} | {arg for t in block.targets for arg in t.args}
            block.instrs = [i for i in block.instrs if i.op is not ops.BOX or i.out in used]


def _name(instr: Instr) -> str:
    return str(instr.payload.name) if isinstance(instr.payload, Primitive) else ""


def _chosen(name: str, args: list[Value]) -> Primitive:
    choice = choose(name, tuple(arg.ty for arg in args), (NOT_CONSTANT,) * len(args))
    assert choice is not None, name
    return choice.primitive
