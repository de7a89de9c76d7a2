"""The module `random`, on the state of its hidden instance: what Lib/random.py computes, from the same numbers.

The first operand is the `random.Random` object, whose state changes with every number. That its methods are still those of the
library is one of the names that the entry checks (`core/library.py`). Nothing here runs code of the program.
"""

from __future__ import annotations

from functools import reduce

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls, twister
from pyvorin.compiler.hir.effects import MUTATE, READ
from pyvorin.compiler.primitives import tuple_
from pyvorin.compiler.primitives.list_ import element_address, size_of
from pyvorin.compiler.primitives.objects import box_int
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.compiler.primitives.str_ import item as char_at
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, DIVISION_BY_ZERO, INTEGER_OVERFLOW, VALUE_ERROR
from pyvorin.types.spec import NEVER, OBJECT, RANDOM, Type, join


def _hidden_type(types: Types, constants: Constants) -> Type:
    return RANDOM


@primitive("random.hidden", "(none) -> boxed R", effect=READ, rule=_hidden_type)
def hidden(emit: Emitter, nothing: str) -> str:
    """The instance whose methods the module's functions are; a new reference."""
    obj = emit.slot("imported", "random:_inst")
    emit.incref(obj)
    return obj


@primitive("random.random", "(random) -> float", effect=MUTATE)
def random(emit: Emitter, self: str) -> str:
    return emit.call_helper("pv_random_float", twister.write_float, "double (ptr)", self)


@primitive("random.getrandbits", "(random, int) -> int", effect=MUTATE, exits=[VALUE_ERROR], promotes=True)
def getrandbits(emit: Emitter, self: str, k: str) -> str:
    """So many bits as a native int has; the others, and none, are left to CPython."""
    emit.exit_if(emit.op(f"icmp ugt i64 {emit.op(f'sub i64 {k}, 1')}, 62"), VALUE_ERROR)
    return emit.call_helper("pv_random_bits", twister.write_bits, "i64 (ptr, i64)", self, k)


def _below(emit: Emitter, self: str, n: str) -> str:
    return emit.call_helper("pv_random_below", twister.write_below, "i64 (ptr, i64)", self, n)


def _checked(emit: Emitter, operation: str, a: str, b: str) -> str:
    both = emit.call(f"llvm.s{operation}.with.overflow.i64", "{ i64, i1 } (i64, i64)", a, b)
    emit.exit_if(emit.op(f"extractvalue {{ i64, i1 }} {both}, 1"), INTEGER_OVERFLOW)
    return emit.op(f"extractvalue {{ i64, i1 }} {both}, 0")


def _within(emit: Emitter, self: str, start: str, width: str) -> str:
    """An empty range exits, and CPython raises the ValueError."""
    emit.exit_if(emit.op(f"icmp sle i64 {width}, 0"), VALUE_ERROR)
    return emit.op(f"add i64 {start}, {_below(emit, self, width)}")


@primitive("random.randrange", "(random, int) -> int", effect=MUTATE, exits=[VALUE_ERROR], promotes=True)
def randrange(emit: Emitter, self: str, stop: str) -> str:
    return _within(emit, self, "0", stop)


_EXITS = [VALUE_ERROR, INTEGER_OVERFLOW]


@primitive("random.randrange", "(random, int, int) -> int", effect=MUTATE, exits=_EXITS, promotes=True)
def randrange_between(emit: Emitter, self: str, start: str, stop: str) -> str:
    return _within(emit, self, start, _checked(emit, "sub", stop, start))


@primitive("random.randrange", "(random, int, int, int) -> int", effect=MUTATE, exits=_EXITS, promotes=True)
def randrange_stepped(emit: Emitter, self: str, start: str, stop: str, step: str) -> str:
    """start + step * below(n), where n is how many numbers the range has; a range without any exits, and so does no step."""
    width = _checked(emit, "sub", stop, start)
    forward = emit.op(f"icmp sgt i64 {step}, 0")
    way = emit.select(forward, "i64", width, _checked(emit, "sub", "0", width))
    stride = emit.select(forward, "i64", step, _checked(emit, "sub", "0", step))
    nothing = emit.op(f"or i1 {emit.op(f'icmp eq i64 {step}, 0')}, {emit.op(f'icmp sle i64 {way}, 0')}")
    emit.exit_if(nothing, VALUE_ERROR)
    strides = emit.op(f"udiv i64 {emit.op(f'sub i64 {way}, 1')}, {stride}")
    n = emit.op(f"add i64 {strides}, 1")
    return emit.op(f"add i64 {start}, {emit.op(f'mul i64 {step}, {_below(emit, self, n)}')}")


