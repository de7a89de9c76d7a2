"""Methods and operators of bytes and bytearray that CPython's own functions do for objects: one line each, mostly for both types.

bytes has some shorter ways beside them (`bytes_.py`, `bytes_methods.py`).
"""

from __future__ import annotations

from pyvorin.compiler.hir.effects import MUTATE
from pyvorin.compiler.primitives.object_calls import RELATIONS, object_call
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, VALUE_ERROR

BOTH = ("bytes", "bytearray")
MAY_RAISE = (VALUE_ERROR,)
BOUNDS = ("", ", int", ", none", ", int, int", ", none, int", ", int, none", ", none, none")


def _declare_search(of: str, own: tuple[str, ...]) -> None:
    """What looks for a part, which may be the number of a byte.  *own*: the methods that have a shorter way without bounds."""
    for name in ("find", "rfind", "index", "rindex", "count"):
        raises = {"ValueError": VALUE_ERROR} if name.endswith("index") else {}
        for part in (*BOTH, "int"):
            for bounds in BOUNDS:
                if (name, part, bounds) not in {(known, "bytes", "") for known in own}:
                    signature = f"({of}, {part}{bounds}) -> int"
                    object_call(f".{name}", f"{of}.{name}", signature, exits=MAY_RAISE, raises=raises)
    for name in ("startswith", "endswith"):
        for part in (*BOTH, "tuple"):
            for bounds in BOUNDS:
                if (name, part, bounds) not in {(known, "bytes", "") for known in own}:
                    object_call(f".{name}", f"{of}.{name}", f"({of}, {part}{bounds}) -> bool", exits=MAY_RAISE)


_declare_search("bytes", ("find", "index", "count", "startswith", "endswith"))
_declare_search("bytearray", ())

for _of in BOTH:
    object_call(".expandtabs", f"{_of}.expandtabs", f"({_of}) -> {_of}", f"({_of}, int) -> {_of}", exits=MAY_RAISE)
    object_call(".hex", f"{_of}.hex", f"({_of}, str) -> str", f"({_of}, str, int) -> str", exits=MAY_RAISE)
    object_call(
        ".translate",
        f"{_of}.translate",
        f"({_of}, bytes) -> {_of}",
        f"({_of}, none) -> {_of}",
        f"({_of}, bytes, bytes) -> {_of}",
        f"({_of}, none, bytes) -> {_of}",
        exits=MAY_RAISE,
    )
    for _parts in ("tuple", "tuples", *(["list"] if _of == "bytearray" else [])):
        # An item that is neither bytes nor a bytearray may be a buffer of any other kind, with code in C of its own.
        object_call(".join", f"{_of}.join", f"({_of}, {_parts}) -> {_of}", exits=MAY_RAISE)
    object_call(f"{_of}.maketrans", f"{_of}.maketrans", "(bytes, bytes) -> bytes", exits=MAY_RAISE)
    object_call(f"{_of}.fromhex", f"{_of}.fromhex", f"(str) -> {_of}", exits=MAY_RAISE)

# Made of something: an int would be a size of what zeros are made of, an item that is no byte raises.
object_call("bytes", "bytes", "() -> bytes")
object_call("bytes", "bytes", "(int) -> bytes", exits=MAY_RAISE)
for _of in BOTH:
    object_call(_of, _of, "(range) -> " + _of, f"(set) -> {_of}", exits=MAY_RAISE, plain=True)
    object_call(_of, _of, f"(tuple) -> {_of}", f"(tuples) -> {_of}", exits=MAY_RAISE, plain=True)
object_call("bytearray", "bytearray", "(bytearray) -> bytearray")

object_call("int.from_bytes", "int.from_bytes", "(bytes, str) -> int", "(bytearray, str) -> int", exits=MAY_RAISE)
object_call(".to_bytes", "int.to_bytes", "(int, int, str) -> bytes", exits=MAY_RAISE)

# The operator that formats: %a and %r show what is plain.
for _operand in ("int", "float", "bytes", "tuple"):
    object_call("mod", "PyNumber_Remainder", f"(bytes, {_operand}) -> bytes", exits=MAY_RAISE, plain=True)

# bytearray alone: what gives a new one, or says something of it.

