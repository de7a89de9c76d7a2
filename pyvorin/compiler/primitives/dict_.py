"""dict, key by key: reading, storing, deleting, and the steps of iterations; in place on CPython's own object.

Searches are native (`emit/runtime/dicts.py`).  What changes a table is CPython's function for a known hash, after a search has
shown that it will not come to a key with a comparison of its own.  A dict's version (up to 3.12) and its watchers (from 3.12
on) are therefore its business; a number that takes its new value in place stays the same object, and changes neither.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import dicts, numbers
from pyvorin.compiler.hir.effects import MUTATE, READ
from pyvorin.compiler.primitives import enum_
from pyvorin.compiler.primitives.keys import KINDS, OWN_KINDS, Found, hash_of, search_dict, with_object
from pyvorin.compiler.primitives.objects import boxed_or_null
from pyvorin.compiler.primitives.registry import Alias, Constants, Folded, Rule, Types, primitive
from pyvorin.core.reasons import KEY_ERROR, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import DICT_NAMES, Type

ENDLESS = 1 << 62
"""The length of an iteration that finds its end by itself."""
FEW = 1 << 31
"""Containers of more entries are not iterated: two numbers share a word."""
TABLES = DICT_NAMES | {"set", "frozenset"}
"""What finds its next item by a search; everything else is iterated by index alone."""
SEEN = [RUNTIME_TYPE_MISMATCH]
MISSED = [RUNTIME_TYPE_MISMATCH, KEY_ERROR]

PUTS = {"int": numbers.PUT_INT, "float": numbers.PUT_FLOAT}
"""The numbers that take their new value in place."""

_SET = "i32 (ptr, ptr, ptr, i64)"


def fail_unless_done(emit: Emitter, status: str) -> None:
    emit.leave_if(emit.op(f"icmp slt i32 {status}, 0"), 2)


@primitive("len", "(dict[K, V]) -> int", effect=READ)
def length(emit: Emitter, d: str) -> str:
    size = emit.load("i64", d, emit.layout.dict_used, "size")
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


@primitive("iter.room", "(dict[K, V], int) -> int", effect=READ)
def room_for(emit: Emitter, d: str, size: str) -> str:
    return length(emit, d)


@primitive("truth", "(dict[K, V]) -> bool", effect=READ)
@primitive("bool", "(dict[K, V]) -> bool", effect=READ)
def truth(emit: Emitter, d: str) -> str:
    return emit.op(f"icmp ne i64 {emit.load('i64', d, emit.layout.dict_used, 'size')}, 0")


def _key_at(emit: Emitter, address: str) -> str:
    """The key whose value is at this address."""
    return emit.op(f"load ptr, ptr {emit.address(address, -8)}")


def _missing_exits(emit: Emitter, found: Found) -> None:
    emit.exit_if(found.missing, KEY_ERROR)


def _declare(kind: str) -> None:
    """The operations with a key of this static type."""
    raises = {"KeyError": KEY_ERROR}

    @primitive("getitem", f"(dict[K, V], {kind}) -> boxed V", effect=READ, exits=MISSED, borrows=True, raises=raises)
    def getitem(emit: Emitter, d: str, key: str) -> str:
        found = search_dict(emit, kind, d, key)
        _missing_exits(emit, found)
        return emit.op(f"load ptr, ptr {found.address}")

    @primitive("contains", f"({kind}, dict[K, V]) -> bool", effect=READ, exits=SEEN)
    def contains(emit: Emitter, key: str, d: str) -> str:
        return emit.op(f"xor i1 {search_dict(emit, kind, d, key).missing}, true")

    @primitive("dict.find", f"(dict[K, V], {kind}) -> int", effect=READ, exits=SEEN)
    def find(emit: Emitter, d: str, key: str) -> str:
        """The address of the value, as a number for `dict.value`, which follows at once; 0 if the key is missing."""
        return emit.op(f"ptrtoint ptr {search_dict(emit, kind, d, key).address} to i64")

    @primitive("item.exists", f"(dict[K, V], {kind}) -> bool", effect=READ, exits=SEEN)
    def exists(emit: Emitter, d: str, key: str) -> str:
        return contains(emit, key, d)

    for number in PUTS:
        _declare_number(kind, number)

    @primitive("setitem", f"(dict[K, V], {kind}, boxed V) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    @primitive("dict.add", f"(dict[K, V], {kind}, boxed V) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    def setitem(emit: Emitter, d: str, key: str, value: str) -> str:
        """A key that is there stays the object that it is."""
        found = search_dict(emit, kind, d, key)
        fail_unless_done(emit, put_object(emit, kind, d, found, value))
        return "false"

    @primitive("dict.put", f"(dict[K, V], {kind}, boxed V) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    def put_new(emit: Emitter, d: str, key: str, value: str) -> str:
        """As `setitem`, of a key that has just been searched for in vain."""
        sought, hashed = hash_of(emit, kind, key)
        found = Found("null", "true", sought, hashed)

        def store(obj: str) -> str:
            return emit.call("_PyDict_SetItem_KnownHash", _SET, d, obj, value, hashed)

        fail_unless_done(emit, with_object(emit, kind, found, store))
        return "false"

    if kind == "int":
        types = f"(dict[K, V], {kind}, boxed V, object) -> none"

        @primitive("dict.put.object", types, effect=MUTATE, exits=SEEN, stores=(0, 1, 0))
        def put_object_of(emit: Emitter, d: str, key: str, value: str, obj: str) -> str:
            """As `dict.put`, of an int that has an object (`passes/reuse_boxes.py`)."""
            fail_unless_done(
                emit, emit.call("_PyDict_SetItem_KnownHash", _SET, d, obj, value, hash_of(emit, kind, key)[1])
            )
            return "false"

    @primitive("delitem", f"(dict[K, V], {kind}) -> none", effect=MUTATE, exits=MISSED, raises=raises)
    def delitem(emit: Emitter, d: str, key: str) -> str:
        found = search_dict(emit, kind, d, key)
        _missing_exits(emit, found)
        fail_unless_done(emit, delete_entry(emit, d, found))
        return "false"

    @primitive(".pop", f"(dict[K, V], {kind}) -> boxed V", effect=MUTATE, exits=MISSED, raises=raises)
    def pop(emit: Emitter, d: str, key: str) -> str:
        found = search_dict(emit, kind, d, key)
        _missing_exits(emit, found)
        value = emit.op(f"load ptr, ptr {found.address}")
        emit.incref(value)
        status = delete_entry(emit, d, found)
        failed, kept = emit.new_label("failed"), emit.new_label("kept")
        failure = emit.op(f"icmp slt i32 {status}, 0")
        emit.branch(failure, failed, kept, unlikely=True)
        emit.begin(failed)
        emit.decref(value)
        emit.jump(kept)
        emit.begin(kept)
        emit.leave_if(failure, 2)
        return value


def _declare_number(kind: str, number: str) -> None:
    @primitive("setitem", f"(dict[K, V], {kind}, {number}) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    @primitive("dict.add", f"(dict[K, V], {kind}, {number}) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    def setitem(emit: Emitter, d: str, key: str, value: str) -> str:
        """A number that only the dict refers to takes the new value itself (nobody can see the difference)."""
        return store_number(emit, kind, d, search_dict(emit, kind, d, key), value, number, own=False)

    @primitive("setitem.own", f"(dict[K, V], {kind}, {number}) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    def setitem_own(emit: Emitter, d: str, key: str, value: str) -> str:
        """As `setitem`, into a dict that nobody else has seen (`passes/own_dicts.py`)."""
        return store_number(emit, kind, d, search_dict(emit, kind, d, key), value, number, own=True)


def store_number(emit: Emitter, kind: str, d: str, found: Found, value: str, number: str, own: bool) -> str:
    """Store an int or a float under the key that was searched for; *own*: nobody else has seen the dict."""
    put = PUTS[number]
    there, make, made = emit.new_label("there"), emit.new_label("make"), emit.new_label("made")
    failed, done = emit.new_label("nomemory"), emit.new_label("done")
    emit.branch(found.missing, make, there)
    emit.begin(there)
    rest = emit.call_helper(put.helper, put.write, f"i32 (ptr, {put.llvm})", found.address, value)
    in_place = emit.label
    emit.branch(emit.op(f"icmp eq i32 {rest}, 0"), done, make)
    emit.begin(make)
    obj = boxed_or_null(emit, value, Type(number))
    emit.branch(emit.op(f"icmp eq ptr {obj}, null"), failed, made, unlikely=True)
    emit.begin(made)
    replaced = "0"
    if own:
        # The new object is in place before the old one is given back, which may run any code.
        replace, put_new = emit.new_label("replace"), emit.new_label("putnew")
        emit.branch(found.missing, put_new, replace)
        emit.begin(replace)
        old = emit.op(f"load ptr, ptr {found.address}")
        emit.do(f"store ptr {obj}, ptr {found.address}")
        emit.decref(old)
        replaced = emit.label
        emit.jump(done)
        emit.begin(put_new)
    stored = put_object(emit, kind, d, found, obj)
    emit.decref(obj)
    last = emit.label
    emit.jump(done)
    emit.begin(failed)
    emit.jump(done)
    emit.begin(done)
    ways = [("0", in_place), (stored, last), ("-1", failed)]
    status = emit.phi("i32", *ways, *[("0", replaced)] * own)
    fail_unless_done(emit, status)
    return "false"


def put_object(emit: Emitter, kind: str, d: str, found: Found, value: str) -> str:
    """Store the object under the key that was searched for: 0, or -1 with an exception set."""

    def store(key: str) -> str:
        return emit.call("_PyDict_SetItem_KnownHash", _SET, d, key, value, found.hash)

    if kind not in ("int", "float") and not found.items:
        return store(found.value)
    new, old, done = emit.new_label("newkey"), emit.new_label("oldkey"), emit.new_label("put")
    emit.branch(found.missing, new, old)
    emit.begin(old)
    replaced = store(_key_at(emit, found.address))
    emit.jump(done)
    emit.begin(new)
    added = with_object(emit, kind, found, store)
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i32", (replaced, old), (added, last))


def delete_entry(emit: Emitter, d: str, found: Found) -> str:
    """Remove the entry that was found: 0, or -1 with an exception set."""
    key = _key_at(emit, found.address)
    emit.incref(key)
    status = emit.call("_PyDict_DelItem_KnownHash", "i32 (ptr, ptr, i64)", d, key, found.hash)
    emit.decref(key)
    return status


for _kind in (*KINDS, *OWN_KINDS):
    _declare(_kind)
enum_.declare_searches(KINDS, search_dict)


@primitive("dict.found", "(int) -> bool")
def was_found(emit: Emitter, place: str) -> str:
    return emit.op(f"icmp ne i64 {place}, 0")


@primitive("dict.value", "(dict[K, V], int) -> boxed V", effect=READ, borrows=True)
@primitive("dict.value", "(dict[K, V], int, A) -> boxed V", effect=READ, borrows=True)
def value_found(emit: Emitter, d: str, place: str, key: str = "") -> str:
    return emit.op(f"load ptr, ptr {emit.op(f'inttoptr i64 {place} to ptr')}")


def _has_no_keys(types: Types, constants: Constants) -> Folded | None:
    return None if types[0].name in TABLES else Folded(True)


@primitive("item.exists", "(A, B) -> bool", rule=_has_no_keys)
@primitive("item.exists", "(A) -> bool", rule=_has_no_keys)
def other_exists(emit: Emitter, a: str, b: str = "") -> str:
    """What a `try` asks before an operation that may raise KeyError: here nothing can be missing."""
    return "true"


# Iteration


def begin(emit: Emitter, used: str, entries: str) -> str:
    """The place at which an iteration begins (`dicts.write_next`)."""
    many = emit.op(f"icmp uge i64 {emit.intrinsic('llvm.umax.i64', 'i64', used, entries)}, {FEW}")
    emit.exit_if(many, VALUE_ERROR)
    return emit.op(f"shl i64 {used}, 32")


def found_at(emit: Emitter, position: str) -> str:
    """The position that a step has found; where CPython would raise a RuntimeError it exits."""
    emit.exit_if(emit.op(f"icmp eq i64 {position}, {dicts.CHANGED}"), VALUE_ERROR)
    return position


def _alias(name: str) -> None:
    @primitive(name, "(dict[K, V]) -> dict[K, V]", rule=lambda types, constants: Alias())
    def check(emit: Emitter, d: str) -> str:
        return d


for _name in ("iter.open", "iter.open.view"):
    _alias(_name)


@primitive("iter.start", "(dict[K, V]) -> int", effect=READ, exits=[VALUE_ERROR])
def start(emit: Emitter, d: str) -> str:
    table = emit.op(f"load ptr, ptr {emit.address(d, emit.layout.dict_keys)}")
    entries = emit.op(f"load i64, ptr {emit.address(table, emit.layout.keys_entries)}")
    return begin(emit, length(emit, d), entries)


@primitive("iter.seek", "(dict[K, V], int, int) -> int", effect=READ, exits=[VALUE_ERROR])
def seek(emit: Emitter, d: str, place: str, index: str) -> str:
    return found_at(emit, emit.call_helper("pv_dict_next", dicts.write_next, "i64 (ptr, i64, i64)", d, place, index))


@primitive("iter.size", "(dict[K, V]) -> int")
@primitive("iter.size", "(set[T]) -> int")
@primitive("iter.size", "(frozenset[T]) -> int")
def endless(emit: Emitter, d: str) -> str:
    return str(ENDLESS)


@primitive("iter.valid", "(dict[K, V], int) -> bool")
@primitive("iter.valid", "(set[T], int) -> bool")
@primitive("iter.valid", "(frozenset[T], int) -> bool")
def valid(emit: Emitter, d: str, position: str) -> str:
    return emit.op(f"icmp sge i64 {position}, 0")


def entry(emit: Emitter, d: str, position: str) -> str:
    return emit.call_helper("pv_dict_entry", dicts.write_entry, "ptr (ptr, i64)", d, position)


@primitive("iter.item", "(dict[K, V], int) -> boxed K", effect=READ, borrows=True)
def key_at(emit: Emitter, d: str, position: str) -> str:
    return emit.op(f"load ptr, ptr {entry(emit, d, position)}")


@primitive("iter.value", "(dict[K, V], int) -> boxed V", effect=READ, borrows=True)
def value_at(emit: Emitter, d: str, position: str) -> str:
    return emit.op(f"load ptr, ptr {emit.address(entry(emit, d, position), 8)}")


@primitive("items.by.key", "(A) -> bool", rule=lambda types, constants: Folded(_is_ordered(types[0])))
def ordered_by_key(emit: Emitter, d: str) -> str:
    """Whether the keys of the dict are of a type of which lists are sorted natively."""
    return "false"


def _is_ordered(ty: Type) -> bool:
    return ty.name in DICT_NAMES and ty.args[0].name in ("int", "float", "bool", "str", "tuple", "tuples", "never")


def _in_sequences(result: Folded | Alias) -> Rule:
    return lambda types, constants: None if types[0].name in TABLES else result


@primitive("iter.advance", "(int, int) -> int")
def advance(emit: Emitter, place: str, position: str) -> str:
    """The place behind a position."""
    return emit.op(f"or i64 {emit.op(f'and i64 {place}, {~0xFFFFFFFF}')}, {emit.op(f'add i64 {position}, 1')}")


@primitive("iter.advance", "(none, none) -> none", rule=lambda types, constants: Folded(None))
def advance_nothing(emit: Emitter, place: str, position: str) -> str:
    return "false"


@primitive("iter.room", "(A, int) -> int", rule=_in_sequences(Alias(1)))
def room(emit: Emitter, xs: str, size: str) -> str:
    """How many items a comprehension makes room for: of a sequence as many as it has."""
    return size


@primitive("iter.start", "(A) -> none", rule=_in_sequences(Folded(None)))
def start_nothing(emit: Emitter, xs: str) -> str:
    return "false"


@primitive("iter.seek", "(A, none, int) -> none", rule=_in_sequences(Folded(None)))
def seek_nothing(emit: Emitter, xs: str, place: str, index: str) -> str:
    return "false"


@primitive("iter.at", "(int, none) -> int", rule=lambda types, constants: Alias(0))
@primitive("iter.at", "(int, int) -> int", rule=lambda types, constants: Alias(1))
def at(emit: Emitter, index: str, position: str) -> str:
    """Where the next item is: at the index, or at the position that was found."""
    return position
