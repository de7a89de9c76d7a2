"""Instances of the program's own classes: their attributes, read and written where CPython keeps them.

An attribute of an object is its own value if it has one and the class says nothing that goes before it (a property, a
`__getattribute__`): the host has looked at the class (`host/classes.py`), and put into slots its address, the version that it
had then (`tp_version_tag`, which every change of the class or a base changes), and the attribute's place.  All three are
compared at each access, because what a type promises ends when code of the program runs, which may change an object's class;
what was compared since is not compared again (`passes/know_classes.py`).
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import RAISED, Emitter
from pyvorin.compiler.emit.runtime import attribute_stores, attributes, numbers
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, READ
from pyvorin.compiler.hir.ir import KEYS, LACKS
from pyvorin.compiler.primitives import c_objects, class_, object_attributes
from pyvorin.compiler.primitives.class_ import is_known, operand_class, require_member, require_version, required
from pyvorin.compiler.primitives.objects import matches
from pyvorin.compiler.primitives.registry import family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, RUNTIME_TYPE_MISMATCH, UNUSUAL_INSTANCE
from pyvorin.types.spec import FLOAT, INT, NUMBER, Type, parse_type

EXITS = (RUNTIME_TYPE_MISMATCH, ASSUMPTION_INVALIDATED, UNUSUAL_INSTANCE)
LOAD = "attr"
"""Prefix of the primitives that read an attribute: ``attr:x``."""
LOAD_EITHER = "attr.class"
"""And of those that read one that may be the object's or its class's: ``attr.class:x``."""
HAS = "cached.has"
"""And of those that look whether an object has an attribute: ``cached.has:area``."""
STORE = "attr.set"
"""And of those that write one: ``attr.set:x``."""
STORE_MADE = "attr.init"
"""As `STORE`, by an `__init__` that `dataclasses` has made for a class that is frozen: past what the class says."""
STORE_NUMBER = "attr.number"
"""As `STORE`, of a number that is no object (`passes/store_unboxed.py`)."""
NEW = "new"
"""And of those that make an instance whose `__init__` is still to be called: ``new:Node/Base.__init__``."""
TYPE_IS = "type.is"
"""And of those that tell apart what an object can be: ``type.is:instance[Node]``, ``type.is:none``."""
METHOD = "method"
"""And of those that look whether a method is the one that was compiled: ``method:get/Base.get``."""
SPECIAL = "special"
"""And of those that do so for operators, which look only in the class: ``special:__add__/Vec.__add__``; with `none` for the
function, no class is to have such a method."""
SUPER = "super"
"""And of those that do so behind a class in the order of bases: ``super:Base/get/Object.get``."""
DERIVES = "derives"
"""And of those that look whether the class derives from another one: ``derives:Base/yes``, ``derives:builtins.int/no``."""
READ_SLOT, STORE_SLOT = "attribute", "stored"
"""The slots with the place of an attribute: where it is read, and where it is written, which is nowhere if the class says what
that means."""
STORE_EXITS = (RUNTIME_TYPE_MISMATCH, ASSUMPTION_INVALIDATED)


def require_class(emit: Emitter, obj: str, name: str) -> None:
    """The object is of exactly this class, which is as it was when the host looked at it."""
    class_.require_this(emit, emit.type_of(obj), name)


def index_of(emit: Emitter, name: str, attribute: str, slot: str = READ_SLOT) -> str:
    return emit.load("i64", emit.slot_address(emit.unit.slot(slot, f"{name} {attribute}")), 0, "slot")


def wanted(emit: Emitter, obj: str, name: str, attribute: str, kind: str = READ_SLOT) -> attributes.Wanted:
    """The attribute, as the runtime takes it, of an object of this class."""
    slot = emit.slot_address(emit.unit.slot(kind, f"{name} {attribute}"))
    compared = emit.slot_address(emit.unit.slot("word", attributes.compared(name)))
    return attributes.Wanted(
        obj, emit.load("i64", slot, 0, "slot"), emit.slot("object", repr(attribute)), slot, compared
    )


@family(LOAD)
def _declare_load(attribute: str) -> None:
    signature = "(instance[C]) -> boxed H"
    primitive(f"{LOAD}:{attribute}", signature, effect=READ, exits=EXITS, borrows=True)(partial(load, attribute))
    of_class, signature = partial(class_.load, attribute), "(class[C]) -> boxed H"
    primitive(f"{LOAD}:{attribute}", signature, effect=READ, exits=class_.EXITS, borrows=True)(of_class)
    object_attributes.declare_load(attribute, f"{LOAD}:{attribute}")
    c_objects.declare_load(attribute, f"{LOAD}:{attribute}")


def load(attribute: str, emit: Emitter, obj: str) -> str:
    """What the object has is there; what it lacks may be the class's, or nobody's, and is left to CPython."""
    name = operand_class(emit)
    require_class(emit, obj, name)
    value = attributes.value(emit, wanted(emit, obj, name, attribute))
    emit.exit_if(emit.op(f"icmp eq ptr {value}, null"), UNUSUAL_INSTANCE)
    return value


@family(HAS)
def _declare_has(attribute: str) -> None:
    primitive(f"{HAS}:{attribute}", "(instance[C]) -> bool", effect=READ, exits=EXITS)(partial(has, attribute))


def has(attribute: str, emit: Emitter, obj: str) -> str:
    """Whether the object itself has the attribute."""
    name = operand_class(emit)
    require_class(emit, obj, name)
    value = attributes.value(emit, wanted(emit, obj, name, attribute))
    absent, done, start = emit.new_label("absent"), emit.new_label("has"), emit.label
    emit.branch(emit.op(f"icmp eq ptr {value}, null"), absent, done)
    emit.begin(absent)
    require_absent(emit, obj, name, attribute)
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i1", ("true", start), ("false", last))


@family(LOAD_EITHER)
def _declare_load_either(attribute: str) -> None:
    lower, signature = partial(load_either, attribute), "(instance[C]) -> boxed H"
    primitive(f"{LOAD_EITHER}:{attribute}", signature, effect=READ, exits=EXITS, borrows=True)(lower)


def load_either(attribute: str, emit: Emitter, obj: str) -> str:
    """The object's own value if it has one, else the class's, which is no descriptor (`class_.value_of`)."""
    name = operand_class(emit)
    require_class(emit, obj, name)
    index = index_of(emit, name, attribute)
    own, absent, shared, done = (emit.new_label(label) for label in ("own", "absent", "shared", "done"))
    emit.branch(emit.op(f"icmp sge i64 {index}, 0"), own, absent)
    emit.begin(own)
    address = attributes.place(emit, obj, index)
    emit.exit_if(emit.op(f"icmp eq ptr {address}, null"), UNUSUAL_INSTANCE)
    value, from_own = emit.load("ptr", address, 0, "element"), emit.label
    emit.branch(emit.op(f"icmp eq ptr {value}, null"), shared, done)
    emit.begin(absent)
    require_absent(emit, obj, name, attribute)
    emit.jump(shared)
    emit.begin(shared)
    of_class, from_class = class_.value_of(emit, name, attribute), emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("ptr", (value, from_own), (of_class, from_class))


def require_absent(emit: Emitter, obj: str, name: str, attribute: str) -> None:
    """The object has no attribute of this name: the host has seen none in instances of its class, or its dict says so."""
    keys = emit.load("i64", emit.slot_address(emit.unit.slot("keys", name)), 0, "slot")
    if not is_known(emit, KEYS):
        known = attributes.keys_known(emit, emit.type_of(obj), keys)
        emit.exit_if(emit.op(f"xor i1 {known}, true"), ASSUMPTION_INVALIDATED)
    if is_known(emit, LACKS):
        return
    lacks = attributes.lacks(emit, obj, emit.slot("object", repr(attribute)), keys)
    emit.exit_if(emit.op(f"xor i1 {lacks}, true"), UNUSUAL_INSTANCE)


@family(STORE)
def _declare_store(attribute: str) -> None:
    signature = "(instance[C], boxed H) -> none"
    lower = partial(store, attribute)
    primitive(f"{STORE}:{attribute}", signature, effect=MUTATE, exits=STORE_EXITS, holds=True)(lower)
    object_attributes.declare_store(attribute, f"{STORE}:{attribute}")


def wanted_to_store(emit: Emitter, obj: str, attribute: str, slot: str = STORE_SLOT) -> attributes.Wanted:
    name = operand_class(emit)
    require_class(emit, obj, name)
    found = wanted(emit, obj, name, attribute, slot)
    emit.exit_if(emit.op(f"icmp eq i64 {found.index}, -1"), ASSUMPTION_INVALIDATED)
    return found


@family(STORE_MADE)
def _declare_store_made(attribute: str) -> None:
    lower, signature = partial(store, attribute, slot=READ_SLOT), "(instance[C], boxed H) -> none"
    primitive(f"{STORE_MADE}:{attribute}", signature, effect=MUTATE, exits=STORE_EXITS, holds=True)(lower)


def store(attribute: str, emit: Emitter, obj: str, value: str, slot: str = STORE_SLOT) -> str:
    """Over the value that is there; else by CPython's own function, which then runs no code of the program.

    Where the class has a property of this name, or the like, no place is known (`host/classes.py`).
    """
    status = attribute_stores.store(emit, wanted_to_store(emit, obj, attribute, slot), value)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)
    return "false"


@family(STORE_NUMBER)
def _declare_store_number(attribute: str) -> None:
    for kind, ty in ((numbers.FLOAT, "float"), (numbers.INT, "int")):
        lower = partial(store_number, attribute, kind, ty)
        signature = f"(instance[C], {ty}) -> none"
        primitive(f"{STORE_NUMBER}:{attribute}", signature, effect=MUTATE, exits=STORE_EXITS, holds=True)(lower)


def store_number(attribute: str, kind: numbers.Kind, ty: str, emit: Emitter, obj: str, value: str) -> str:
    """As `store`; a number that only this object refers to takes the new value itself (nobody can see the difference)."""
    status = attribute_stores.store_number(emit, kind, Type(ty), wanted_to_store(emit, obj, attribute), value)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)
    return "false"


@family(METHOD)
def _declare_method(looked_up: str) -> None:
    lower, of_class = partial(check_method, looked_up), partial(check_function, looked_up)
    primitive(f"{METHOD}:{looked_up}", "(instance[C]) -> none", effect=READ, exits=EXITS)(lower)
    primitive(f"{METHOD}:{looked_up}", "(class[C]) -> none", effect=READ, exits=class_.EXITS)(of_class)
    of_record = partial(check_special, looked_up)
    primitive(f"{METHOD}:{looked_up}", "(named) -> none", effect=READ, exits=class_.EXITS)(of_record)


def check_method(looked_up: str, emit: Emitter, obj: str) -> str:
    """The class's method is the function that was compiled, and the object has no attribute of that name, which goes first."""
    check_special(looked_up, emit, obj)
    require_absent(emit, obj, operand_class(emit), looked_up.partition("/")[0])
    return "false"


