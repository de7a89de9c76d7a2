"""Views of a dict as values: what `d.keys()`, `d.values()` and `d.items()` give where no loop goes over it at once."""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC, READ
from pyvorin.compiler.primitives.c_methods import NOARGS, c_method
from pyvorin.compiler.primitives.dict_whole import is_key, require_plain_dict, require_plain_keys
from pyvorin.compiler.primitives.keys import require_plain
from pyvorin.compiler.primitives.object_calls import RELATIONS, object_call, viewed
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import BOOL, VIEW_NAMES, Type, item_of, join, set_of

for _name in ("keys", "values", "items"):
    c_method(f"dict.{_name}", NOARGS, f"(dict[K, V]) -> dict{_name}[K, V]")


def _declare(view: str) -> None:
    @primitive("len", f"({view}) -> int", effect=READ)
    def length(emit: Emitter, value: str) -> str:
        return emit.load("i64", viewed(emit, value), emit.layout.dict_used, "size")

    @primitive("truth", f"({view}) -> bool", effect=READ)
    @primitive("bool", f"({view}) -> bool", effect=READ)
    def truth(emit: Emitter, value: str) -> str:
        return emit.op(f"icmp ne i64 {length(emit, value)}, 0")

    def of_a_key(types: Types, constants: Constants) -> Type | None:
        return BOOL if is_key(types[0]) else None

    exits = [RUNTIME_TYPE_MISMATCH]

    @primitive("contains", f"(boxed A, {view}) -> bool", effect=ALLOC, exits=exits, rule=of_a_key)
    def contains(emit: Emitter, wanted: str, value: str) -> str:
        """What is compared must be plain: of keys those of the dict, else its values as well."""
        (require_plain_keys if view == "dictkeys" else require_plain_dict)(emit, viewed(emit, value))
        require_plain(emit, wanted)
        answer = emit.call("PySequence_Contains", "i32 (ptr, ptr)", value, wanted)
        emit.exit_if_failed(emit.op(f"icmp slt i32 {answer}, 0"), RUNTIME_TYPE_MISMATCH)
        return emit.op(f"icmp eq i32 {answer}, 1")


for _view in sorted(VIEW_NAMES):
    _declare(_view)


def _both(types: Types, constants: Constants) -> Type | None:
    items = join(item_of(types[0]), item_of(types[1]))
    return set_of(items) if is_key(items) else None


def _left(types: Types, constants: Constants) -> Type | None:
    items = item_of(types[0])
    return set_of(items) if is_key(items) else None


OPERATORS = {"and": "PyNumber_And", "or": "PyNumber_Or", "sub": "PyNumber_Subtract", "xor": "PyNumber_Xor"}
SETS = ("set", "frozenset")

for _view in ("dictkeys", "dictitems"):
    for _other in (_view, *SETS):
        for _operands in dict.fromkeys((f"{_view}, {_other}", f"{_other}, {_view}")):
            for _name, _function in OPERATORS.items():
                _rule = _left if _name == "sub" else _both
                object_call(_name, _function, f"({_operands}) -> set", plain=True, rule=_rule)
        for _name, _relation in RELATIONS.items():
            object_call(_name, f"PyObject_RichCompare {_relation}", f"({_view}, {_other}) -> bool", plain=True)
