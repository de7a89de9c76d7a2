"""dict's methods with a default: get, setdefault, pop.

The front end writes them as a search and a branch where it knows the receiver for a dict (`frontend/mapping.py`).  These are for
a module that has a method of the same name in a class of its own, where only the receiver's type tells which one is called.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import MUTATE, READ
from pyvorin.compiler.primitives.dict_ import SEEN, delete_entry, fail_unless_done, put_object
from pyvorin.compiler.primitives.keys import KINDS, search_dict
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.types.spec import NONE, Type, as_element, join


def _either(types: Types, constants: Constants) -> Type:
    """A value, or the default."""
    return join(types[0].args[1], as_element(types[2]) if len(types) > 2 else NONE)


def _declare(kind: str) -> None:
    @primitive(".get", f"(dict[K, V], {kind}, boxed D) -> boxed D", effect=READ, exits=SEEN, rule=_either)
    def get(emit: Emitter, d: str, key: str, default: str) -> str:
        found = search_dict(emit, kind, d, key)
        there, done, start = emit.new_label("there"), emit.new_label("got"), emit.label
        emit.branch(found.missing, done, there)
        emit.begin(there)
        value = emit.op(f"load ptr, ptr {found.address}")
        emit.jump(done)
        emit.begin(done)
        result = emit.phi("ptr", (default, start), (value, there))
        emit.incref(result)
        return result

    @primitive(".get", f"(dict[K, V], {kind}) -> boxed D", effect=READ, exits=SEEN, rule=_either)
    def get_or_none(emit: Emitter, d: str, key: str) -> str:
        return get(emit, d, key, emit.unit.external("_Py_NoneStruct"))

    @primitive(
        ".setdefault",
        f"(dict[K, V], {kind}, boxed D) -> boxed D",
        effect=MUTATE,
        exits=SEEN,
        stores=(0, 1),
        rule=_either,
    )
    def setdefault(emit: Emitter, d: str, key: str, default: str) -> str:
        found = search_dict(emit, kind, d, key)
        there, add, done = emit.new_label("there"), emit.new_label("add"), emit.new_label("set")
        emit.branch(found.missing, add, there)
        emit.begin(there)
        value = emit.op(f"load ptr, ptr {found.address}")
        emit.jump(done)
        emit.begin(add)
        fail_unless_done(emit, put_object(emit, kind, d, found, default))
        last = emit.label
        emit.jump(done)
        emit.begin(done)
        result = emit.phi("ptr", (value, there), (default, last))
        emit.incref(result)
        return result

    @primitive(".pop", f"(dict[K, V], {kind}, boxed D) -> boxed D", effect=MUTATE, exits=SEEN, rule=_either)
    def pop(emit: Emitter, d: str, key: str, default: str) -> str:
        found = search_dict(emit, kind, d, key)
        there, done, start = emit.new_label("there"), emit.new_label("popped"), emit.label
        emit.branch(found.missing, done, there)
        emit.begin(there)
        value = emit.op(f"load ptr, ptr {found.address}")
        emit.incref(value)
        status = delete_entry(emit, d, found)
        last = emit.label
        emit.jump(done)
        emit.begin(done)
        result = emit.phi("ptr", (default, start), (value, last))
        done_so_far = emit.phi("i32", ("0", start), (status, last))
        is_default = emit.phi("i1", ("true", start), ("false", last))
        return _owned(emit, result, is_default, emit.op(f"icmp slt i32 {done_so_far}, 0"))


def _owned(emit: Emitter, result: str, borrowed: str, failure: str) -> str:
    """One reference to the result, which has one unless it is borrowed; none if it has failed."""
    more, failed, kept = emit.new_label("more"), emit.new_label("failed"), emit.new_label("kept")
    look = emit.new_label("look")
    emit.branch(borrowed, more, look)
    emit.begin(more)
    emit.incref(result)
    emit.jump(kept)
    emit.begin(look)
    emit.branch(failure, failed, kept, unlikely=True)
    emit.begin(failed)
    emit.decref(result)
    emit.jump(kept)
    emit.begin(kept)
    emit.leave_if(failure, 2)
    return result


for _kind in KINDS:
    _declare(_kind)
