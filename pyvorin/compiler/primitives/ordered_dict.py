"""collections.OrderedDict: a dict that has its keys in a list of its own beside the table (odictobject.c).

What only reads the table is the dict's own primitives.  What changes it are CPython's functions, once a native search has shown
that no key is met which only code of the program could compare.  Its order is that list's, so iterating is left to CPython.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls
from pyvorin.compiler.hir.effects import ALLOC, MUTATE
from pyvorin.compiler.primitives.c_methods import FAST_KEYWORDS, KEYWORDS, NOARGS
from pyvorin.compiler.primitives.dict_ import MISSED, SEEN, fail_unless_done, length
from pyvorin.compiler.primitives.dict_likes import share
from pyvorin.compiler.primitives.keys import KINDS, search_dict, with_object
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import KEY_ERROR
from pyvorin.types.spec import NEVER, Type, tuple_of

READ_ALIKE = ("len", "truth", "bool", "contains", "getitem", "dict.find", "dict.value", "item.exists", ".get")
"""The primitives of dicts that only read the table."""
RAISES = {"KeyError": KEY_ERROR}
KEYWORDS[".move_to_end"] = ("key", "last")
KEYWORDS[".popitem"] = ("last",)

for _name in READ_ALIKE:
    share(_name, "ordered")


def _empty(types: Types, constants: Constants) -> Type:
    return Type("ordered", (NEVER, NEVER))


@primitive("ordered.make", "() -> ordered", effect=ALLOC, rule=_empty)
def make(emit: Emitter) -> str:
    return emit.fail_if_null(c_calls.call_object(emit, emit.slot("imported", "collections:OrderedDict"), []))


def _method(emit: Emitter, name: str, d: str, *args: str) -> str:
    """What a method of the type gives; NULL with an exception set."""
    if name == "clear":
        return emit.op(f"call ptr {emit.slot('method', f'OrderedDict.clear {NOARGS}')}(ptr {d}, ptr null)")
    return c_calls.fast_call(emit, emit.slot("method", f"OrderedDict.{name} {FAST_KEYWORDS}"), d, args)


def _truth(emit: Emitter, value: str) -> str:
    true, false = emit.unit.external("_Py_TrueStruct"), emit.unit.external("_Py_FalseStruct")
    return emit.select(value, "ptr", true, false)


def _declare(kind: str) -> None:
    @primitive("setitem", f"(ordered[K, V], {kind}, boxed V) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    @primitive("dict.put", f"(ordered[K, V], {kind}, boxed V) -> none", effect=MUTATE, exits=SEEN, stores=(0, 1))
    def setitem(emit: Emitter, d: str, key: str, value: str) -> str:
        found = search_dict(emit, kind, d, key)

        def store(obj: str) -> str:
            return emit.call("PyODict_SetItem", "i32 (ptr, ptr, ptr)", d, obj, value)

        fail_unless_done(emit, with_object(emit, kind, found, store))
        return "false"

    @primitive("delitem", f"(ordered[K, V], {kind}) -> none", effect=MUTATE, exits=MISSED, raises=RAISES)
    def delitem(emit: Emitter, d: str, key: str) -> str:
        found = search_dict(emit, kind, d, key)
        emit.exit_if(found.missing, KEY_ERROR)

        def delete(obj: str) -> str:
            return emit.call("PyODict_DelItem", "i32 (ptr, ptr)", d, obj)

        fail_unless_done(emit, with_object(emit, kind, found, delete))
        return "false"

    def move(emit: Emitter, d: str, key: str, *last: str) -> str:
        found = search_dict(emit, kind, d, key)
        emit.exit_if(found.missing, KEY_ERROR)

        def move_it(obj: str) -> str:
            done = _method(emit, "move_to_end", d, obj, *(_truth(emit, value) for value in last))
            failed = emit.op(f"icmp eq ptr {done}, null")
            given, after, start = emit.new_label("given"), emit.new_label("moved"), emit.label
            emit.branch(failed, after, given, unlikely=True)
            emit.begin(given)
            emit.decref(done)
            end = emit.label
            emit.jump(after)
            emit.begin(after)
            return emit.phi("i32", ("-1", start), ("0", end))

        fail_unless_done(emit, with_object(emit, kind, found, move_it))
        return "false"

    for last in ("", ", bool"):
        signature = f"(ordered[K, V], {kind}{last}) -> none"
        primitive(".move_to_end", signature, effect=MUTATE, exits=MISSED, raises=RAISES)(move)


for _kind in KINDS:
    _declare(_kind)


def _pair(types: Types, constants: Constants) -> Type:
    return tuple_of(*types[0].args)


@primitive(".popitem", "(ordered[K, V]) -> boxed T", effect=MUTATE, exits=[KEY_ERROR], rule=_pair)
@primitive(".popitem", "(ordered[K, V], bool) -> boxed T", effect=MUTATE, exits=[KEY_ERROR], rule=_pair)
def popitem(emit: Emitter, d: str, *last: str) -> str:
    """The first or the last pair, whose key is found by what it is."""
    emit.exit_if(emit.op(f"icmp eq i64 {length(emit, d)}, 0"), KEY_ERROR)
    return emit.fail_if_null(_method(emit, "popitem", d, *(_truth(emit, value) for value in last)))


@primitive(".clear", "(ordered[K, V]) -> none", effect=MUTATE)
def clear(emit: Emitter, d: str) -> str:
    emit.decref(emit.fail_if_null(_method(emit, "clear", d)))
    return "false"
