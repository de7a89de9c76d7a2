"""set and frozenset: displays, elements, operators and the steps of iterations; on CPython's own object, as `dict_.py`.

Both types have one layout (PySetObject), and one body of C code that makes a result of the first operand's type.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import dicts, plain_keys, set_operators, sets
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.dict_ import MISSED, SEEN, begin, fail_unless_done, found_at
from pyvorin.compiler.primitives.dict_whole import is_key, joined, keep_if_done, require_plain_keys
from pyvorin.compiler.primitives.keys import KINDS, OWN_KINDS, require_plain, search_set, search_set_place, with_object
from pyvorin.compiler.primitives.registry import Alias, Constants, Folded, Types, primitive
from pyvorin.core.reasons import KEY_ERROR, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import Type, join, set_of

SETS = ("set", "frozenset")


def _display(types: Types, constants: Constants) -> Type | None:
    return set_of(joined(types)) if all(map(is_key, types)) else None


@primitive("set.make", "(boxed A...) -> set", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_display)
def make(emit: Emitter, *items: str) -> str:
    for item in items:
        require_plain(emit, item)
    s = emit.fail_if_null(emit.call("PySet_New", "ptr (ptr)", "null"))
    for item in items:
        keep_if_done(emit, s, emit.call("PySet_Add", "i32 (ptr, ptr)", s, item))
    return s


@primitive("len", "(set[T]) -> int", effect=READ)
@primitive("len", "(frozenset[T]) -> int", effect=READ)
def length(emit: Emitter, s: str) -> str:
    size = emit.load("i64", s, emit.layout.set_used, "size")
    emit.call("llvm.assume", "void (i1)", emit.op(f"icmp sge i64 {size}, 0"))
    return size


@primitive("iter.room", "(set[T], int) -> int", effect=READ)
@primitive("iter.room", "(frozenset[T], int) -> int", effect=READ)
def room(emit: Emitter, s: str, size: str) -> str:
    return length(emit, s)


@primitive("truth", "(set[T]) -> bool", effect=READ)
@primitive("truth", "(frozenset[T]) -> bool", effect=READ)
@primitive("bool", "(set[T]) -> bool", effect=READ)
@primitive("bool", "(frozenset[T]) -> bool", effect=READ)
def truth(emit: Emitter, s: str) -> str:
    return emit.op(f"icmp ne i64 {emit.load('i64', s, emit.layout.set_used, 'size')}, 0")


def _declare(kind: str) -> None:
    """The operations with an element of this static type."""

    @primitive("contains", f"({kind}, set[T]) -> bool", effect=READ, exits=SEEN)
    @primitive("contains", f"({kind}, frozenset[T]) -> bool", effect=READ, exits=SEEN)
    def contains(emit: Emitter, element: str, s: str) -> str:
        return emit.op(f"xor i1 {search_set(emit, kind, s, element).missing}, true")

    @primitive("item.exists", f"(set[T], {kind}) -> bool", effect=READ, exits=SEEN)
    @primitive("item.exists", f"(frozenset[T], {kind}) -> bool", effect=READ, exits=SEEN)
    def exists(emit: Emitter, s: str, element: str) -> str:
        return contains(emit, element, s)

    @primitive(".add", f"(set[T], {kind}) -> none", effect=MUTATE, exits=SEEN, stores=(0,))
    @primitive("set.add", f"(set[T], {kind}) -> none", effect=MUTATE, exits=SEEN, stores=(0,))
    def add(emit: Emitter, s: str, element: str) -> str:
        return _add(emit, kind, s, element)

    @primitive(".discard", f"(set[T], {kind}) -> none", effect=MUTATE, exits=SEEN)
    def discard(emit: Emitter, s: str, element: str) -> str:
        found = search_set(emit, kind, s, element)
        there, done, start = emit.new_label("there"), emit.new_label("discarded"), emit.label
        emit.branch(found.missing, done, there)
        emit.begin(there)
        status = _discard(emit, s, found.address)
        last = emit.label
        emit.jump(done)
        emit.begin(done)
        fail_unless_done(emit, emit.phi("i32", ("0", start), (status, last)))
        return "false"

    @primitive(".remove", f"(set[T], {kind}) -> none", effect=MUTATE, exits=MISSED, raises={"KeyError": KEY_ERROR})
    def remove(emit: Emitter, s: str, element: str) -> str:
        found = search_set(emit, kind, s, element)
        emit.exit_if(found.missing, KEY_ERROR)
        fail_unless_done(emit, _discard(emit, s, found.address))
        return "false"


def _add(emit: Emitter, kind: str, s: str, element: str, obj: str = "") -> str:
    """Add an element, of which there may be the object, too."""
    found = search_set_place(emit, kind, s, element)
    new, done, start = emit.new_label("new"), emit.new_label("added"), emit.label
    emit.branch(found.missing, new, done)
    emit.begin(new)

    def insert(key: str) -> str:
        # Making the object of a number has run no code, so the entry is still free.
        types = "i32 (ptr, ptr, ptr, i64)"
        return emit.call_helper("pv_set_insert", sets.write_insert, types, s, found.address, key, found.hash)

    status = insert(obj) if obj else with_object(emit, kind, found, insert)
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    fail_unless_done(emit, emit.phi("i32", ("0", start), (status, last)))
    return "false"


@primitive("add.object", "(set[T], int, object) -> none", effect=MUTATE, exits=SEEN, stores=(0, 0))
@primitive("set.add.object", "(set[T], int, object) -> none", effect=MUTATE, exits=SEEN, stores=(0, 0))
def add_object(emit: Emitter, s: str, element: str, obj: str) -> str:
    """As `.add`, of an int that has an object (`passes/reuse_boxes.py`)."""
    return _add(emit, "int", s, element, obj)


def _discard(emit: Emitter, s: str, address: str) -> str:
    """Remove the element at the address, by which it is found again (identity comes first in a comparison)."""
    element = emit.op(f"load ptr, ptr {address}")
    emit.incref(element)
    status = emit.call("PySet_Discard", "i32 (ptr, ptr)", s, element)
    emit.decref(element)
    return status


for _kind in (*KINDS, *OWN_KINDS):
    _declare(_kind)


@primitive(".clear", "(set[T]) -> none", effect=MUTATE)
def clear(emit: Emitter, s: str) -> str:
    emit.call("PySet_Clear", "i32 (ptr)", s)
    return "false"


@primitive(".copy", "(set[T]) -> set[T]", effect=ALLOC)
@primitive("set.of", "(set[T]) -> set[T]", effect=ALLOC)
@primitive("set.of", "(frozenset[T]) -> set[T]", effect=ALLOC)
def copy(emit: Emitter, s: str) -> str:
    """Elements of one set are put into another without a comparison (set_merge)."""
    return emit.fail_if_null(emit.call("PySet_New", "ptr (ptr)", s))


def _require_meeting(emit: Emitter, a: str, b: str, looked_at: str) -> None:
    """Exit if what CPython compares could run code of the program.

    looked_at: the set that it goes through, searching for the elements in the other one; the smaller one is "either".
    """
    if looked_at == "either":
        fewer = emit.op(f"icmp ule i64 {length(emit, a)}, {length(emit, b)}")
        a, b = emit.select(fewer, "ptr", a, b), emit.select(fewer, "ptr", b, a)
    elif looked_at == "second":
        a, b = b, a
    meets = emit.call_helper("pv_sets_meet", sets.write_meet, "i1 (ptr, ptr)", a, b)
    emit.exit_if(emit.op(f"xor i1 {meets}, true"), RUNTIME_TYPE_MISMATCH)


def _require_meeting_unless_new(emit: Emitter, a: str, b: str) -> None:
    """The elements of a set are put into a table that has never had one without a comparison (set_merge)."""
    look, done = emit.new_label("meet"), emit.new_label("met")
    filled = emit.op(f"load i64, ptr {emit.address(a, emit.layout.set_fill)}")
    emit.branch(emit.op(f"icmp eq i64 {filled}, 0"), done, look)
    emit.begin(look)
    _require_meeting(emit, a, b, _LOOKED_AT_IN_PLACE["or"])
    emit.jump(done)
    emit.begin(done)


_LOOKED_AT_IN_PLACE = {"or": "second", "and": "either", "sub": "second", "xor": "second"}
"""Which set an operator goes through (setobject.c); copying one compares nothing."""


def _union(types: Types, constants: Constants) -> Type:
    return Type(types[0].name, (join(types[0].args[0], types[1].args[0]),))


def _first(types: Types, constants: Constants) -> Type:
    return types[0]


_OPERATORS = {
    "or": "PyNumber_InPlaceOr",
    "and": "PyNumber_InPlaceAnd",
    "sub": "PyNumber_InPlaceSubtract",
    "xor": "PyNumber_InPlaceXor",
}
_METHODS = {"or": ".union", "and": ".intersection", "sub": ".difference", "xor": ".symmetric_difference"}
_UPDATES = {
    "or": ".update",
    "and": ".intersection_update",
    "sub": ".difference_update",
    "xor": ".symmetric_difference_update",
}


def _declare_operator(name: str, first: str, second: str) -> None:
    in_place = _OPERATORS[name]
    rule = _union if name in ("or", "xor") else _first
    operands = f"({first}[A], {second}[B])"

    @primitive(name, f"{operands} -> {first}", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=rule)
    @primitive(_METHODS[name], f"{operands} -> {first}", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=rule)
    def operate(emit: Emitter, a: str, b: str) -> str:
        write = set_operators.write_operator(name, first)
        found = emit.call_helper(f"pv_{first}_{name}", write, "ptr (ptr, ptr)", a, b)
        emit.exit_if(emit.op(f"icmp eq ptr {found}, {dicts.FOREIGN}"), RUNTIME_TYPE_MISMATCH)
        return emit.fail_if_null(found)

    if first == "frozenset":
        return

    @primitive("i" + name, f"{operands} -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH], in_place=True)
    @primitive(_UPDATES[name], f"{operands} -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH])
    @primitive(f"set.{name}.own", f"{operands} -> none", effect=MUTATE, exits=[RUNTIME_TYPE_MISMATCH])
    def update(emit: Emitter, a: str, b: str) -> str:
        if name == "or":
            _require_meeting_unless_new(emit, a, b)
        else:
            _require_meeting(emit, a, b, _LOOKED_AT_IN_PLACE[name])
        emit.decref(emit.fail_if_null(emit.call(in_place, "ptr (ptr, ptr)", a, b)))
        return "false"


def _contained(emit: Emitter, a: str, b: str) -> str:
    """Whether all elements of *a* are in *b* (set_issubset)."""
    answer = emit.call_helper("pv_set_within", sets.write_within, "i8 (ptr, ptr)", a, b)
    emit.exit_if(emit.op(f"icmp eq i8 {answer}, 2"), RUNTIME_TYPE_MISMATCH)
    return emit.op(f"icmp eq i8 {answer}, 1")


def _declare_comparison(name: str, relation: str, first: str, second: str) -> None:
    names = [name, *{"le": [".issubset"], "ge": [".issuperset"]}.get(name, [])]

    def compare(emit: Emitter, a: str, b: str) -> str:
        """By their numbers of elements; if these allow it, all of the smaller one are looked for in the other."""
        possible = emit.op(f"icmp {relation} i64 {length(emit, a)}, {length(emit, b)}")
        look, done, start = emit.new_label("look"), emit.new_label("compared"), emit.label
        emit.branch(possible, look, done)
        emit.begin(look)
        holds = _contained(emit, *((b, a) if name in ("gt", "ge") else (a, b)))
        last = emit.label
        emit.jump(done)
        emit.begin(done)
        found = emit.phi("i1", ("false", start), (holds, last))
        return emit.op(f"xor i1 {found}, true") if name == "ne" else found

    for each in names:
        signature = f"({first}[A], {second}[B]) -> bool"
        primitive(each, signature, effect=READ, exits=[RUNTIME_TYPE_MISMATCH])(compare)


def _declare_disjoint(first: str, second: str) -> None:
    @primitive(".isdisjoint", f"({first}[A], {second}[B]) -> bool", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH])
    def is_disjoint(emit: Emitter, a: str, b: str) -> str:
        """CPython looks through the smaller one as well, and stops at the first common element."""
        _require_meeting(emit, a, b, "either")
        common = emit.fail_if_null(emit.call("PyNumber_And", "ptr (ptr, ptr)", a, b))
        empty = emit.op(f"icmp eq i64 {emit.load('i64', common, emit.layout.set_used, 'size')}, 0")
        emit.decref(common)
        return empty


_RELATIONS = {"lt": "ult", "le": "ule", "eq": "eq", "ne": "eq", "gt": "ugt", "ge": "uge"}

for _one in SETS:
    for _other in SETS:
        for _name in _OPERATORS:
            _declare_operator(_name, _one, _other)
        for _name, _relation in _RELATIONS.items():
            _declare_comparison(_name, _relation, _one, _other)
        _declare_disjoint(_one, _other)


# set(iterable) of what keeps its elements in a row


def _elements(types: Types, constants: Constants) -> Type | None:
    element = types[0].args[0]
    return set_of(element) if is_key(element) else None


@primitive("set.of", "(list[T]) -> set", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_elements)
def of_list(emit: Emitter, xs: str) -> str:
    plain = emit.call_helper("pv_list_plain", plain_keys.write_list_plain, "i1 (ptr)", xs)
    emit.exit_if(emit.op(f"xor i1 {plain}, true"), RUNTIME_TYPE_MISMATCH)
    return emit.fail_if_null(emit.call("PySet_New", "ptr (ptr)", xs))


@primitive("set.of", "(dict[K, V]) -> set[K]", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH])
def of_dict(emit: Emitter, d: str) -> str:
    """The size of its table, and so its order, are not those of keys that are added one by one (set_update_internal)."""
    require_plain_keys(emit, d)
    return emit.fail_if_null(emit.call("PySet_New", "ptr (ptr)", d))


def _is_whole(types: Types) -> bool:
    kind = types[0].name
    return kind in ("set", "frozenset", "dict") or (kind == "list" and is_key(types[0].args[0]))


@primitive("set.whole", "(A) -> bool", rule=lambda types, constants: Folded(_is_whole(types)))
def is_whole(emit: Emitter, xs: str) -> str:
    """Whether set() of it is made by CPython at once."""
    return "false"


# Iteration


@primitive("iter.open", "(set[T]) -> set[T]", rule=lambda types, constants: Alias())
@primitive("iter.open", "(frozenset[T]) -> frozenset[T]", rule=lambda types, constants: Alias())
def check(emit: Emitter, s: str) -> str:
    return s


@primitive("iter.start", "(set[T]) -> int", effect=READ, exits=[VALUE_ERROR])
@primitive("iter.start", "(frozenset[T]) -> int", effect=READ, exits=[VALUE_ERROR])
def start(emit: Emitter, s: str) -> str:
    mask = emit.op(f"load i64, ptr {emit.address(s, emit.layout.set_mask)}")
    return begin(emit, length(emit, s), mask)


@primitive("iter.seek", "(set[T], int, int) -> int", effect=READ, exits=[VALUE_ERROR])
@primitive("iter.seek", "(frozenset[T], int, int) -> int", effect=READ, exits=[VALUE_ERROR])
def seek(emit: Emitter, s: str, place: str, index: str) -> str:
    return found_at(emit, emit.call_helper("pv_set_next", sets.write_next, "i64 (ptr, i64)", s, place))


@primitive("iter.item", "(set[T], int) -> boxed T", effect=READ, borrows=True)
@primitive("iter.item", "(frozenset[T], int) -> boxed T", effect=READ, borrows=True)
def item(emit: Emitter, s: str, position: str) -> str:
    table = emit.op(f"load ptr, ptr {emit.address(s, emit.layout.set_table)}")
    return emit.op(f"load ptr, ptr {emit.address(table, emit.op(f'shl i64 {position}, 4'))}")
