"""collections.defaultdict and Counter: dicts that know what to give for a missing key.

Their items lie in the table of a dict, so what does not depend on the class is declared from the dict's own primitives.  What is
left out here `Counter` does in another way, or it gives another class.  Whether an item exists (`item.exists`) is what a native
handler for a KeyError depends on, which reading an item raises of neither: such handlers are left to CPython.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls, plain_keys
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.primitives.dict_ import SEEN, fail_unless_done, put_object
from pyvorin.compiler.primitives.dict_whole import require_countable, require_plain_dict
from pyvorin.compiler.primitives.keys import KINDS, Found, search_dict
from pyvorin.compiler.primitives.objects import box_int
from pyvorin.compiler.primitives.registry import Constants, Types, overloads, primitive
from pyvorin.core.layouts import SIZEOF_POINTER
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import (
    DICT_NAMES,
    FLOAT,
    INT,
    NEVER,
    NONE,
    OBJECT,
    STR,
    Type,
    as_element,
    dict_of,
    list_of,
    set_of,
    tuple_of,
)

SHARED = (
    "len",
    "truth",
    "bool",
    "contains",
    "dict.find",
    "dict.value",
    "setitem",
    "dict.put",
    ".get",
    ".setdefault",
    ".pop",
    ".clear",
    "iter.open",
    "iter.open.view",
    "iter.room",
    "iter.start",
    "iter.size",
    "iter.seek",
    "iter.valid",
    "iter.item",
    "iter.value",
)
"""The primitives of dicts that are the same for both."""


def share(name: str, kind: str) -> None:
    """Declare a primitive of dicts for a type whose items lie in the table of one."""
    for overload in list(overloads(name)):
        if any(param.name == "dict" for param in overload.params):
            primitive(
                name,
                overload.signature.replace("dict[", f"{kind}["),
                effect=overload.effect,
                exits=overload.exits,
                promotes=overload.promotes,
                borrows=overload.borrows,
                in_place=overload.in_place,
                raises=overload.raises,
                stores=overload.stores,
                rule=overload.rule,
                derived=True,
            )(overload.lower)


for _name in SHARED:
    for _kind in ("defaultdict", "counter"):
        share(_name, _kind)
for _name in ("delitem", ".popitem"):
    share(_name, "defaultdict")


# defaultdict

FACTORIES: dict[str, tuple[Type, str, Callable[[Emitter], str]]] = {
    "int": (INT, "PyLong_Type", lambda emit: emit.call("PyLong_FromLongLong", "ptr (i64)", "0")),
    "float": (FLOAT, "PyFloat_Type", lambda emit: emit.call("PyFloat_FromDouble", "ptr (double)", "0.0")),
    "str": (
        STR,
        "PyUnicode_Type",
        lambda emit: emit.call("PyUnicode_FromStringAndSize", "ptr (ptr, i64)", "null", "0"),
    ),
    "list": (list_of(NEVER), "PyList_Type", lambda emit: emit.call("PyList_New", "ptr (i64)", "0")),
    "dict": (dict_of(NEVER, NEVER), "PyDict_Type", lambda emit: emit.call("PyDict_New", "ptr ()")),
    "set": (set_of(NEVER), "PySet_Type", lambda emit: emit.call("PySet_New", "ptr (ptr)", "null")),
}
"""By the name of a builtin class: the type of what it gives without arguments, itself, and what makes that."""


def _of_default(types: Types, constants: Constants) -> Type:
    return Type("defaultdict", (NEVER, as_element(types[0])))


def _declare_factory(name: str) -> None:
    @primitive(f"defaultdict.of.{name}", "(boxed V) -> defaultdict", effect=ALLOC, rule=_of_default)
    def make(emit: Emitter, example: str) -> str:
        """With the class as its factory, of whose objects the operand is one."""
        kind, factory = emit.slot("imported", "collections:defaultdict"), emit.unit.external(FACTORIES[name][1])
        return emit.fail_if_null(c_calls.call_object(emit, kind, [factory]))


for _name in FACTORIES:
    _declare_factory(_name)


def _known_factory(emit: Emitter) -> str:
    """The address of the word with the code of a factory that the program may not see being called."""
    return emit.slot_address(emit.unit.slot("word", "0 factory"))


def _of_example(types: Types, constants: Constants) -> Type | None:
    return Type("defaultdict", (NEVER, as_element(types[1]))) if types[0] == OBJECT else None


@primitive("defaultdict.of.object", "(object, boxed V) -> defaultdict", effect=ALLOC, rule=_of_example)
def make_with(emit: Emitter, factory: str, example: str) -> str:
    """With a lambda that only makes something, as the operand is.  Its code, which the host keeps, is known by from now on."""
    made = emit.fail_if_null(c_calls.call_object(emit, emit.slot("imported", "collections:defaultdict"), [factory]))
    is_function, done = emit.new_label("function"), emit.new_label("kept")
    emit.branch(emit.has_type(factory, "PyFunction_Type"), is_function, done)
    emit.begin(is_function)
    emit.store("ptr", emit.load("ptr", factory, emit.layout.function_code, "value"), _known_factory(emit), 0, "slot")
    emit.jump(done)
    emit.begin(done)
    return made


def _made_default(emit: Emitter, d: str) -> str:
    """What the dict's factory gives, a new reference; one that is not known exits."""
    factory = emit.load("ptr", d, emit.layout.dict_values + SIZEOF_POINTER, "value")
    done, unknown = emit.new_label("default"), emit.new_label("unknown")
    ways: list[tuple[str, str]] = []
    for _, kind, make in FACTORIES.values():
        of_kind, other = emit.new_label("make"), emit.new_label("other")
        emit.branch(emit.op(f"icmp eq ptr {factory}, {emit.unit.external(kind)}"), of_kind, other)
        emit.begin(of_kind)
        ways.append((make(emit), emit.label))
        emit.jump(done)
        emit.begin(other)
    look, call = emit.new_label("look"), emit.new_label("call")
    emit.branch(emit.op(f"icmp eq ptr {factory}, null"), unknown, look)
    emit.begin(look)
    compare = emit.new_label("code")
    emit.branch(emit.has_type(factory, "PyFunction_Type"), compare, unknown)
    emit.begin(compare)
    code = emit.load("ptr", factory, emit.layout.function_code, "value")
    known = emit.load("ptr", _known_factory(emit), 0, "slot")
    emit.branch(emit.op(f"icmp eq ptr {code}, {known}"), call, unknown)
    emit.begin(call)
    emit.incref(factory)
    found = emit.call("PyObject_CallNoArgs", "ptr (ptr)", factory)
    emit.decref(factory)
    ways.append((found, emit.label))
    emit.jump(done)
    emit.begin(unknown)
    emit.jump(done)
    emit.begin(done)
    made = emit.phi("ptr", *ways, ("null", unknown))
    is_known = emit.phi("i1", *(("true", label) for _, label in ways), ("false", unknown))
    emit.exit_if(emit.op(f"xor i1 {is_known}, true"), RUNTIME_TYPE_MISMATCH)
    return emit.fail_if_null(made)