@family(SPECIAL)
def _declare_special(looked_up: str) -> None:
    lower = partial(check_special, looked_up)
    primitive(f"{SPECIAL}:{looked_up}", "(instance[C]) -> none", effect=READ, exits=class_.EXITS)(lower)
    primitive(f"{SPECIAL}:{looked_up}", "(named) -> none", effect=READ, exits=class_.EXITS)(lower)


def check_special(looked_up: str, emit: Emitter, obj: str) -> str:
    """What operators call is the class's method, whatever the object has."""
    owner = operand_class(emit)
    require_class(emit, obj, owner)
    require_member(emit, owner, looked_up)
    return "false"


def check_function(looked_up: str, emit: Emitter, kind: str) -> str:
    """The class has the function that was compiled."""
    owner = operand_class(emit)
    class_.require_this(emit, kind, owner)
    require_member(emit, owner, looked_up)
    return "false"


@primitive("class.of", "(instance[C]) -> class[C]", effect=READ, exits=EXITS, borrows=True)
def class_of(emit: Emitter, obj: str) -> str:
    """The class of the object."""
    require_class(emit, obj, operand_class(emit))
    return emit.type_of(obj)


@family(SUPER)
def _declare_super(looked_up: str) -> None:
    lower = partial(check_super, looked_up)
    primitive(f"{SUPER}:{looked_up}", "(instance[C]) -> none", effect=READ, exits=class_.EXITS)(lower)


