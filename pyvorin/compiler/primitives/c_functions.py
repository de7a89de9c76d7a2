"""Functions of modules that are CPython's own C functions, called as they are: one line each.

    c_function("math.isqrt", "(int) -> int", exits=[MATH_DOMAIN])

The function object is the one that the module had when the host looked at it (`host/library.py`), which the entry checks.  A
row needs no more than its types, and *exits* where it may raise: CPython calls it once more then, and raises.  None of these may
run code of the program for operands of these types.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import arrays, c_calls
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.objects import boxed_or_null, unbox_int
from pyvorin.compiler.primitives.registry import primitive
from pyvorin.core.reasons import INTEGER_OVERFLOW, MATH_DOMAIN, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import Type, parse_type


def c_function(path: str, *signatures: str, exits: Sequence[str] = ()) -> None:
    """Declare the function *path* for operands of these types; the elements of a list have to be exact numbers."""
    for signature in signatures:
        operands, _, result = signature.rpartition(" -> ")
        codes = [*exits]
        codes += [INTEGER_OVERFLOW] if result == "int" else []
        codes += [RUNTIME_TYPE_MISMATCH] if "list" in operands else []
        _declare(path, signature, parse_type(result), tuple(dict.fromkeys(codes)), bool(exits))


def _declare(path: str, signature: str, result: Type, exits: tuple[str, ...], may_raise: bool) -> None:
    @primitive(path, signature, effect=ALLOC, exits=exits, promotes=True)
    def function(emit: Emitter, *args: str) -> str:
        assert emit.current is not None
        types = [arg.ty for arg in emit.current.args]
        for arg, ty in zip(args, types):
            if ty.name == "list":
                plain = emit.call_helper("pv_list_numbers", arrays.write_numbers, "i1 (ptr)", arg)
                emit.exit_if(emit.op(f"xor i1 {plain}, true"), RUNTIME_TYPE_MISMATCH)
        boxes = [arg if ty.is_reference else _boxed(emit, arg, ty) for arg, ty in zip(args, types)]
        found = c_calls.call_object(emit, emit.slot("imported", path.replace(".", ":", 1)), boxes)
        for box, ty in zip(boxes, types):
            if not ty.is_reference:
                emit.decref(box)
        found = emit.exit_if_null(found, exits[0]) if may_raise else emit.fail_if_null(found)
        return _value(emit, found, result)


def _boxed(emit: Emitter, value: str, ty: Type) -> str:
    return emit.fail_if_null(boxed_or_null(emit, value, ty))


def _value(emit: Emitter, obj: str, ty: Type) -> str:
    """The result, of which the object is given back unless it is the value itself."""
    if ty.is_reference:
        return obj
    if ty.name == "bool":
        return c_calls.truth_of(emit, obj)
    if ty.name == "float":
        value = emit.load("double", obj, emit.layout.float_value, "value")
        emit.decref(obj)
        return value
    value, fits = unbox_int(emit, obj)
    emit.decref(obj)
    emit.exit_if(emit.op(f"xor i1 {fits}, true"), INTEGER_OVERFLOW)
    return value


for _name in ("time", "perf_counter", "monotonic", "process_time", "thread_time"):
    c_function(f"time.{_name}", "() -> float")
    c_function(f"time.{_name}_ns", "() -> int")

for _name in ("crc32", "adler32"):
    c_function(f"zlib.{_name}", "(bytes) -> int", "(bytes, int) -> int")
c_function("binascii.crc32", "(bytes) -> int", "(bytes, int) -> int")
c_function("binascii.hexlify", "(bytes) -> bytes")
c_function("binascii.unhexlify", "(bytes) -> bytes", "(str) -> bytes", exits=[VALUE_ERROR])

c_function("math.isqrt", "(int) -> int", exits=[MATH_DOMAIN])
c_function("math.factorial", "(int) -> int", exits=[MATH_DOMAIN])
for _name in ("comb", "perm"):
    c_function(f"math.{_name}", "(int, int) -> int", exits=[MATH_DOMAIN])
c_function("math.lcm", "(int, int) -> int")
c_function("math.fsum", "(list[float]) -> float", "(list[int]) -> float", exits=[MATH_DOMAIN])
c_function("math.dist", "(list[float], list[float]) -> float", "(list[int], list[int]) -> float", exits=[MATH_DOMAIN])
for _name in ("remainder", "nextafter"):
    c_function(f"math.{_name}", "(float, float) -> float", exits=[MATH_DOMAIN])
c_function("math.ulp", "(float) -> float")
c_function("math.ldexp", "(float, int) -> float", exits=[MATH_DOMAIN])
c_function("math.frexp", "(float) -> tuple[float, int]")
c_function("math.modf", "(float) -> tuple[float, float]")
c_function("math.isclose", "(float, float) -> bool")