def _value_or(emit: Emitter, found: Found, instead: Callable[[], str]) -> str:
    """The value that was found, or what *instead* emits where the key is missing; a new reference."""
    there, missing, done = emit.new_label("there"), emit.new_label("missing"), emit.new_label("got")
    emit.branch(found.missing, missing, there)
    emit.begin(there)
    value = emit.op(f"load ptr, ptr {found.address}")
    emit.incref(value)
    first = emit.label
    emit.jump(done)
    emit.begin(missing)
    other = instead()
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("ptr", (value, first), (other, last))


def _declare_item(kind: str) -> None:
    @primitive("getitem", f"(defaultdict[K, V], {kind}) -> boxed V", effect=READ, exits=SEEN)
    def read(emit: Emitter, d: str, key: str) -> str:
        """Where nobody expects a key to be added, a missing one exits."""
        found = search_dict(emit, kind, d, key)
        emit.exit_if(found.missing, RUNTIME_TYPE_MISMATCH)
        value = emit.op(f"load ptr, ptr {found.address}")
        emit.incref(value)
        return value

    @primitive("getitem.adding", f"(defaultdict[K, V], {kind}) -> boxed V", effect=MUTATE, exits=SEEN, stores=(0,))
    def getitem(emit: Emitter, d: str, key: str) -> str:
        """A missing key is added."""
        found = search_dict(emit, kind, d, key)

        def add() -> str:
            made = _made_default(emit, d)
            fail_unless_done(emit, put_object(emit, kind, d, found, made))
            return made

        return _value_or(emit, found, add)

    @primitive("getitem", f"(counter[K, V], {kind}) -> boxed V", effect=READ, exits=SEEN)
    def counted(emit: Emitter, d: str, key: str) -> str:
        """What was not counted is 0, and not added."""
        return _value_or(emit, search_dict(emit, kind, d, key), lambda: box_int(emit, "0"))