@primitive("random.randint", "(random, int, int) -> int", effect=MUTATE, exits=_EXITS, promotes=True)
def randint(emit: Emitter, self: str, a: str, b: str) -> str:
    return randrange_between(emit, self, a, _checked(emit, "add", b, "1"))


@primitive("random.uniform", "(random, float, float) -> float", effect=MUTATE, promotes=True)
def uniform(emit: Emitter, self: str, a: str, b: str) -> str:
    span = emit.op(f"fsub double {b}, {a}")
    return emit.op(f"fadd double {a}, {emit.op(f'fmul double {span}, {random(emit, self)}')}")


@primitive("random.uniform", "(random, int, int) -> float", effect=MUTATE, exits=[INTEGER_OVERFLOW])
def uniform_of_ints(emit: Emitter, self: str, a: str, b: str) -> str:
    """The difference is that of ints."""
    low, span = (emit.op(f"sitofp i64 {value} to double") for value in (a, _checked(emit, "sub", b, a)))
    return emit.op(f"fadd double {low}, {emit.op(f'fmul double {span}, {random(emit, self)}')}")


@primitive("random.expovariate", "(random, float) -> float", effect=MUTATE, exits=[DIVISION_BY_ZERO], promotes=True)
def expovariate(emit: Emitter, self: str, rate: str) -> str:
    """-log(1 - random()) / rate."""
    emit.exit_if(emit.op(f"fcmp oeq double {rate}, 0.0"), DIVISION_BY_ZERO)
    logarithm = emit.libm("log", emit.op(f"fsub double 1.0, {random(emit, self)}"))
    return emit.op(f"fdiv double {emit.op(f'fneg double {logarithm}')}, {rate}")


@primitive("random.choice", "(random, list[T]) -> boxed T", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
def choice(emit: Emitter, self: str, xs: str) -> str:
    size = size_of(emit, xs)
    emit.exit_if(emit.op(f"icmp eq i64 {size}, 0"), BOUNDS_CHECK_FAILURE)
    obj = emit.load("ptr", element_address(emit, xs, _below(emit, self, size)), 0, "element")
    emit.incref(obj)
    return obj


def _one_of(types: Types, constants: Constants) -> Type | None:
    """The type of the items of a tuple of known length, if they have one."""
    element = reduce(join, types[1].args, NEVER)
    return None if element in (NEVER, OBJECT) else element


@primitive("random.choice", "(random, tuples[T]) -> boxed T", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
@primitive("random.choice", "(random, tuple) -> boxed R", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE], rule=_one_of)
def choice_of_tuple(emit: Emitter, self: str, xs: str) -> str:
    size = tuple_.length(emit, xs)
    emit.exit_if(emit.op(f"icmp eq i64 {size}, 0"), BOUNDS_CHECK_FAILURE)
    obj = tuple_.item(emit, xs, _below(emit, self, size))
    emit.incref(obj)
    return obj


@primitive("random.choice", "(random, str) -> char", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE])
def choice_of_text(emit: Emitter, self: str, text: str) -> str:
    size = emit.load("i64", text, emit.layout.str_length, "value")
    emit.exit_if(emit.op(f"icmp eq i64 {size}, 0"), BOUNDS_CHECK_FAILURE)
    return char_at(emit, text, _below(emit, self, size))


@primitive("random.shuffle", "(random, list[T]) -> none", effect=MUTATE)
def shuffle(emit: Emitter, self: str, xs: str) -> str:
    """From the end, each element with one that is not behind it."""
    size = size_of(emit, xs)

    def exchange(done: str) -> None:
        last = emit.op(f"sub i64 {emit.op(f'sub i64 {size}, 1')}, {done}")
        chosen = _below(emit, self, emit.op(f"add i64 {last}, 1"))
        places = [element_address(emit, xs, index) for index in (last, chosen)]
        first, second = (emit.load("ptr", place, 0, "element") for place in places)
        emit.store("ptr", second, places[0], 0, "element")
        emit.store("ptr", first, places[1], 0, "element")

    emit.each_index(emit.op(f"sub i64 {size}, 1"), exchange)
    return "false"


@primitive("random.seed", "(random, int) -> none", effect=MUTATE, promotes=False)
def seed(emit: Emitter, self: str, number: str) -> str:
    """By the library's own function, which for an int runs no code of the program."""
    obj = box_int(emit, number)
    result = c_calls.call_object(emit, emit.slot("imported", "random:seed"), [obj])
    emit.decref(obj)
    emit.decref(emit.fail_if_null(result))
    return "false"
