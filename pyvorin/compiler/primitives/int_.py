"""int operators: 64-bit values, every operation that can leave 64 bits checked."""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter, float_literal
from pyvorin.compiler.emit.runtime import parse
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Constants, Types, primitive
from pyvorin.core.reasons import DIVISION_BY_ZERO, INTEGER_OVERFLOW, VALUE_ERROR
from pyvorin.types.spec import INT, Type

BY_ZERO = {"ZeroDivisionError": DIVISION_BY_ZERO}
"""What the exit of a division stands for."""

MINIMUM = str(-(2**63))


def checked(emit: Emitter, operation: str, a: str, b: str) -> str:
    """a operation b (sadd, ssub, smul); exits when the result does not fit."""
    both = emit.call(f"llvm.{operation}.with.overflow.i64", "{ i64, i1 } (i64, i64)", a, b)
    overflow = emit.op(f"extractvalue {{ i64, i1 }} {both}, 1")
    emit.exit_if(overflow, INTEGER_OVERFLOW)
    return emit.op(f"extractvalue {{ i64, i1 }} {both}, 0")


@primitive("add", "(int, int) -> int", exits=[INTEGER_OVERFLOW], promotes=True)
def add(emit: Emitter, a: str, b: str) -> str:
    return checked(emit, "sadd", a, b)


@primitive("sub", "(int, int) -> int", exits=[INTEGER_OVERFLOW], promotes=True)
def sub(emit: Emitter, a: str, b: str) -> str:
    return checked(emit, "ssub", a, b)


@primitive("mul", "(int, int) -> int", exits=[INTEGER_OVERFLOW], promotes=True)
def mul(emit: Emitter, a: str, b: str) -> str:
    return checked(emit, "smul", a, b)


def _divisor(emit: Emitter, a: str, b: str) -> None:
    emit.exit_if(emit.op(f"icmp eq i64 {b}, 0"), DIVISION_BY_ZERO)
    # -2**63 // -1 is 2**63; the machine's division traps there, for the remainder too.
    lowest = emit.op(f"icmp eq i64 {a}, {MINIMUM}")
    minus = emit.op(f"icmp eq i64 {b}, -1")
    emit.exit_if(emit.op(f"and i1 {lowest}, {minus}"), INTEGER_OVERFLOW)


@primitive("floordiv", "(int, int) -> int", exits=[DIVISION_BY_ZERO, INTEGER_OVERFLOW], raises=BY_ZERO, promotes=True)
def floordiv(emit: Emitter, a: str, b: str) -> str:
    """Rounds towards minus infinity."""
    _divisor(emit, a, b)
    quotient = emit.op(f"sdiv i64 {a}, {b}")
    remainder = emit.op(f"srem i64 {a}, {b}")
    inexact = emit.op(f"icmp ne i64 {remainder}, 0")
    differ = emit.op(f"icmp slt i64 {emit.op(f'xor i64 {remainder}, {b}')}, 0")
    down = emit.op(f"zext i1 {emit.op(f'and i1 {inexact}, {differ}')} to i64")
    return emit.op(f"sub i64 {quotient}, {down}")


@primitive("mod", "(int, int) -> int", exits=[DIVISION_BY_ZERO, INTEGER_OVERFLOW], raises=BY_ZERO, promotes=True)
def mod(emit: Emitter, a: str, b: str) -> str:
    """The result has the sign of the divisor."""
    _divisor(emit, a, b)
    remainder = emit.op(f"srem i64 {a}, {b}")
    inexact = emit.op(f"icmp ne i64 {remainder}, 0")
    differ = emit.op(f"icmp slt i64 {emit.op(f'xor i64 {remainder}, {b}')}, 0")
    wrong = emit.op(f"and i1 {inexact}, {differ}")
    return emit.select(wrong, "i64", emit.op(f"add i64 {remainder}, {b}"), remainder)


EXACT = 2**53