for _kind in KINDS:
    _declare_item(_kind)


# Counter


def _counter(emit: Emitter, name: str = "") -> str:
    return emit.slot("imported", f"collections:Counter{name}")


def _of_keys(types: Types, constants: Constants) -> Type:
    return Type("counter", (types[0].args[0] if types else NEVER, INT))


@primitive("counter.make", "() -> counter", effect=ALLOC, rule=_of_keys)
def make_counter(emit: Emitter) -> str:
    return emit.fail_if_null(c_calls.call_object(emit, _counter(emit), []))


def _require_plain_items(emit: Emitter, xs: str) -> None:
    plain = emit.call_helper("pv_list_plain", plain_keys.write_list_plain, "i1 (ptr)", xs)
    emit.exit_if(emit.op(f"xor i1 {plain}, true"), RUNTIME_TYPE_MISMATCH)


def _no_mapping(types: Types, constants: Constants) -> Type | None:
    return None if types[0].name in DICT_NAMES or types[0] == OBJECT else NONE


@primitive("counter.check", "(A) -> none", rule=_no_mapping)
def counter_check(emit: Emitter, a: str) -> str:
    """The counts of a mapping are those of the new Counter, too."""
    return "false"


@primitive("counter.of", "(list[K]) -> counter", effect=ALLOC, exits=SEEN, rule=_of_keys)
def make_counter_of(emit: Emitter, xs: str) -> str:
    _require_plain_items(emit, xs)
    return emit.fail_if_null(c_calls.call_object(emit, _counter(emit), [xs]))


def _pairs(types: Types, constants: Constants) -> Type:
    return list_of(tuple_of(*types[0].args))


@primitive(".most_common", "(counter[K, V]) -> list", effect=ALLOC, exits=SEEN, rule=_pairs)
def most_common(emit: Emitter, d: str) -> str:
    """By the library's own method, which compares the values: plain ones."""
    require_plain_dict(emit, d)
    return emit.fail_if_null(c_calls.call_object(emit, _counter(emit, ".most_common"), [d]))


@primitive(".most_common", "(counter[K, V], boxed int) -> list", effect=ALLOC, exits=SEEN, rule=_pairs)
def some_most_common(emit: Emitter, d: str, n: str) -> str:
    require_plain_dict(emit, d)
    return emit.fail_if_null(c_calls.call_object(emit, _counter(emit, ".most_common"), [d, n]))


@primitive(".update", "(counter[K, V], list[A]) -> none", effect=MUTATE, exits=SEEN)
def count_all(emit: Emitter, d: str, xs: str) -> str:
    """By the library's own method."""
    require_countable(emit, d, xs)
    done = c_calls.call_object(emit, _counter(emit, ".update"), [d, xs])
    emit.decref(emit.fail_if_null(done))
    return "false"
