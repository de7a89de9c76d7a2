"""vec[T]: the unboxed form of a local list of numbers (`passes/unbox_lists.py` decides which lists take it).

Each operation has the name and the meaning of the list's; elements are the numbers themselves, so nothing is boxed or guarded.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import vectors
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives import index_exists
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, VALUE_ERROR
from pyvorin.types.spec import Type, vec_of


class Elements:
    """How vectors of one element type are written and read."""

    def __init__(self, name: str):
        self.name = name
        self.width = vectors.WIDTH[name]
        self.stored = vectors.STORED[name]

    def size(self, emit: Emitter, v: str) -> str:
        """The number of elements."""
        size = emit.load("i64", v, emit.layout.size, "size")
        return size if self.width == 1 else emit.op(f"lshr exact i64 {size}, 3")

    def address(self, emit: Emitter, v: str, index: str) -> str:
        data = emit.load("ptr", v, emit.layout.bytearray_start, "items")
        return emit.op(f"getelementptr {self.stored}, ptr {data}, i64 {index}")

    def load(self, emit: Emitter, v: str, index: str) -> str:
        value = emit.load(self.stored, self.address(emit, v, index), 0, "buffer")
        return emit.op(f"trunc i8 {value} to i1") if self.name == "bool" else value

    def store(self, emit: Emitter, v: str, index: str, value: str) -> None:
        if self.name == "bool":
            value = emit.op(f"zext i1 {value} to i8")
        emit.store(self.stored, value, self.address(emit, v, index), 0, "buffer")

    def new(self, emit: Emitter, count: str) -> str:
        return emit.fail_if_null(
            emit.call_helper("pv_vec_new", vectors.write_new, "ptr (i64, i64)", count, str(self.width))
        )

    def index(self, emit: Emitter, v: str, index: str) -> str:
        """The index counted from the front; one that is out of range exits."""
        size = self.size(emit, v)
        return within(emit, index, size)


def _declare(name: str) -> None:
    of = Elements(name)
    vec = f"vec[{name}]"
    made = vec_of(Type(name))

    @primitive(f"vec.make.{name}", f"({name}...) -> {vec}", effect=ALLOC, rule=lambda types, constants: made)
    def make(emit: Emitter, *items: str) -> str:
        v = of.new(emit, str(len(items)))
        for index, item in enumerate(items):
            of.store(emit, v, str(index), item)
        return v

    @primitive(f"vec.room.{name}", f"(int) -> {vec}", effect=ALLOC)
    def room(emit: Emitter, count: str) -> str:
        v = of.new(emit, count)
        emit.store("i64", "0", v, emit.layout.size, "size")
        return v

    @primitive("len", f"({vec}) -> int", effect=READ)
    @primitive("iter.size", f"({vec}) -> int", effect=READ)
    def length(emit: Emitter, v: str) -> str:
        size = of.size(emit, v)
        emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
        return size

    index_exists.declare(vec, of.size)

    @primitive("truth", f"({vec}) -> bool", effect=READ)
    @primitive("bool", f"({vec}) -> bool", effect=READ)
    def truth(emit: Emitter, v: str) -> str:
        return emit.op(f"icmp ne i64 {of.size(emit, v)}, 0")

    @primitive("iter.valid", f"({vec}, int) -> bool", effect=READ)
    def valid(emit: Emitter, v: str, index: str) -> str:
        return emit.op(f"icmp slt i64 {index}, {of.size(emit, v)}")

    @primitive("iter.item", f"({vec}, int) -> {name}", effect=READ)
    def item(emit: Emitter, v: str, index: str) -> str:
        return of.load(emit, v, index)

    @primitive("getitem", f"({vec}, int) -> {name}", effect=READ, exits=[BOUNDS_CHECK_FAILURE])
    def getitem(emit: Emitter, v: str, index: str) -> str:
        return of.load(emit, v, of.index(emit, v, index))

    @primitive("setitem", f"({vec}, int, {name}) -> none", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
    def setitem(emit: Emitter, v: str, index: str, value: str) -> str:
        of.store(emit, v, of.index(emit, v, index), value)
        return "false"

    @primitive("list.add", f"({vec}, {name}) -> none", effect=MUTATE)
    @primitive(".append", f"({vec}, {name}) -> none", effect=MUTATE)
    def append(emit: Emitter, v: str, value: str) -> str:
        size = emit.load("i64", v, emit.layout.size, "size")
        needed = emit.op(f"add nuw nsw i64 {size}, {of.width}")
        room = emit.load("i64", v, emit.layout.bytearray_allocated, "size")
        grow, place = emit.new_label("grow"), emit.new_label("place")
        emit.branch(emit.op(f"icmp sge i64 {needed}, {room}"), grow, place, unlikely=True)
        emit.begin(grow)
        status = emit.call_helper("pv_vec_grow", vectors.write_grow, "i32 (ptr, i64)", v, needed)
        emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)
        emit.jump(place)
        emit.begin(place)
        of.store(emit, v, size if of.width == 1 else emit.op(f"lshr exact i64 {size}, 3"), value)
        emit.store("i64", needed, v, emit.layout.size, "size")
        return "false"

    @primitive(".pop", f"({vec}) -> {name}", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
    def pop(emit: Emitter, v: str) -> str:
        count = of.size(emit, v)
        emit.exit_if(emit.op(f"icmp eq i64 {count}, 0"), BOUNDS_CHECK_FAILURE)
        last = emit.op(f"sub nuw nsw i64 {count}, 1")
        value = of.load(emit, v, last)
        emit.store("i64", last if of.width == 1 else emit.op(f"shl nuw i64 {last}, 3"), v, emit.layout.size, "size")
        return value

    @primitive("mul", f"({vec}, int) -> {vec}", effect=ALLOC, exits=[VALUE_ERROR])
    def repeat(emit: Emitter, v: str, times: str) -> str:
        made = emit.call_helper("pv_vec_repeat", vectors.write_repeat, "ptr (ptr, i64)", v, times)
        return emit.exit_if_null(made, VALUE_ERROR)


for _name in vectors.WIDTH:
    _declare(_name)