@primitive("truediv", "(int, int) -> float", exits=[DIVISION_BY_ZERO], raises=BY_ZERO, promotes=True)
def truediv(emit: Emitter, a: str, b: str) -> str:
    """Correctly rounded: up to 2**53 both convert exactly and the machine's division rounds once; above, CPython's own
    algorithm is called (longobject.c, long_true_divide)."""
    emit.exit_if(emit.op(f"icmp eq i64 {b}, 0"), DIVISION_BY_ZERO)
    small = "true"
    for operand in (a, b):
        shifted = emit.op(f"add i64 {operand}, {EXACT}")
        small = emit.op(f"and i1 {small}, {emit.op(f'icmp ule i64 {shifted}, {2 * EXACT}')}")
    fast, slow, done = emit.new_label("fast"), emit.new_label("slow"), emit.new_label("done")
    emit.branch(small, fast, slow)
    emit.begin(fast)
    quotient = emit.op(f"fdiv double {emit.op(f'sitofp i64 {a} to double')}, {emit.op(f'sitofp i64 {b} to double')}")
    emit.jump(done)
    emit.begin(slow)
    x = emit.fail_if_null(emit.call("PyLong_FromLongLong", "ptr (i64)", a))
    y = emit.fail_if_null(emit.call("PyLong_FromLongLong", "ptr (i64)", b))
    z = emit.fail_if_null(emit.call("PyNumber_TrueDivide", "ptr (ptr, ptr)", x, y))
    value = emit.load("double", z, emit.layout.float_value, "value")
    for obj in (x, y, z):
        emit.decref(obj)
    slow_end = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("double", (quotient, fast), (value, slow_end))


def _power_rule(types: Types, constants: Constants) -> Type | None:
    exponent = constants[1]
    if exponent is not NOT_CONSTANT and exponent < 0:
        return None
    return INT


@primitive("pow", "(int, int) -> int", exits=[INTEGER_OVERFLOW, VALUE_ERROR], promotes=True, rule=_power_rule)
def power(emit: Emitter, base: str, exponent: str) -> str:
    """By squaring, every product checked.  A negative exponent gives a float and exits."""
    emit.exit_if(emit.op(f"icmp slt i64 {exponent}, 0"), VALUE_ERROR)
    if exponent == "2":
        return checked(emit, "smul", base, base)
    start = emit.label
    loop, odd, square, next_, done = (emit.new_label(n) for n in ("pow", "odd", "square", "next", "done"))
    emit.jump(loop)
    emit.begin(loop)
    n, acc, b = emit.name(), emit.name(), emit.name()
    head = len(emit.lines)
    emit.branch(emit.op(f"icmp eq i64 {n}, 0"), done, odd)
    emit.begin(odd)
    multiply, kept = emit.new_label("multiply"), emit.new_label("kept")
    emit.branch(emit.op(f"trunc i64 {n} to i1"), multiply, kept)
    emit.begin(multiply)
    product = checked(emit, "smul", acc, b)
    multiplied = emit.label
    emit.jump(kept)
    emit.begin(kept)
    acc2 = emit.phi("i64", (acc, odd), (product, multiplied))
    half = emit.op(f"lshr i64 {n}, 1")
    # The last square is not needed, and may overflow although the result fits.
    emit.branch(emit.op(f"icmp eq i64 {half}, 0"), next_, square)
    emit.begin(square)
    squared = checked(emit, "smul", b, b)
    after_square = emit.label
    emit.jump(next_)
    emit.begin(next_)
    b2 = emit.phi("i64", (b, kept), (squared, after_square))
    emit.jump(loop)
    emit.lines[head:head] = [
        f"  {n} = phi i64 [ {exponent}, %{start} ], [ {half}, %{next_} ]",
        f"  {acc} = phi i64 [ 1, %{start} ], [ {acc2}, %{next_} ]",
        f"  {b} = phi i64 [ {base}, %{start} ], [ {b2}, %{next_} ]",
    ]
    emit.begin(done)
    return acc


@primitive("lshift", "(int, int) -> int", exits=[VALUE_ERROR, INTEGER_OVERFLOW], promotes=True)
def lshift(emit: Emitter, a: str, n: str) -> str:
    emit.exit_if(emit.op(f"icmp slt i64 {n}, 0"), VALUE_ERROR)
    wide = emit.op(f"icmp sgt i64 {n}, 63")
    zero = emit.op(f"icmp eq i64 {a}, 0")
    emit.exit_if(emit.op(f"and i1 {wide}, {emit.op(f'xor i1 {zero}, true')}"), INTEGER_OVERFLOW)
    amount = emit.select(wide, "i64", "0", n)
    shifted = emit.op(f"shl i64 {a}, {amount}")
    back = emit.op(f"ashr i64 {shifted}, {amount}")
    emit.exit_if(emit.op(f"icmp ne i64 {back}, {a}"), INTEGER_OVERFLOW)
    return shifted


@primitive("rshift", "(int, int) -> int", exits=[VALUE_ERROR], promotes=True)
def rshift(emit: Emitter, a: str, n: str) -> str:
    """Shifting by 63 already gives 0 or -1; more gives the same."""
    emit.exit_if(emit.op(f"icmp slt i64 {n}, 0"), VALUE_ERROR)
    return emit.op(f"ashr i64 {a}, {emit.intrinsic('llvm.umin.i64', 'i64', n, '63')}")


