"""Methods of builtin types that are CPython's own C functions, called directly: one line each.

    c_method("str.upper", NOARGS, "(str) -> str")

declares the primitive `.upper` for such operands.  The host finds the function's address in each process
(`host/methods.py`), and refuses code that would call it in another way than it is declared.

What is left out is the lookup of the name, the bound method and the boxing of known results; what the function does is
CPython's.  So an entry needs no more than the way to call it and its types, and *exits* where it may raise: CPython calls the
method once more then, and raises.  None of the functions listed may run code of the program.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import c_calls
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.registry import primitive

NOARGS, ONE, FAST, FAST_KEYWORDS = 4, 8, 128, 130
"""`ml_flags` of a method: METH_NOARGS, METH_O, METH_FASTCALL, and that with METH_KEYWORDS (methodobject.h)."""


KEYWORDS: dict[str, tuple[str, ...]] = {}
"""By the name of a method or function, those of its parameters that can be given by keyword; one that is left out may be None."""
LEFT_OUT: dict[str, object] = {}
"""By the name of a function, what else stands for one that is left out."""


def c_method(
    path: str, flags: int, *signatures: str, exits: Sequence[str] = (), keywords: tuple[str, ...] = ()
) -> None:
    """Declare the method *path*, such as ``str.upper``, for operands of these *signatures*, the first being its object.

    A result that is not `bool` has exactly the C function's own type.
    """
    name = path.partition(".")[2]
    if keywords:
        KEYWORDS[f".{name}"] = keywords
    for signature in signatures:
        _declare(f".{name}", f"{path} {flags}", flags, signature, exits)


def _declare(name: str, slot: str, flags: int, signature: str, exits: Sequence[str]) -> None:
    gives_bool = signature.endswith("-> bool")

    @primitive(name, signature, effect=ALLOC, exits=tuple(exits), promotes=True)
    def method(emit: Emitter, receiver: str, *args: str) -> str:
        function = emit.slot("method", slot)
        if flags in (NOARGS, ONE):
            obj = emit.op(f"call ptr {function}(ptr {receiver}, ptr {args[0] if args else 'null'})")
        else:
            obj = c_calls.fast_call(emit, function, receiver, args)
        obj = emit.exit_if_null(obj, exits[0]) if exits else emit.fail_if_null(obj)
        return c_calls.truth_of(emit, obj) if gives_bool else obj
