"""Make objects at once, and not at all where nobody could tell.

In: typed HIR in which calls are inlined, before exits are placed.  Out: the same HIR, in which an object whose `__init__` was
inlined is made with all its attributes by one instruction; and one that is only read, whose identity nothing asks for, is the
values of its attributes, in block parameters too (scalar replacement of aggregates, over the objects that reach one another).

    o = prim new:Vec/Vec.__init__; prim attr.set:x o, n          o = prim object.make:Vec/Vec.__init__/x x
    p = prim attr:x o; y = unbox p                         =>    y = x

So is a tuple of which only items are read, or that is only searched for (`search_by_items.py`).
What native code relies on of the class is checked where the object would be made (`object.class`), and of its methods where
these are called.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.infer.instances import Instance
from pyvorin.compiler.passes import place_exits, search_by_items
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Primitive
from pyvorin.compiler.primitives.table import choose
from pyvorin.types.spec import FLOAT, INT, NUMBER, OBJECT, Type, class_of

NEW, MAKE, CLASS = "new", "object.make", "object.class"
STORES, LOADS = ("attr.set", "attr.init"), ("attr", "attr.class")
CHECKS = ("method", "special")
TUPLE, ITEMS, COUNT = "tuple.make", ("getitem", "unpack.item"), "unpack.check"
MOST_FIELDS = 12
"""An object with more attributes is made as it was."""


def run(instance: Instance) -> None:
    """Of an instance of which it is known whether it has effects."""
    fn = instance.hir
    if not any(_kind(instr) in (NEW, MAKE, TUPLE) for block in fn.blocks for instr in block.instrs):
        return
    _drop_snapshots_without_use(instance)
    for block in fn.blocks:
        _make_at_once(block)
        _join_boxes(block)
    while _replace(fn):
        pass
    for block in fn.blocks:
        _join_boxes(block)


def is_simple(fn: Function) -> bool:
    """Whether an `__init__` does nothing with the object but to store attributes, and to read those that it has stored."""
    if len(fn.blocks) > 1:
        return False
    made, stored = fn.entry.params[0], set()
    for instr in fn.entry.instrs:
        if made not in instr.args or instr.op is ops.SNAPSHOT:
            continue
        kind, name = _kind(instr), _rest(instr)
        if instr.args[0] is not made or made in instr.args[1:]:
            return False
        if kind in STORES:
            stored.add(name)
        elif kind not in LOADS or name not in stored:
            return False
    return len(stored) <= MOST_FIELDS


def _kind(instr: Instr) -> str:
    return instr.payload.name.partition(":")[0] if isinstance(instr.payload, Primitive) else ""


def _rest(instr: Instr) -> str:
    return str(instr.payload.name.partition(":")[2]) if isinstance(instr.payload, Primitive) else ""


def _chosen(name: str, args: list[Value]) -> Primitive:
    choice = choose(name, tuple(arg.ty for arg in args), (NOT_CONSTANT,) * len(args))
    assert choice is not None, name
    return choice.primitive


def _drop_snapshots_without_use(instance: Instance) -> None:
    """Where nothing has an effect, all that leaves restarts: snapshots are only for the exceptions of signal handlers."""
    for block in instance.hir.blocks:
        for instr in block.instrs:
            if instr.op is ops.SNAPSHOT and instr.payload.protected:
                return
            if instance.has_effect or place_exits.is_detour(instr):
                return
            if instr.op is ops.CALL and instr.payload.may_resume:
                return
    for block in instance.hir.blocks:
        kept: list[Instr] = []
        for instr in reversed(block.instrs):
            if instr.op is not ops.SNAPSHOT or (kept and kept[-1].op is ops.POLL):
                kept.append(instr)
        block.instrs = kept[::-1]


# Objects made at once


def _make_at_once(block: Block) -> None:
    for new in [instr for instr in block.instrs if _kind(instr) == NEW and "/" in _rest(instr)]:
        calls = any(instr.constructs and instr.args[0] is new.result for instr in block.instrs)
        if not calls:
            _Making(block, new).run()


class _Making:
    """Collects what is stored into a new object, until something else is done with it."""

    def __init__(self, block: Block, new: Instr):
        self.block = block
        self.new = new
        self.made = new.out
        self.fields: dict[str, Value] = {}

    def run(self) -> None:
        instrs = self.block.instrs
        at = instrs.index(self.new)
        out, known = instrs[:at], _Known(instrs[:at])
        for index, instr in enumerate(instrs[at + 1 :], at + 1):
            name = _rest(instr)
            known.see(instr)
            if self.made not in instr.args and not instr.op.terminator:
                out.append(instr)
            elif _kind(instr) in STORES and instr.args[0] is self.made and instr.args[1] is not self.made:
                self.fields[name] = instr.args[1]
            elif _kind(instr) in LOADS and name in self.fields:
                _substitute(self.block, instr.out, self.fields[name])
            else:
                values = [known.unboxed(value) for value in self.fields.values()]
                name = "/".join([f"{MAKE}:{_rest(self.new)}", *self.fields])
                out.append(Instr(ops.PRIM, values, self.made, _chosen(name, values), self.new.span))
                self.block.instrs = [*out, *instrs[index:]]
                return


class _Known:
    """The numbers in a block from which objects were made."""

    def __init__(self, instrs: list[Instr]):
        self.boxes: dict[Value, Value] = {}
        for instr in instrs:
            self.see(instr)

    def see(self, instr: Instr) -> None:
        if instr.op is ops.BOX:
            self.boxes[instr.out] = instr.args[0]

    def unboxed(self, value: Value) -> Value:
        return self.boxes.get(value, value)


def _substitute(block: Block, old: Value, new: Value) -> None:
    for instr in block.instrs:
        instr.args = [new if arg is old else arg for arg in instr.args]
    for target in block.targets:
        target.args = [new if arg is old else arg for arg in target.args]


# Objects that are not made


@dataclass(slots=True)
class _Layout:
    """What an object that may be replaced is made of: how `object.make` is named, and the types of its attributes; nothing, and
    the types of its items, for a tuple."""

    text: str
    types: tuple[Type, ...]

    @property
    def is_tuple(self) -> bool:
        return not self.text

    @property
    def owner(self) -> str:
        return self.text.split("/")[0]

    @property
    def names(self) -> list[str]:
        return self.text.split("/")[2:]


def _replace(fn: Function) -> bool:
    """Replace the objects of which only attributes are read; whether there are any."""
    found = _replaceable(fn)
    if not found:
        return False
    parts: dict[Value, list[Value]] = {}
    for block in fn.blocks:
        for param in block.params:
            if param in found:
                parts[param] = _parameters(param, found[param])
    for block in fn.blocks:
        block.params = [part for param in block.params for part in parts.get(param, [param])]
        _Replacing(block, found, parts).run()
    for block in fn.blocks:
        for target in block.targets:
            target.args = [part for arg in target.args for part in parts.get(arg, [arg])]
    return True


def _parameters(param: Value, layout: _Layout) -> list[Value]:
    if layout.is_tuple:
        return [Value(param.name, ty) for ty in layout.types]
    kind = Value(None, class_of(layout.owner))
    return [kind, *(Value(name, ty) for name, ty in zip(layout.names, layout.types))]


def _replaceable(fn: Function) -> dict[Value, _Layout]:
    """The objects made here of which nothing but attributes is used, and the block parameters that only these are passed to."""
    layouts: dict[Value, _Layout | None] = {}
    constants: dict[Value, object] = {}
    for block in fn.blocks:
        if block is not fn.entry:
            layouts.update((param, None) for param in block.params if param.ty.name in ("instance", "tuple"))
        known_here = _Known([])
        for instr in block.instrs:
            known_here.see(instr)
            if instr.op is ops.CONST:
                constants[instr.out] = instr.payload
            elif _kind(instr) == MAKE:
                layouts[instr.out] = _Layout(_rest(instr), tuple(arg.ty for arg in instr.args))
            elif _kind(instr) == TUPLE:
                layouts[instr.out] = _Layout("", tuple(known_here.unboxed(arg).ty for arg in instr.args))
    edges = [
        (arg, param)
        for block in fn.blocks
        for target in block.targets
        for arg, param in zip(target.args, target.block.params)
        if arg in layouts or param in layouts
    ]
    lost: set[Value] = set()
    moved = True
    while moved:
        moved = False
        for arg, param in edges:
            mine = layouts.get(arg)
            if mine is not None and param in layouts and layouts[param] is None:
                layouts[param], moved = mine, True
            both = arg in layouts and param in layouts and not lost & {arg, param}
            if both and (mine is None or layouts[param] is None or mine == layouts[param]):
                continue
            more = {value for value in (arg, param) if value in layouts} - lost
            lost |= more
            moved |= bool(more)
        known = {value: layout for value, layout in layouts.items() if layout is not None and value not in lost}
        for block in fn.blocks:
            for instr in block.instrs:
                for index, arg in enumerate(instr.args):
                    if arg in known and arg not in lost and not _is_read(instr, index, known[arg], constants):
                        lost.add(arg)
                        moved = True
    found = {value: layout for value, layout in layouts.items() if layout is not None and value not in lost}
    early = search_by_items.stored_early(fn, (value for value in found if found[value].is_tuple), edges)
    return {value: layout for value, layout in found.items() if value not in early}


def _is_read(instr: Instr, index: int, layout: _Layout, constants: dict[Value, object]) -> bool:
    """Whether the instruction only reads a part that the object is made with, or looks at its class, or its length."""
    kind, rest = _kind(instr), _rest(instr)
    if layout.is_tuple and search_by_items.is_key(instr, index, layout.types):
        return True
    if index:
        return False
    if layout.is_tuple:
        count, number = len(layout.types), constants.get(instr.args[-1])
        is_index = type(number) is int and -count <= number < count
        return (kind in ITEMS and is_index) or (kind == COUNT and number == count)
    return (kind in LOADS and rest in layout.names) or (
        kind in CHECKS and rest.split("/")[0] not in layout.names and not rest.endswith("/none")
    )


class _Replacing:
    """Rewrites one block."""

    def __init__(self, block: Block, found: dict[Value, _Layout], parts: dict[Value, list[Value]]):
        self.block = block
        self.found = found
        self.parts = parts
        self.out: list[Instr] = []
        self.given: dict[Value, Value] = {}
        """By values that there are no more, those that take their place."""
        self.objects: dict[Value, Value] = {}
        """By objects that were read, the values from which they would be made."""
        self.boxes: dict[Value, Value] = {}
        self.numbers = _Known([])
        self.constants: dict[Value, int] = {}

    def run(self) -> None:
        for instr in self.block.instrs:
            if instr.op is ops.CONST and type(instr.payload) is int:
                self.constants[instr.out] = instr.payload
            if instr.op is not ops.UNBOX or not self.unbox(instr):
                instr.args = [self.given.get(arg, arg) for arg in instr.args]
                self.numbers.see(instr)
                self.instr(instr)
        self.block.instrs = self.out
        for target in self.block.targets:
            target.args = [self.given.get(arg, arg) for arg in target.args]
        self.box_passed()

    def instr(self, instr: Instr) -> None:
        kind = _kind(instr)
        if instr.result in self.found:
            self.parts[instr.out] = self.made(instr, self.found[instr.out])
        elif any(self.is_key(instr, index, arg) for index, arg in enumerate(instr.args)):
            parts = [part for arg in instr.args for part in self.parts.get(arg, [])]
            others = [self.of(arg, instr) for arg in instr.args if arg not in self.found]
            self.out.append(search_by_items.searching(instr, parts, others, lambda part: self.boxed(part, instr)))
        elif instr.args and instr.args[0] in self.found:
            self.read(instr, kind, self.found[instr.args[0]], self.parts[instr.args[0]])
        else:
            instr.args = [self.of(arg, instr) for arg in instr.args]
            self.out.append(instr)

    def is_key(self, instr: Instr, index: int, arg: Value) -> bool:
        return arg in self.found and search_by_items.is_key(instr, index, self.found[arg].types)

    def made(self, instr: Instr, layout: _Layout) -> list[Value]:
        """The parts of the object that the instruction would make."""
        values = [self.of(arg) for arg in instr.args]
        if layout.is_tuple:
            return [self.numbers.unboxed(value) for value in values]
        owner = Value(None, class_of(layout.owner))
        check = _chosen(f"{CLASS}:{layout.text}", [])
        self.out.append(Instr(ops.PRIM, [], owner, check, instr.span))
        return [owner, *values]

    def read(self, instr: Instr, kind: str, layout: _Layout, parts: list[Value]) -> None:
        """Replace an instruction that only reads, of an object that consists of these parts."""
        assert instr.result is not None
        if kind in CHECKS:
            check = _chosen(f"method:{_rest(instr)}", parts[:1])
            self.out.append(Instr(ops.PRIM, parts[:1], instr.result, check, instr.span))
        elif kind != COUNT:
            part = parts[self.constants[instr.args[1]] if layout.is_tuple else 1 + layout.names.index(_rest(instr))]
            self.objects[instr.out] = part
            if part.ty.is_reference:
                self.given[instr.out] = part

    def unbox(self, instr: Instr) -> bool:
        """Whether the value that was looked for is there without looking."""
        part = self.objects.get(instr.args[0])
        if part is None:
            return False
        if part.ty == instr.out.ty:
            self.given[instr.out] = part
            return True
        if instr.out.ty == NUMBER and part.ty in (INT, FLOAT):
            self.out.append(Instr(ops.PRIM, [part], instr.out, _chosen("widen", [part]), instr.span))
            return True
        return False

    def of(self, value: Value, instr: Instr | None = None) -> Value:
        """The value, as an object where it is the number of one."""
        part = self.objects.get(value)
        if part is None or part.ty.is_reference:
            return value
        return part if instr is None else self.boxed(part, instr)

    def boxed(self, part: Value, instr: Instr) -> Value:
        if part not in self.boxes:
            self.boxes[part] = Value(None, OBJECT)
            self.out.append(Instr(ops.BOX, [part], self.boxes[part], span=instr.span))
        return self.boxes[part]

    def box_passed(self) -> None:
        """Objects that go to other blocks are made before the end of this one."""
        end = self.out.pop()
        for target in self.block.targets:
            target.args = [self.of(arg, end) for arg in target.args]
        self.out.append(end)


def _join_boxes(block: Block) -> None:
    """What is read from the object of a number that is made here is the number; an object made here is of its class."""
    known, made = _Known([]), set()
    joined = []
    for instr in block.instrs:
        known.see(instr)
        if _kind(instr) == MAKE:
            made.add(instr.out)
        value = known.unboxed(instr.args[0]) if instr.op is ops.UNBOX else None
        if value is not None and value.ty == instr.out.ty and (value in made or value is not instr.args[0]):
            _substitute(block, instr.out, value)
        else:
            joined.append(instr)
    used = {arg for instr in joined for arg in instr.args} | {arg for target in block.targets for arg in target.args}
    block.instrs = [instr for instr in joined if instr.op is not ops.BOX or instr.out in used]