def check_super(looked_up: str, emit: Emitter, obj: str) -> str:
    """The method that comes behind a class in the order of bases is the one that was compiled."""
    owner = operand_class(emit)
    require_class(emit, obj, owner)
    required(emit, "supermethod", f"{owner} {looked_up.replace('/', ' ')}")
    return "false"


@family(DERIVES)
def _declare_derives(base: str) -> None:
    lower = partial(check_derives, base)
    primitive(f"{DERIVES}:{base}", "(instance[C]) -> none", effect=READ, exits=class_.EXITS)(lower)
    of_class = partial(check_class_derives, base)
    primitive(f"{DERIVES}:{base}", "(class[C]) -> none", effect=READ, exits=class_.EXITS)(of_class)


def check_derives(base: str, emit: Emitter, obj: str) -> str:
    """The object's class derives from another one, or does not, as the source says."""
    owner = operand_class(emit)
    require_class(emit, obj, owner)
    required(emit, "derives", f"{owner} {base.replace('/', ' ')}")
    return "false"


def check_class_derives(base: str, emit: Emitter, kind: str) -> str:
    """As `check_derives`, of the class."""
    owner = operand_class(emit)
    class_.require_this(emit, kind, owner)
    required(emit, "derives", f"{owner} {base.replace('/', ' ')}")
    return "false"


