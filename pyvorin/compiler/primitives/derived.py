"""Instances of classes that derive from builtin ones, as what these are.

    class Row(list): ...        row[0]    ->    %0: list[int] = prim as:list/* row;  getitem %0, 0

The object is laid out as one of the builtin class is, and stays so whatever its class becomes.  What an operation on it means
is what the builtin class says, as long as its own class, or one between, binds none of the names that the builtin one has: the
host has looked at that (the slot `actsas`).
"""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import attributes
from pyvorin.compiler.hir.effects import ALLOC, READ
from pyvorin.compiler.primitives import class_
from pyvorin.compiler.primitives.class_ import operand_class, require_version, required
from pyvorin.compiler.primitives.registry import family, primitive
from pyvorin.core.reasons import ASSUMPTION_INVALIDATED, UNUSUAL_INSTANCE

AS = "as"
"""Prefix of the primitives that give the object as one of a builtin class: ``as:list``, of which nothing is checked;
``as:list/*`` for an operator, which only looks at the class; ``as:list/append`` for a method: the object may have its own."""


NEW = "new.derived"
"""And of those that make an instance of a class that has no `__init__` of its own: ``new.derived:Row/list``."""


@family(AS)
def _declare_as(how: str) -> None:
    base, _, looked_up = how.partition("/")
    exits = (*class_.EXITS, UNUSUAL_INSTANCE) if looked_up else ()
    lower = partial(as_builtin, base, looked_up)
    primitive(f"{AS}:{how}", f"(instance[C]) -> {base}", effect=READ, exits=exits, borrows=True)(lower)


def as_builtin(base: str, looked_up: str, emit: Emitter, obj: str) -> str:
    """The object itself."""
    if looked_up:
        owner = operand_class(emit)
        class_.require_this(emit, emit.type_of(obj), owner)
        required(emit, "actsas", f"{owner} {base}")
    if looked_up and looked_up != "*":
        emit.exit_if(emit.op(f"xor i1 {attributes.has_none(emit, obj)}, true"), UNUSUAL_INSTANCE)
    return obj


@family(NEW)
def _declare_new(made: str) -> None:
    name, _, base = made.partition("/")
    signature = f"() -> instance[{name}]"
    primitive(f"{NEW}:{made}", signature, effect=ALLOC, exits=(ASSUMPTION_INVALIDATED,))(partial(new, name, base))


def new(name: str, base: str, emit: Emitter) -> str:
    """Calling the class calls the `__new__` and `__init__` of the builtin one, which run no code of the program."""
    kind = emit.slot("new", f"{name} {base}")
    emit.exit_if(emit.op(f"icmp eq ptr {kind}, null"), ASSUMPTION_INVALIDATED)
    require_version(emit, kind, name)
    return emit.fail_if_null(emit.call("PyObject_CallNoArgs", "ptr (ptr)", kind))
