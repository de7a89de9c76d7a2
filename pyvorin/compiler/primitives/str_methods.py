"""str's methods: CPython's own C functions, listed; those of its public C API where that is the shorter way.

Methods of a `char` are these, too, where `char_methods.py` has nothing better.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.c_methods import FAST, FAST_KEYWORDS, NOARGS, ONE, c_method
from pyvorin.compiler.primitives.dict_whole import require_plain_keys
from pyvorin.compiler.primitives.object_calls import object_call
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import INT, NONE, VIEW_NAMES, Type, dict_of, union_of

for _name in ("upper", "lower", "title", "capitalize", "casefold", "swapcase"):
    c_method(f"str.{_name}", NOARGS, "(str) -> str")

for _name in ("alnum", "alpha", "ascii", "decimal", "digit", "identifier", "lower", "numeric"):
    c_method(f"str.is{_name}", NOARGS, "(str) -> bool")
for _name in ("printable", "space", "title", "upper"):
    c_method(f"str.is{_name}", NOARGS, "(str) -> bool")

for _name in ("strip", "lstrip", "rstrip"):
    c_method(f"str.{_name}", FAST, "(str) -> str", "(str, str) -> str", "(str, boxed none) -> str")


@primitive(".translate", "(str, dict[K, V]) -> str", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH, VALUE_ERROR])
def translate(emit: Emitter, s: str, table: str) -> str:
    """Looks up ints in the table, whose keys must be plain for that."""
    require_plain_keys(emit, table)
    method = emit.slot("method", f"str.translate {ONE}")
    return emit.exit_if_null(emit.op(f"call ptr {method}(ptr {s}, ptr {table})"), VALUE_ERROR)


for _name in ("removeprefix", "removesuffix"):
    c_method(f"str.{_name}", ONE, "(str, str) -> str")

for _name in ("center", "ljust", "rjust"):
    # A fill of another length than 1, or too much of it, raises.
    c_method(f"str.{_name}", FAST, "(str, boxed int) -> str", "(str, boxed int, str) -> str", exits=[VALUE_ERROR])
c_method("str.zfill", ONE, "(str, boxed int) -> str", exits=[VALUE_ERROR])
c_method(
    "str.expandtabs",
    FAST_KEYWORDS,
    "(str) -> str",
    "(str, boxed int) -> str",
    exits=[VALUE_ERROR],
    keywords=("tabsize",),
)

for _name in ("split", "rsplit"):
    c_method(
        f"str.{_name}",
        FAST_KEYWORDS,
        "(str) -> list[str]",
        "(str, boxed none) -> list[str]",
        "(str, boxed none, boxed int) -> list[str]",
        keywords=("sep", "maxsplit"),
    )
    # An empty separator raises.
    c_method(
        f"str.{_name}",
        FAST_KEYWORDS,
        "(str, str) -> list[str]",
        "(str, str, boxed int) -> list[str]",
        exits=[VALUE_ERROR],
    )
c_method(
    "str.splitlines", FAST_KEYWORDS, "(str) -> list[str]", "(str, boxed bool) -> list[str]", keywords=("keepends",)
)

for _name in ("partition", "rpartition"):
    c_method(f"str.{_name}", ONE, "(str, str) -> tuple[str, str, str]", exits=[VALUE_ERROR])


@primitive(".replace", "(str, str, str) -> str", effect=ALLOC, exits=[VALUE_ERROR])
def replace(emit: Emitter, s: str, old: str, new: str) -> str:
    return replace_some(emit, s, old, new, "-1")


@primitive(".replace", "(str, str, str, int) -> str", effect=ALLOC, exits=[VALUE_ERROR], promotes=True)
def replace_some(emit: Emitter, s: str, old: str, new: str, most: str) -> str:
    """What would be too long exits: CPython raises the OverflowError."""
    made = emit.call("PyUnicode_Replace", "ptr (ptr, ptr, ptr, i64)", s, old, new, most)
    return emit.exit_if_null(made, VALUE_ERROR)


def _declare_join(parts: str) -> None:
    @primitive(".join", f"(str, {parts}) -> str", effect=ALLOC, exits=[VALUE_ERROR])
    def join(emit: Emitter, separator: str, items: str) -> str:
        """An item that is no str exits: CPython raises the TypeError."""
        return emit.exit_if_null(emit.call("PyUnicode_Join", "ptr (ptr, ptr)", separator, items), VALUE_ERROR)


for _parts in ("list", "tuple", "tuples", "str", "set", "frozenset", "dict", *sorted(VIEW_NAMES)):
    _declare_join(_parts)


def _of_ordinals(types: Types, constants: Constants) -> Type:
    """The keys are ints, even if they were given as characters."""
    values = types[0].args[1] if types[0].name == "dict" else INT
    return dict_of(INT, values if len(types) < 3 else union_of(INT, NONE))


object_call(
    "str.maketrans",
    "str.maketrans",
    "(dict) -> dict",
    "(str, str) -> dict",
    "(str, str, str) -> dict",
    exits=[VALUE_ERROR],
    plain=True,
    rule=_of_ordinals,
)
