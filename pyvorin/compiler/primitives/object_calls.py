"""What CPython itself does for operands of builtin types, called with their objects: one line each.

    object_call(".find", "bytes.find", "(bytes, bytes, int) -> int")
    object_call("add", "PySequence_Concat", "(tuples[T], tuples[T]) -> tuples[T]")

What is called is a method, class method or static method of a builtin type, which the host looks up in each process
(`host/methods.py`), or a function of the C API whose operands and result are objects, where a last number may
follow its name.  How a method takes its arguments does not
matter, and may differ between versions; where it is always the same, `c_methods.py` is the shorter way.

A row needs its name, what is called and its types, and *exits* where it may raise: CPython does it once more then, and raises.
It must not have changed anything by then.  None of them may run code of the program: where what lies in the operands is hashed,
compared or shown, the row says `plain`, or of which operands that is so, and anything but plain keys exits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls, plain_keys, sets
from pyvorin.compiler.hir.effects import ALLOC, MUTATE
from pyvorin.compiler.primitives.dict_whole import require_plain_dict, require_plain_keys
from pyvorin.compiler.primitives.keys import require_plain
from pyvorin.compiler.primitives.objects import unbox_int
from pyvorin.compiler.primitives.registry import Rule, primitive
from pyvorin.core.reasons import INTEGER_OVERFLOW, RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import VIEW_NAMES, Type, parse_type

THROUGH_CLASS: set[str] = set()
"""The names of class methods and static methods, which a program calls through their builtin class: `int.from_bytes`."""
RELATIONS = {"lt": 0, "le": 1, "eq": 2, "ne": 3, "gt": 4, "ge": 5}
"""The number of each comparison for PyObject_RichCompare (object.h)."""
_SCALAR = re.compile(r"(^[(]|, )(int|float|bool|none)(?=[,)])")
"""An operand that is held unboxed."""
VIEWED = 16
"""The offset of the dict in a view of it (_PyDictViewObject, dictobject.h)."""
NO_ITEMS = frozenset({"str", "bytes", "bytearray", "range"})
"""References to what has no items, or none but ints and strs."""


def object_call(
    name: str,
    callee: str,
    *signatures: str,
    effect: str = ALLOC,
    exits: Sequence[str] = (),
    raises: dict[str, str] | None = None,
    plain: bool | Sequence[int] = False,
    rule: Rule | None = None,
    stores_items: bool = False,
    in_place: bool = False,
) -> None:
    """Declare the primitive *name* for operands of these *signatures*: the call of *callee*, the C function or method."""
    if name == callee and "." in name:
        THROUGH_CLASS.add(name)
    for signature in map(_boxing, signatures):
        result = parse_type(signature.rpartition(" -> ")[2].removeprefix("boxed "))
        codes = [*exits, *([RUNTIME_TYPE_MISMATCH] if plain else [])]
        # After a change there is no going back: such a result always fits.
        codes += [INTEGER_OVERFLOW] if result.name == "int" and effect != MUTATE else []

        @primitive(
            name,
            signature,
            effect=effect,
            exits=tuple(dict.fromkeys(codes)),
            raises=raises,
            promotes=True,
            rule=rule,
            stores_items=stores_items,
            in_place=in_place,
        )
        def call(emit: Emitter, *args: str, result: Type = result) -> str:
            assert emit.current is not None
            for index in range(len(args)) if plain is True else plain or ():
                _require_plain(emit, args[index], emit.current.args[index].ty)
            found = _called(emit, callee, args)
            found = emit.exit_if_null(found, exits[0]) if exits else emit.fail_if_null(found)
            return _value(emit, found, result, effect)


def _boxing(signature: str) -> str:
    """The signature with all operands that have no object boxed."""
    return _SCALAR.sub(r"\1boxed \2", signature)


def _require_plain(emit: Emitter, value: str, ty: Type) -> None:
    """Exit if hashing, comparing or showing what lies in the operand could run code of the program."""
    if ty.name == "list":
        holds = emit.call_helper("pv_list_plain", plain_keys.write_list_plain, "i1 (ptr)", value)
    elif ty.name in ("set", "frozenset"):
        holds = emit.call_helper("pv_set_plain", sets.write_plain, "i1 (ptr)", value)
    elif ty.name == "dict":
        return require_plain_keys(emit, value)
    elif ty.name in VIEW_NAMES:
        d = viewed(emit, value)
        return require_plain_keys(emit, d) if ty.name == "dictkeys" else require_plain_dict(emit, d)
    elif ty.name in NO_ITEMS:
        return None
    else:
        # A NaN is none: it equals itself only by identity, which an operand that was boxed has lost.
        return require_plain(emit, value)
    emit.exit_if(emit.op(f"xor i1 {holds}, true"), RUNTIME_TYPE_MISMATCH)
    return None


def viewed(emit: Emitter, view: str) -> str:
    """The dict of a view, borrowed."""
    return emit.load("ptr", view, VIEWED, "value")


def _called(emit: Emitter, callee: str, objects: Sequence[str]) -> str:
    """The result, which may be NULL."""
    if callee.startswith("Py"):
        function, *number = callee.split(" ")
        types = ["ptr"] * len(objects) + ["i32"] * len(number)
        return emit.call(function, f"ptr ({', '.join(types)})", *objects, *number)
    return c_calls.call_object(emit, emit.slot("callable", callee), objects)


def _value(emit: Emitter, obj: str, ty: Type, effect: str) -> str:
    """The result, of which the object is given back unless it is the value itself."""
    if ty.is_reference or len(ty.name) == 1:
        return obj
    if ty.name == "none":
        emit.decref(obj)
        return "false"
    if ty.name == "bool":
        return c_calls.truth_of(emit, obj)
    value, fits = unbox_int(emit, obj)
    emit.decref(obj)
    if effect != MUTATE:
        emit.exit_if(emit.op(f"xor i1 {fits}, true"), INTEGER_OVERFLOW)
    return value
