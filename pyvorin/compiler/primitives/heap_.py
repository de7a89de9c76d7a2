"""heapq: the one change that each function makes, once the place is known (`frontend/ordered.py`); and heapify.

A heap of n elements is a list; the parent of index i is (i - 1) >> 1.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls
from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.primitives.list_ import element_address, size_of
from pyvorin.compiler.primitives.list_methods import write_differs
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH


def _climb(emit: Emitter, start: str, until: str, step: Callable[[str, str, str], str], carried: str) -> str:
    """From the index *start* from parent to parent until *until*: *step* gets index, parent and what is carried on."""
    loop, inside, done, before = emit.new_label("climb"), emit.new_label("step"), emit.new_label("top"), emit.label
    emit.jump(loop)
    emit.begin(loop)
    index, carry = emit.name(), emit.name()
    head = len(emit.lines)
    emit.branch(emit.op(f"icmp ne i64 {index}, {until}"), inside, done)
    emit.begin(inside)
    parent = emit.op(f"ashr i64 {emit.op(f'sub i64 {index}, 1')}, 1")
    following = step(index, parent, carry)
    last = emit.label
    emit.jump(loop)
    emit.lines[head:head] = [
        f"  {index} = phi i64 [ {start}, %{before} ], [ {parent}, %{last} ]",
        f"  {carry} = phi ptr [ {carried}, %{before} ], [ {following}, %{last} ]",
    ]
    emit.begin(done)
    return carry


@primitive("heap.push", "(list[T], boxed T, int) -> none", effect=MUTATE)
def push(emit: Emitter, xs: str, value: str, at: str) -> str:
    """Appends; what lies between the place and the end, from parent to parent, moves down one step."""
    last = size_of(emit, xs)
    status = emit.call("PyList_Append", "i32 (ptr, ptr)", xs, value)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), 2)

    def down(index: str, parent: str, carry: str) -> str:
        moved = emit.load("ptr", element_address(emit, xs, parent), 0, "element")
        emit.store("ptr", moved, element_address(emit, xs, index), 0, "element")
        return carry

    _climb(emit, last, at, down, value)
    emit.store("ptr", value, element_address(emit, xs, at), 0, "element")
    return "false"


def _sink(emit: Emitter, xs: str, at: str, value: str) -> str:
    """Puts the value, a reference of its own, at the place; what lies above moves up one step, and the root out of the heap."""

    def up(index: str, parent: str, carry: str) -> str:
        place = element_address(emit, xs, index)
        moved = emit.load("ptr", place, 0, "element")
        emit.store("ptr", carry, place, 0, "element")
        return moved

    carried = _climb(emit, at, "0", up, value)
    root = element_address(emit, xs, "0")
    obj = emit.load("ptr", root, 0, "element")
    emit.store("ptr", carried, root, 0, "element")
    return obj


@primitive("heap.pop", "(list[T], int) -> boxed T", effect=MUTATE)
def pop(emit: Emitter, xs: str, at: str) -> str:
    """The last element goes to the place; of a single one that is itself."""
    last = emit.op(f"sub i64 {size_of(emit, xs)}, 1")
    obj = emit.load("ptr", element_address(emit, xs, last), 0, "element")
    emit.store("i64", last, xs, emit.layout.size, "size")
    more, done, start = emit.new_label("more"), emit.new_label("popped"), emit.label
    emit.branch(emit.op(f"icmp eq i64 {last}, 0"), done, more)
    emit.begin(more)
    least = _sink(emit, xs, at, obj)
    end = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("ptr", (obj, start), (least, end))


@primitive("heap.replace", "(list[T], boxed T, int) -> boxed T", effect=MUTATE)
def replace(emit: Emitter, xs: str, value: str, at: str) -> str:
    emit.incref(value)
    return _sink(emit, xs, at, value)


def _declare_heapify(element: str) -> None:
    @primitive("heapq.heapify", f"(list[{element}]) -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH])
    def heapify(emit: Emitter, xs: str) -> str:
        """Elements of one builtin type are compared without code of the program, and cannot fail to be."""
        different = emit.call_helper(f"pv_{element}_list_differs", write_differs(element), "i1 (ptr)", xs)
        emit.exit_if(different, RUNTIME_TYPE_MISMATCH)
        done = c_calls.call_object(emit, emit.slot("imported", "heapq:heapify"), [xs])
        emit.decref(emit.fail_if_null(done))
        return "false"


for _element in ("int", "float", "bool", "str"):
    _declare_heapify(_element)