@primitive("and", "(int, int) -> int", promotes=True)
def and_(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"and i64 {a}, {b}")


@primitive("or", "(int, int) -> int", promotes=True)
def or_(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"or i64 {a}, {b}")


@primitive("xor", "(int, int) -> int", promotes=True)
def xor(emit: Emitter, a: str, b: str) -> str:
    return emit.op(f"xor i64 {a}, {b}")


@primitive("invert", "(int) -> int")
def invert(emit: Emitter, a: str) -> str:
    return emit.op(f"xor i64 {a}, -1")


@primitive("invert", "(bool) -> int", exits=[VALUE_ERROR])
def invert_bool(emit: Emitter, a: str) -> str:
    """~False is -1, ~True is -2; from 3.12 on CPython warns each time (bool_invert, boolobject.c), so there it does it."""
    if emit.unit.python >= (3, 12):
        emit.exit_if("true", VALUE_ERROR)
    return emit.op(f"xor i64 {emit.op(f'zext i1 {a} to i64')}, -1")


@primitive("neg", "(int) -> int", exits=[INTEGER_OVERFLOW], promotes=True)
def neg(emit: Emitter, a: str) -> str:
    return checked(emit, "ssub", "0", a)


@primitive("pos", "(int) -> int", promotes=True)
def pos(emit: Emitter, a: str) -> str:
    return a


@primitive("abs", "(int) -> int", exits=[INTEGER_OVERFLOW], promotes=True)
def absolute(emit: Emitter, a: str) -> str:
    emit.exit_if(emit.op(f"icmp eq i64 {a}, {MINIMUM}"), INTEGER_OVERFLOW)
    return emit.call("llvm.abs.i64", "i64 (i64, i1)", a, "false")


@primitive("truth", "(int) -> bool")
def truth(emit: Emitter, a: str) -> str:
    return emit.op(f"icmp ne i64 {a}, 0")


@primitive("int", "() -> int")
def int_empty(emit: Emitter) -> str:
    return "0"


@primitive("int", "(int) -> int", promotes=True)
def int_int(emit: Emitter, a: str) -> str:
    return a


@primitive("int", "(float) -> int", exits=[INTEGER_OVERFLOW])
def int_float(emit: Emitter, a: str) -> str:
    """Truncates; NaN, infinities and what does not fit exit."""
    return float_to_int(emit, a)


def float_to_int(emit: Emitter, a: str) -> str:
    """The double, already within range or not, as an int rounded towards zero."""
    low = emit.op(f"fcmp oge double {a}, {float_literal(-(2.0**63))}")
    high = emit.op(f"fcmp olt double {a}, {float_literal(2.0**63)}")
    within = emit.op(f"and i1 {low}, {high}")
    emit.exit_if(emit.op(f"xor i1 {within}, true"), INTEGER_OVERFLOW)
    return emit.op(f"fptosi double {a} to i64")


@primitive("int", "(str) -> int", exits=[VALUE_ERROR, INTEGER_OVERFLOW], raises={"ValueError": VALUE_ERROR})
def int_str(emit: Emitter, text: str) -> str:
    """Text that is no number exits, and CPython raises the ValueError."""
    from pyvorin.compiler.primitives.objects import unbox_int

    def ask() -> str:
        obj = emit.exit_if_null(emit.call("PyLong_FromUnicodeObject", "ptr (ptr, i32)", text, "10"), VALUE_ERROR)
        value, fits = unbox_int(emit, obj)
        emit.decref(obj)
        emit.exit_if(emit.op(f"xor i1 {fits}, true"), INTEGER_OVERFLOW)
        return value

    both = emit.call_helper("pv_parse_int", parse.write_parse_int, "{ i64, i8 } (ptr)", text)
    return parsed(emit, both, "i64", ask)


@primitive("int", "(str, int) -> int", exits=[VALUE_ERROR, INTEGER_OVERFLOW], promotes=True)
def int_str_base(emit: Emitter, text: str, base: str) -> str:
    """A base that there is not exits, as does text that is no number in it (long_new_impl, longobject.c)."""
    from pyvorin.compiler.primitives.objects import unbox_int

    emit.exit_if(emit.op(f"icmp ugt i64 {base}, 36"), VALUE_ERROR)
    narrow = emit.op(f"trunc i64 {base} to i32")
    obj = emit.exit_if_null(emit.call("PyLong_FromUnicodeObject", "ptr (ptr, i32)", text, narrow), VALUE_ERROR)
    value, fits = unbox_int(emit, obj)
    emit.decref(obj)
    emit.exit_if(emit.op(f"xor i1 {fits}, true"), INTEGER_OVERFLOW)
    return value