@family(NEW)
def _declare_new(made: str) -> None:
    name, _, qualname = made.partition("/")
    lower = partial(new, name, qualname)
    exits = (ASSUMPTION_INVALIDATED,)
    primitive(f"{NEW}:{made}", f"() -> instance[{name}]", effect=ALLOC, exits=exits)(lower)


def new(name: str, qualname: str, emit: Emitter) -> str:
    """As `object.__new__` makes it, of a class that has no `__new__` of its own (typeobject.c, object_new)."""
    kind = emit.slot("new", name)
    emit.exit_if(emit.op(f"icmp eq ptr {kind}, null"), ASSUMPTION_INVALIDATED)
    require_version(emit, kind, name)
    if qualname:
        require_member(emit, name, f"__init__/{qualname}")
    make = emit.load("ptr", emit.unit.external("PyBaseObject_Type"), emit.layout.type_new, "type")
    return emit.fail_if_null(emit.op(f"call ptr {make}(ptr {kind}, ptr {emit.slot('object', '()')}, ptr null)"))


@family(TYPE_IS)
def _declare_type_is(name: str) -> None:
    primitive(f"{TYPE_IS}:{name}", "(object) -> bool", effect=READ)(partial(type_is, parse_type(name)))


def type_is(ty: Type, emit: Emitter, obj: str) -> str:
    """Whether the object is of exactly this type."""
    if ty == NUMBER:
        return emit.op(f"or i1 {matches(emit, obj, FLOAT)}, {matches(emit, obj, INT)}")
    return matches(emit, obj, ty)


@primitive("is", "(instance[A], instance[B]) -> bool")
@primitive("is", "(instance[A], object) -> bool")
@primitive("is", "(object, instance[A]) -> bool")
def same_object(emit: Emitter, a: str, b: str) -> str:
    """Of two classes, too: an object's may have changed since it was looked at."""
    return emit.op(f"icmp eq ptr {a}, {b}")
