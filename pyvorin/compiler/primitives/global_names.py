"""Global names: values in the dict of the functions' module, or of an imported one, which anybody may bind anew at any time;
and default values, which anybody may exchange.

So each use reads them, and nothing of a value is relied on but what is checked there, as of an element of a list.
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import RAISED, Emitter
from pyvorin.compiler.emit.runtime import names
from pyvorin.compiler.hir.effects import MUTATE, READ
from pyvorin.compiler.hir.ir import BY_NAME, Names
from pyvorin.compiler.primitives.registry import family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, UNBOUND_VARIABLE

LOAD = "global"
"""Prefix of the primitives that read a name: ``global:RATE``, of another module ``global:config.RATE``."""
STORE = "global.set"
"""And of those that bind one: ``global.set:RATE``."""
DELETE = "global.del"
"""And of those that unbind one: ``global.del:RATE``."""
DEFAULT = "default"
"""And of those that read a default: ``default:2/advance.bodies``, of the function's last parameter but one;
``default:name/advance.bodies``, of one that can only be given by name."""


def _scope(emit: Emitter, operand: str) -> Names:
    scope = emit.known[operand]
    assert isinstance(scope, Names)
    return scope


@family(LOAD)
def _declare_load(path: str) -> None:
    primitive(f"{LOAD}:{path}", "(object) -> boxed H", effect=READ, exits=[UNBOUND_VARIABLE], borrows=True)(
        partial(load, path.rpartition(".")[2])
    )


def load(name: str, emit: Emitter, scope: str) -> str:
    """A name that is not bound there may be a builtin's, or nobody's: CPython finds out."""
    value = names.read(emit, scope, _scope(emit, scope), name)
    emit.exit_if(emit.op(f"icmp eq ptr {value}, null"), UNBOUND_VARIABLE)
    return value


@family(STORE)
def _declare_store(name: str) -> None:
    primitive(f"{STORE}:{name}", "(object, boxed H) -> none", effect=MUTATE)(partial(store, name))


def store(name: str, emit: Emitter, scope: str, value: str) -> str:
    status = emit.call("PyDict_SetItem", "i32 (ptr, ptr, ptr)", scope, emit.slot("object", repr(name)), value)
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)
    return "false"


@family(DELETE)
def _declare_delete(name: str) -> None:
    signature = "(object) -> none"
    primitive(f"{DELETE}:{name}", signature, effect=MUTATE, exits=[UNBOUND_VARIABLE])(partial(delete, name))


def delete(name: str, emit: Emitter, scope: str) -> str:
    found = names.read(emit, scope, _scope(emit, scope), name)
    emit.exit_if(emit.op(f"icmp eq ptr {found}, null"), UNBOUND_VARIABLE)
    status = emit.call("PyDict_DelItem", "i32 (ptr, ptr)", scope, emit.slot("object", repr(name)))
    emit.leave_if(emit.op(f"icmp ne i32 {status}, 0"), RAISED)
    return "false"


@family(DEFAULT)
def _declare_default(which: str) -> None:
    place, _, parameter = which.partition("/")
    exits = (ASSUMPTION_INVALIDATED,)
    lower = partial(default_by_name, parameter.rpartition(".")[2]) if place == BY_NAME else partial(default, int(place))
    primitive(f"{DEFAULT}:{which}", "(object) -> boxed H", effect=READ, exits=exits, borrows=True)(lower)


def default(distance: int, emit: Emitter, function: str) -> str:
    """The last default is that of the last parameter.  If the function is gone, or has too few of them now, CPython goes on."""
    emit.exit_if(emit.op(f"icmp eq ptr {function}, null"), ASSUMPTION_INVALIDATED)
    defaults = emit.load("ptr", function, emit.layout.function_defaults, "type")
    emit.exit_if(emit.op(f"icmp eq ptr {defaults}, null"), ASSUMPTION_INVALIDATED)
    index = emit.op(f"sub i64 {emit.load('i64', defaults, emit.layout.size, 'size')}, {distance}")
    emit.exit_if(emit.op(f"icmp slt i64 {index}, 0"), ASSUMPTION_INVALIDATED)
    items = emit.address(defaults, emit.layout.tuple_items)
    return emit.load("ptr", emit.op(f"getelementptr ptr, ptr {items}, i64 {index}"), 0, "element")


def default_by_name(name: str, emit: Emitter, function: str) -> str:
    """The item of `__kwdefaults__`; CPython raises the TypeError if there is none any more."""
    emit.exit_if(emit.op(f"icmp eq ptr {function}, null"), ASSUMPTION_INVALIDATED)
    defaults = emit.load("ptr", function, emit.layout.function_kwdefaults, "type")
    emit.exit_if(emit.op(f"icmp eq ptr {defaults}, null"), ASSUMPTION_INVALIDATED)
    found = emit.call("PyDict_GetItem", "ptr (ptr, ptr)", defaults, emit.slot("object", repr(name)))
    emit.exit_if(emit.op(f"icmp eq ptr {found}, null"), ASSUMPTION_INVALIDATED)
    return found
