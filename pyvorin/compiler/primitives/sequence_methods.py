"""Methods and operators of tuples, lists and sets that CPython's own functions do for objects: one line each."""

from __future__ import annotations

from functools import reduce

from pyvorin.compiler.emit.emitter import RAISED, Emitter
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.dict_whole import is_key
from pyvorin.compiler.primitives.keys import hash_of
from pyvorin.compiler.primitives.list_ import actual_index, slice_rule, stepped
from pyvorin.compiler.primitives.object_calls import object_call
from pyvorin.compiler.primitives.registry import Constants, Folded, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, KEY_ERROR, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import INT, NEVER, Type, as_element, dict_of, item_of, join, tuple_of, tuples_of

LONGEST = 16
"""A tuple of more items than this has no type for each of them, once it is put together out of others."""


def _of_any_length(*types: Type) -> Type:
    return tuples_of(reduce(join, map(item_of, types), NEVER))


def _chained(types: Types, constants: Constants) -> Type:
    """Both tuples' items, each with its own type as long as all of them are known."""
    items = types[0].args + types[1].args
    known = types[0].name == types[1].name == "tuple" and len(items) <= LONGEST
    return tuple_of(*items) if known else _of_any_length(*types)


def _repeated(types: Types, constants: Constants) -> Type:
    at = 0 if types[1].name in ("int", "bool") else 1
    count = constants[1 - at]
    if types[at].name == "tuple" and isinstance(count, int) and len(types[at].args) * count <= LONGEST:
        return tuple_of(*(types[at].args * count))
    return _of_any_length(types[at])


for _one in ("tuple", "tuples"):
    for _other in ("tuple", "tuples"):
        object_call("add", "PySequence_Concat", f"({_one}, {_other}) -> tuple", rule=_chained)
    _operands = f"({_one}, int) -> tuple", f"(int, {_one}) -> tuple"
    object_call("mul", "PyNumber_Multiply", *_operands, exits=[VALUE_ERROR], rule=_repeated)


def _of_a_key(types: Types, constants: Constants) -> Type | None:
    return INT if is_key(types[1]) else None


for _one in ("tuple", "tuples"):
    object_call(".count", "tuple.count", f"({_one}, boxed A) -> int", plain=True, rule=_of_a_key)
for _one in ("tuple", "tuples", "list"):
    _method = "list.index" if _one == "list" else "tuple.index"
    for _bounds in (", int", ", int, int", *([""] if _one != "list" else [])):
        object_call(
            ".index",
            _method,
            f"({_one}, boxed A{_bounds}) -> int",
            exits=[VALUE_ERROR],
            raises={"ValueError": VALUE_ERROR},
            plain=True,
            rule=_of_a_key,
        )


@primitive("bool", "(tuple) -> bool", rule=lambda types, constants: Folded(bool(types[0].args)))
def has_items(emit: Emitter, xs: str) -> str:
    return "true"


def _stepped(types: Types, constants: Constants) -> Type | None:
    return None if slice_rule(types, constants) is None else _of_any_length(types[0])


@primitive("getslice", "(tuple, boxed A, boxed B, int) -> tuples", effect=ALLOC, exits=[VALUE_ERROR], rule=_stepped)
@primitive("getslice", "(tuples[T], boxed A, boxed B, int) -> tuples", effect=ALLOC, exits=[VALUE_ERROR], rule=_stepped)
def getslice_stepped(emit: Emitter, xs: str, low: str, high: str, step: str) -> str:
    return stepped(emit, xs, low, high, step)


# Hashes.  That of a number that equals an int is the int's.

for _kind in ("str", "bytes", "int", "float", "tuple", "tuples"):
    _exits = [] if _kind in ("str", "bytes", "int") else [RUNTIME_TYPE_MISMATCH]

    @primitive("hash", f"({_kind}) -> int", effect=READ, exits=_exits)
    def hashed(emit: Emitter, value: str, kind: str = _kind) -> str:
        return hash_of(emit, kind, value)[1]


@primitive("hash", "(bool) -> int")
def hashed_bool(emit: Emitter, value: str) -> str:
    return emit.op(f"zext i1 {value} to i64")


# Lists: an item deleted, and the items of anything else at the end of one or in place of a part.


@primitive("delitem", "(list[T], int) -> none", effect=MUTATE, exits=[BOUNDS_CHECK_FAILURE], promotes=True)
def delete_item(emit: Emitter, xs: str, index: str) -> str:
    """The list is as it shall be before the item is given back (list_ass_slice)."""
    actual = actual_index(emit, xs, index)
    following = emit.op(f"add nsw i64 {actual}, 1")
    status = emit.call("PyList_SetSlice", "i32 (ptr, i64, i64, ptr)", xs, actual, following, "null")
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)
    return "false"


ITERABLES = ("tuple", "tuples", "set", "frozenset", "dict", "range", "str", "bytes", "bytearray")
"""What gives its items without code of the program, beside a list."""

for _items in ITERABLES:
    object_call(".extend", "list.extend", f"(list[A], {_items}) -> none", effect=MUTATE, stores_items=True)
    object_call("iadd", "list.extend", f"(list[A], {_items}) -> none", effect=MUTATE, stores_items=True, in_place=True)


# Methods of sets that take anything with items, or several sets.


def _united(types: Types, constants: Constants) -> Type:
    return Type(types[0].name, (reduce(join, map(item_of, types)),))


def _own(types: Types, constants: Constants) -> Type:
    return types[0]


_RESULTS = {"union": _united, "symmetric_difference": _united, "intersection": _own, "difference": _own}
_UPDATES = ("update", "intersection_update", "difference_update", "symmetric_difference_update")
_TESTS = ("isdisjoint", "issubset", "issuperset")
_OTHERS = tuple(items for items in ITERABLES if items not in ("set", "frozenset"))

for _set in ("set", "frozenset"):
    for _name, _rule in _RESULTS.items():
        _several = (f"({_set}, set, set) -> {_set}", f"({_set}) -> {_set}") if "symm" not in _name else ()
        for _signature in (*(f"({_set}, {_items}) -> {_set}" for _items in ("list", *_OTHERS)), *_several):
            object_call(f".{_name}", f"{_set}.{_name}", _signature, plain=True, rule=_rule)
    for _name in _TESTS:
        for _items in ("list", *_OTHERS):
            object_call(f".{_name}", f"{_set}.{_name}", f"({_set}, {_items}) -> bool", plain=True)
for _name in _UPDATES:
    for _items in ("list", *_OTHERS):
        _signature = f"(set[A], {_items}) -> none"
        _stores = _name in ("update", "symmetric_difference_update")
        for _known in (f".{_name}", *(["set.or.own"] if _name == "update" else [])):
            object_call(_known, f"set.{_name}", _signature, effect=MUTATE, plain=True, stores_items=_stores)


object_call(".pop", "set.pop", "(set[T]) -> boxed T", effect=MUTATE, exits=[KEY_ERROR], raises={"KeyError": KEY_ERROR})


def _from_keys(types: Types, constants: Constants) -> Type | None:
    key = item_of(types[0])
    return dict_of(key, as_element(types[1])) if is_key(key) else None


for _items in ("list", "tuple", "tuples", "set", "frozenset", "dict", "range", "str"):
    # A value's object is not looked at.
    object_call("dict.fromkeys", "dict.fromkeys", f"({_items}, boxed V) -> dict", plain=(0,), rule=_from_keys)