def parsed(emit: Emitter, both: str, llvm: str, ask: Callable[[], str]) -> str:
    """The number of a parser's answer (`emit/runtime/parse.py`); *ask* emits the call of CPython's own."""
    status = emit.op(f"extractvalue {{ {llvm}, i8 }} {both}, 1")
    value = emit.op(f"extractvalue {{ {llvm}, i8 }} {both}, 0")
    emit.exit_if(emit.op(f"icmp eq i8 {status}, {parse.FAILS}"), VALUE_ERROR)
    asking, done, plain = emit.new_label("ask"), emit.new_label("parsed"), emit.label
    emit.branch(emit.op(f"icmp eq i8 {status}, {parse.ASK}"), asking, done, unlikely=True)
    emit.begin(asking)
    answer = ask()
    asked = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi(llvm, (value, plain), (answer, asked))


@primitive("round", "(int) -> int", promotes=True)
def round_int(emit: Emitter, a: str) -> str:
    return a


@primitive("round", "(int, int) -> int", exits=[VALUE_ERROR], promotes=True)
def round_int_digits(emit: Emitter, a: str, digits: str) -> str:
    """A negative number of digits exits."""
    emit.exit_if(emit.op(f"icmp slt i64 {digits}, 0"), VALUE_ERROR)
    return a


@primitive("chr", "(int) -> char", exits=[VALUE_ERROR], promotes=True)
def chr_(emit: Emitter, a: str) -> str:
    emit.exit_if(emit.op(f"icmp ugt i64 {a}, {0x10FFFF}"), VALUE_ERROR)
    return emit.op(f"trunc i64 {a} to i32")


@primitive("pow", "(int, int, int) -> int", exits=[VALUE_ERROR, INTEGER_OVERFLOW], promotes=True)
def power_modulo(emit: Emitter, base: str, exponent: str, modulus: str) -> str:
    """pow(b, e, m) for e >= 0 and m > 0: by squaring where products fit 64 bits, above by CPython's own algorithm."""
    emit.exit_if(emit.op(f"icmp slt i64 {exponent}, 0"), VALUE_ERROR)
    emit.exit_if(emit.op(f"icmp sle i64 {modulus}, 0"), VALUE_ERROR)
    small, large, join = emit.new_label("small"), emit.new_label("large"), emit.new_label("powmod")
    emit.branch(emit.op(f"icmp ule i64 {modulus}, {2**32}"), small, large)
    emit.begin(large)
    objects = [emit.fail_if_null(emit.call("PyLong_FromLongLong", "ptr (i64)", v)) for v in (base, exponent, modulus)]
    whole = emit.fail_if_null(emit.call("PyNumber_Power", "ptr (ptr, ptr, ptr)", *objects))
    exact = emit.call("PyLong_AsLongLong", "i64 (ptr)", whole)
    for obj in (*objects, whole):
        emit.decref(obj)
    large_end = emit.label
    emit.jump(join)
    emit.begin(small)
    remainder = emit.op(f"srem i64 {base}, {modulus}")
    negative = emit.op(f"icmp slt i64 {remainder}, 0")
    residue = emit.select(negative, "i64", emit.op(f"add i64 {remainder}, {modulus}"), remainder)
    one = emit.op(f"srem i64 1, {modulus}")
    start = emit.label
    loop, body, done = emit.new_label("loop"), emit.new_label("body"), emit.new_label("done")
    emit.jump(loop)
    emit.begin(loop)
    n, acc, b = emit.name(), emit.name(), emit.name()
    head = len(emit.lines)
    emit.branch(emit.op(f"icmp eq i64 {n}, 0"), done, body)
    emit.begin(body)
    multiplied = emit.op(f"urem i64 {emit.op(f'mul i64 {acc}, {b}')}, {modulus}")
    acc2 = emit.select(emit.op(f"trunc i64 {n} to i1"), "i64", multiplied, acc)
    b2 = emit.op(f"urem i64 {emit.op(f'mul i64 {b}, {b}')}, {modulus}")
    half = emit.op(f"lshr i64 {n}, 1")
    emit.jump(loop)
    emit.lines[head:head] = [
        f"  {n} = phi i64 [ {exponent}, %{start} ], [ {half}, %{body} ]",
        f"  {acc} = phi i64 [ {one}, %{start} ], [ {acc2}, %{body} ]",
        f"  {b} = phi i64 [ {residue}, %{start} ], [ {b2}, %{body} ]",
    ]
    emit.begin(done)
    emit.jump(join)
    emit.begin(join)
    return emit.phi("i64", (exact, large_end), (acc, done))
