"""Named tuples: tuples of a class that `collections.namedtuple` has made for the module.

    Point = namedtuple("Point", "x y")       Point(1, 2.5): named[Point, names[x, y], int, float]
    class Point(NamedTuple): ...

The host says whether the class is what that function makes (`host/classes.py`); native code compares its version at each use.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives import tuple_
from pyvorin.compiler.primitives.global_names import default
from pyvorin.compiler.primitives.keys import is_plain
from pyvorin.compiler.primitives.list_methods import sort_or_exit
from pyvorin.compiler.primitives.objects import matches, named_slot, record_holds, unpack_check
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Constants, Folded, Types, family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import OBJECT, Type, as_element, named_of, tuple_of

MAKE = "named.make"
"""Prefix of the primitives that make one: ``named.make:Point/x/y``."""
DEFAULT = "named.default"
"""And of those that read the default of a field, counted from the last one, and expected to be of this type:
``named.default:1/float/Point/x/y``."""
SORT = "named.sort"
"""And of those that sort a list of them: ``named.sort:Point/x/y``."""
REPLACED = "named.replace"
"""And of those that look whether `_replace` does what the library's does: ``named.replace:Point/x/y``."""


@family(MAKE)
def _declare(text: str) -> None:
    name, *fields = text.split("/")

    def made(types: Types, constants: Constants) -> Type:
        return named_of(name, fields, map(as_element, types))

    primitive(f"{MAKE}:{text}", "(boxed A...) -> named", effect=ALLOC, exits=[ASSUMPTION_INVALIDATED], rule=made)(
        partial(make, name, fields)
    )


def the_class(emit: Emitter, name: str, fields: list[str]) -> str:
    """The class, which is as it was when the host looked at it."""
    kind = named_slot(emit, name, fields)
    emit.exit_if(emit.op(f"icmp eq ptr {kind}, null"), ASSUMPTION_INVALIDATED)
    emit.exit_if(emit.op(f"xor i1 {record_holds(emit, kind, kind, name)}, true"), ASSUMPTION_INVALIDATED)
    return kind


def make(name: str, fields: list[str], emit: Emitter, *items: str) -> str:
    """By the allocator that all classes have that derive from tuple; what `__new__` does then is to store the items."""
    kind = the_class(emit, name, fields)
    obj = emit.fail_if_null(emit.call("PyType_GenericAlloc", "ptr (ptr, i64)", kind, str(len(items))))
    for index, item in enumerate(items):
        emit.incref(item)
        emit.store("ptr", item, obj, emit.layout.tuple_items + 8 * index, "element")
    return obj


def _item_rule(types: Types, constants: Constants) -> Type:
    items, index = types[0].args[2:], constants[1]
    if index is not NOT_CONSTANT and isinstance(index, int):
        return items[index] if -len(items) <= index < len(items) else OBJECT
    return OBJECT


@primitive("named.item", "(named, int) -> boxed T", borrows=True, rule=_item_rule)
@primitive("unpack.item", "(named, int) -> boxed T", borrows=True, rule=_item_rule)
def item(emit: Emitter, xs: str, index: str) -> str:
    return tuple_.item(emit, xs, index)


@primitive("getitem", "(named, int) -> boxed T", exits=[BOUNDS_CHECK_FAILURE], borrows=True, rule=_item_rule)
def getitem(emit: Emitter, xs: str, index: str) -> str:
    return tuple_.getitem(emit, xs, index)


primitive("unpack.check", "(named, int) -> none", exits=[VALUE_ERROR])(unpack_check)


@primitive("len", "(named) -> int", rule=lambda types, constants: Folded(len(types[0].args) - 2))
def length(emit: Emitter, xs: str) -> str:
    return emit.load("i64", xs, emit.layout.size, "size")


@family(DEFAULT)
def _declare_default(text: str) -> None:
    distance, written, name, *fields = text.split("/")
    exits = (ASSUMPTION_INVALIDATED,)
    lower, ty = partial(default_of, int(distance), name, fields), Type(written)
    signature, rule = "() -> boxed H", lambda types, constants: ty
    primitive(f"{DEFAULT}:{text}", signature, effect=READ, exits=exits, borrows=True, rule=rule)(lower)


def default_of(distance: int, name: str, fields: list[str], emit: Emitter) -> str:
    """What `__new__` has for a field that the call leaves out, so far from the last one."""
    the_class(emit, name, fields)
    return default(distance, emit, emit.slot("recordnew", " ".join([name, *fields])))


@family(REPLACED)
def _declare_replaced(text: str) -> None:
    name, *fields = text.split("/")
    lower = partial(require_replace, name, fields)
    primitive(f"{REPLACED}:{text}", "(named) -> none", effect=READ, exits=[ASSUMPTION_INVALIDATED])(lower)


def require_replace(name: str, fields: list[str], emit: Emitter, obj: str) -> str:
    """`_replace` makes a tuple of the same class, of the fields that it is given and the others' items."""
    the_class(emit, name, fields)
    found = emit.slot("recordreplace", " ".join([name, *fields]))
    emit.exit_if(emit.op(f"icmp eq ptr {found}, null"), ASSUMPTION_INVALIDATED)
    return "false"


def _as_tuple(types: Types, constants: Constants) -> Type:
    return tuple_of(*types[0].args[2:])


@primitive("named.tuple", "(named) -> tuple", borrows=True, rule=_as_tuple)
def as_tuple(emit: Emitter, xs: str) -> str:
    """The same object: its class leaves all operators to `tuple` (`host/classes.py`)."""
    return xs


@family(SORT)
def _declare_sort(text: str) -> None:
    name, *fields = text.split("/")
    lower = partial(sort, named_of(name, fields, ()), len(fields))
    exits = [RUNTIME_TYPE_MISMATCH, VALUE_ERROR]
    primitive(f"{SORT}:{text}", "(list[named]) -> none", effect=MUTATE, exits=exits)(lower)


def sort(ty: Type, count: int, emit: Emitter, xs: str) -> str:
    """As of tuples (`list_methods.sort_tuples`)."""
    size = emit.load("i64", xs, emit.layout.size, "size")

    def is_other(index: str) -> str:
        items = emit.load("ptr", xs, emit.layout.list_items, "items")
        obj = emit.load("ptr", emit.op(f"getelementptr ptr, ptr {items}, i64 {index}"), 0, "element")
        inside, done = emit.new_label("record"), emit.new_label("looked")
        is_one, start = matches(emit, obj, ty), emit.label
        emit.branch(is_one, inside, done)
        emit.begin(inside)
        plain = "true"
        for at in range(count):
            item = emit.load("ptr", obj, emit.layout.tuple_items + 8 * at, "element")
            plain = emit.op(f"and i1 {plain}, {is_plain(emit, item)}")
        last = emit.label
        emit.jump(done)
        emit.begin(done)
        holds = emit.phi("i1", ("false", start), (plain, last))
        return emit.op(f"xor i1 {holds}, true")

    emit.exit_if(emit.each_index(size, is_other), RUNTIME_TYPE_MISMATCH)
    sort_or_exit(emit, xs)
    return "false"


@primitive("named.check", "(named) -> none", effect=READ, exits=[ASSUMPTION_INVALIDATED])
def check(emit: Emitter, obj: str) -> str:
    """The class is as it was: code of the program may have changed it, or the object's, since that was found out."""
    assert emit.current is not None
    emit.exit_if(emit.op(f"xor i1 {matches(emit, obj, emit.current.args[0].ty)}, true"), ASSUMPTION_INVALIDATED)
    return "false"
