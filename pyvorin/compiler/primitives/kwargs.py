"""Keyword arguments that a function takes by a ``**`` parameter and only hands on: a dict with keys that are known."""

from __future__ import annotations

from functools import partial

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC, READ
from pyvorin.compiler.primitives import dict_whole
from pyvorin.compiler.primitives.registry import Constants, Types, family, primitive
from pyvorin.core.reasons import KEY_ERROR, RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import Type, as_element, kwargs_of

ITEM = "kwargs.item"
"""Prefix of the primitives that give one of them: ``kwargs.item:x``."""


def _named(types: Types, constants: Constants) -> Type:
    return kwargs_of(map(str, constants[::2]), map(as_element, types[1::2]))


@primitive("kwargs.make", "(boxed A...) -> kwargs", effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=_named)
def make(emit: Emitter, *items: str) -> str:
    """Names and values in turn."""
    return dict_whole.make(emit, *items)


@family(ITEM)
def _declare(name: str) -> None:
    def item(types: Types, constants: Constants) -> Type:
        names, *items = types[0].args
        return items[names.args.index(Type(name))]

    lower = partial(of_name, name)
    exits = [KEY_ERROR]
    primitive(f"{ITEM}:{name}", "(kwargs) -> boxed T", effect=READ, exits=exits, borrows=True, rule=item)(lower)


def of_name(name: str, emit: Emitter, d: str) -> str:
    found = emit.call("PyDict_GetItem", "ptr (ptr, ptr)", d, emit.slot("object", repr(name)))
    emit.exit_if(emit.op(f"icmp eq ptr {found}, null"), KEY_ERROR)
    return found