for _name in ("capitalize", "copy", "lower", "lstrip", "rstrip", "strip", "swapcase", "title", "upper"):
    object_call(f".{_name}", f"bytearray.{_name}", "(bytearray) -> bytearray")
for _name in ("lstrip", "rstrip", "strip"):
    object_call(f".{_name}", f"bytearray.{_name}", "(bytearray, bytes) -> bytearray", "(bytearray, none) -> bytearray")
for _name in ("removeprefix", "removesuffix"):
    object_call(f".{_name}", f"bytearray.{_name}", "(bytearray, bytes) -> bytearray")
for _name in ("center", "ljust", "rjust"):
    object_call(
        f".{_name}",
        f"bytearray.{_name}",
        "(bytearray, int) -> bytearray",
        "(bytearray, int, bytes) -> bytearray",
        exits=MAY_RAISE,
    )
object_call(".zfill", "bytearray.zfill", "(bytearray, int) -> bytearray", exits=MAY_RAISE)
object_call(
    ".replace",
    "bytearray.replace",
    "(bytearray, bytes, bytes) -> bytearray",
    "(bytearray, bytes, bytes, int) -> bytearray",
    exits=MAY_RAISE,
)
for _name in ("alnum", "alpha", "ascii", "digit", "lower", "space", "title", "upper"):
    object_call(f".is{_name}", f"bytearray.is{_name}", "(bytearray) -> bool")
for _name in ("split", "rsplit"):
    object_call(
        f".{_name}",
        f"bytearray.{_name}",
        "(bytearray) -> list[bytearray]",
        "(bytearray, none) -> list[bytearray]",
        "(bytearray, bytes) -> list[bytearray]",
        "(bytearray, none, int) -> list[bytearray]",
        "(bytearray, bytes, int) -> list[bytearray]",
        exits=MAY_RAISE,
    )
object_call(
    ".splitlines",
    "bytearray.splitlines",
    "(bytearray) -> list[bytearray]",
    "(bytearray, bool) -> list[bytearray]",
)
for _name in ("partition", "rpartition"):
    object_call(
        f".{_name}",
        f"bytearray.{_name}",
        "(bytearray, bytes) -> tuple[bytearray, bytearray, bytearray]",
        exits=MAY_RAISE,
    )
object_call(".hex", "bytearray.hex", "(bytearray) -> str")
object_call(".decode", "bytearray.decode", "(bytearray) -> str", exits=MAY_RAISE)
object_call("repr", "PyObject_Repr", "(bytearray) -> str", exits=MAY_RAISE)
for _other in BOTH:
    object_call("add", "PySequence_Concat", f"(bytearray, {_other}) -> bytearray", exits=MAY_RAISE)
object_call("add", "PySequence_Concat", "(bytes, bytearray) -> bytes", exits=MAY_RAISE)
object_call(
    "mul", "PyNumber_Multiply", "(bytearray, int) -> bytearray", "(int, bytearray) -> bytearray", exits=MAY_RAISE
)
for _name, _relation in RELATIONS.items():
    for _other in BOTH:
        object_call(_name, f"PyObject_RichCompare {_relation}", f"(bytearray, {_other}) -> bool")
    object_call(_name, f"PyObject_RichCompare {_relation}", "(bytes, bytearray) -> bool")

# What changes a bytearray.  It raises before it has done so: the sizes are asked for first, and a view forbids another one.

for _name in ("clear", "reverse"):
    object_call(f".{_name}", f"bytearray.{_name}", "(bytearray) -> none", effect=MUTATE, exits=MAY_RAISE)
object_call(".insert", "bytearray.insert", "(bytearray, int, int) -> none", effect=MUTATE, exits=MAY_RAISE)
object_call(".remove", "bytearray.remove", "(bytearray, int) -> none", effect=MUTATE, exits=MAY_RAISE)
object_call(
    ".pop",
    "bytearray.pop",
    "(bytearray) -> int",
    "(bytearray, int) -> int",
    effect=MUTATE,
    exits=[BOUNDS_CHECK_FAILURE],
)
for _items in ("bytearray", "list", "tuple", "tuples", "range"):
    object_call(
        ".extend", "bytearray.extend", f"(bytearray, {_items}) -> none", effect=MUTATE, exits=MAY_RAISE, plain=True
    )
