"""collections.deque, by CPython's own functions: those of its methods, found as those of builtin types are."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.c_methods import NOARGS, ONE
from pyvorin.compiler.primitives.dict_ import fail_unless_done
from pyvorin.compiler.primitives.indexing import within
from pyvorin.compiler.primitives.list_ import OUTSIDE
from pyvorin.compiler.primitives.objects import box_int
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, VALUE_ERROR


def _kind(emit: Emitter) -> str:
    return emit.slot("imported", "collections:deque")


@primitive("deque.make", "() -> deque[never]", effect=ALLOC)
def make(emit: Emitter) -> str:
    return emit.fail_if_null(c_calls.call_object(emit, _kind(emit), []))


@primitive("deque.of", "(list[T]) -> deque[T]", effect=ALLOC)
def made_of(emit: Emitter, xs: str) -> str:
    return emit.fail_if_null(c_calls.call_object(emit, _kind(emit), [xs]))


@primitive("deque.of", "(list[T], int) -> deque[T]", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def made_of_at_most(emit: Emitter, xs: str, most: str) -> str:
    emit.exit_if(emit.op(f"icmp slt i64 {most}, 0"), VALUE_ERROR)
    number = box_int(emit, most)
    made = c_calls.call_object(emit, _kind(emit), [xs, number])
    emit.decref(number)
    return emit.fail_if_null(made)


@primitive("deque.of", "(list[T], none) -> deque[T]", effect=ALLOC)
def made_of_any_length(emit: Emitter, xs: str, most: str) -> str:
    return made_of(emit, xs)


def _size(emit: Emitter, d: str) -> str:
    size = emit.load("i64", d, emit.layout.size, "size")
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


@primitive("len", "(deque[T]) -> int", effect=READ)
def length(emit: Emitter, d: str) -> str:
    return _size(emit, d)


@primitive("truth", "(deque[T]) -> bool", effect=READ)
@primitive("bool", "(deque[T]) -> bool", effect=READ)
def truth(emit: Emitter, d: str) -> str:
    return emit.op(f"icmp ne i64 {_size(emit, d)}, 0")


def _call(emit: Emitter, name: str, flags: int, d: str, argument: str = "null") -> str:
    return emit.op(f"call ptr {emit.slot('method', f'deque.{name} {flags}')}(ptr {d}, ptr {argument})")


def _nothing(emit: Emitter, obj: str) -> str:
    """The value of a call that has given None."""
    emit.decref(emit.fail_if_null(obj))
    return "false"


def _declare_add(name: str) -> None:
    @primitive(f".{name}", "(deque[T], boxed T) -> none", effect=MUTATE)
    def add(emit: Emitter, d: str, item: str) -> str:
        return _nothing(emit, _call(emit, name, ONE, d, item))


def _declare_take(name: str) -> None:
    @primitive(f".{name}", "(deque[T]) -> boxed T", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE], raises=OUTSIDE)
    def take(emit: Emitter, d: str) -> str:
        emit.exit_if(emit.op(f"icmp eq i64 {_size(emit, d)}, 0"), BOUNDS_CHECK_FAILURE)
        return emit.fail_if_null(_call(emit, name, NOARGS, d))


def _declare_all(name: str) -> None:
    @primitive(f".{name}", "(deque[T], list[T]) -> none", effect=MUTATE)
    def extend(emit: Emitter, d: str, xs: str) -> str:
        return _nothing(emit, _call(emit, name, ONE, d, xs))


for _name in ("append", "appendleft"):
    _declare_add(_name)
for _name in ("pop", "popleft"):
    _declare_take(_name)
for _name in ("extend", "extendleft"):
    _declare_all(_name)


@primitive(".clear", "(deque[T]) -> none", effect=MUTATE)
def clear(emit: Emitter, d: str) -> str:
    return _nothing(emit, _call(emit, "clear", NOARGS, d))


@primitive(".reverse", "(deque[T]) -> none", effect=MUTATE)
def reverse(emit: Emitter, d: str) -> str:
    return _nothing(emit, _call(emit, "reverse", NOARGS, d))


@primitive(".copy", "(deque[T]) -> deque[T]", effect=ALLOC)
def copy(emit: Emitter, d: str) -> str:
    return emit.fail_if_null(_call(emit, "copy", NOARGS, d))


@primitive(".rotate", "(deque[T], int) -> none", effect=MUTATE, promotes=True)
def rotate(emit: Emitter, d: str, steps: str) -> str:
    number = box_int(emit, steps)
    done = c_calls.fast_call(emit, emit.slot("method", "deque.rotate 128"), d, [number])
    emit.decref(number)
    return _nothing(emit, done)


@primitive(".rotate", "(deque[T]) -> none", effect=MUTATE)
def rotate_by_one(emit: Emitter, d: str) -> str:
    return _nothing(emit, c_calls.fast_call(emit, emit.slot("method", "deque.rotate 128"), d, []))


@primitive("getitem", "(deque[T], int) -> boxed T", effect=READ, exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def getitem(emit: Emitter, d: str, index: str) -> str:
    return emit.exit_if_null(emit.call("PySequence_GetItem", "ptr (ptr, i64)", d, index), BOUNDS_CHECK_FAILURE)


@primitive("setitem", "(deque[T], int, boxed T) -> none", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def setitem(emit: Emitter, d: str, index: str, value: str) -> str:
    at = within(emit, index, _size(emit, d))
    fail_unless_done(emit, emit.call("PySequence_SetItem", "i32 (ptr, i64, ptr)", d, at, value))
    return "false"


@primitive("list", "(deque[T]) -> list[T]", effect=ALLOC)
def as_list(emit: Emitter, d: str) -> str:
    return emit.fail_if_null(emit.call("PySequence_List", "ptr (ptr)", d))
