"""str's methods that look for a part: find, index, count, startswith, endswith and their mirrors.

What CPython parses out of a tuple of arguments (up to 3.12) is given to its C API directly.
"""

from __future__ import annotations

from collections.abc import Callable

from pyvorin.compiler.emit.emitter import RAISED, Emitter
from pyvorin.compiler.emit.runtime import strings, text
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.objects import unbox
from pyvorin.compiler.primitives.registry import Constants, Types, primitive
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH, VALUE_ERROR
from pyvorin.types.spec import BOOL, STR, Type

FORWARD, BACKWARD = "1", "-1"
END = str(2**63 - 1)

BOUNDS = ("", ", int", ", none", ", int, int", ", none, int", ", int, none", ", none, none")


def _bounds(signature: str, bounds: tuple[str, ...]) -> tuple[str, str]:
    """The operands of the C API for those of the method: they may be left out, or be None (_PyEval_SliceIndex)."""
    kinds = signature.split(", ")[1:]
    given = [default if kind == "none" else bound for kind, bound, default in zip(kinds, bounds, ("0", END))]
    low, high, *_ = [*given, *("0", END)[len(given) :]]
    return low, high


def _declare_find(name: str, direction: str, must: bool, bounds: str) -> None:
    exits = [VALUE_ERROR] if must else []
    raises = {"ValueError": VALUE_ERROR} if must else {}

    @primitive(name, f"(str, str{bounds}) -> int", effect=ALLOC, exits=exits, raises=raises, promotes=True)
    def find(emit: Emitter, s: str, part: str, *given: str) -> str:
        """Other kinds of text are made alike first, for which memory may be missing."""
        low, high = _bounds(bounds, given)
        found = emit.call("PyUnicode_Find", "i64 (ptr, ptr, i64, i64, i32)", s, part, low, high, direction)
        emit.leave_if(emit.op(f"icmp slt i64 {found}, -1"), RAISED)
        if must:
            emit.exit_if(emit.op(f"icmp eq i64 {found}, -1"), VALUE_ERROR)
        return found

    @primitive(name, f"(str, char{bounds}) -> int", exits=exits, raises=raises, promotes=True)
    def find_char(emit: Emitter, s: str, c: str, *given: str) -> str:
        low, high = _bounds(bounds, given)
        found = emit.call("PyUnicode_FindChar", "i64 (ptr, i32, i64, i64, i32)", s, c, low, high, direction)
        if must:
            emit.exit_if(emit.op(f"icmp eq i64 {found}, -1"), VALUE_ERROR)
        return found


def _declare_count(bounds: str) -> None:
    @primitive(".count", f"(str, str{bounds}) -> int", effect=ALLOC, promotes=True)
    def count(emit: Emitter, s: str, part: str, *given: str) -> str:
        low, high = _bounds(bounds, given)
        found = emit.call("PyUnicode_Count", "i64 (ptr, ptr, i64, i64)", s, part, low, high)
        emit.leave_if(emit.op(f"icmp slt i64 {found}, 0"), RAISED)
        return found


Matches = Callable[[Emitter, str, str], str]
"""Emits whether a str begins, or ends, with a part."""


def _parts_only(types: Types, constants: Constants) -> Type | None:
    return BOOL if all(item == STR for item in types[1].args) else None


def _any_of(emit: Emitter, s: str, parts: str, matches: Matches) -> str:
    """An item that is no str exits, and CPython raises the TypeError if it comes to it."""
    items = emit.address(parts, emit.layout.tuple_items)

    def has(index: str) -> str:
        item = emit.load("ptr", emit.op(f"getelementptr ptr, ptr {items}, i64 {index}"), 0, "element")
        return matches(emit, s, unbox(emit, item, STR))

    return emit.each_index(emit.load("i64", parts, emit.layout.size, "size"), has)


def _declare_ends(name: str, at_end: bool) -> None:
    def matches(emit: Emitter, s: str, part: str) -> str:
        helper = "i1 (ptr, ptr, i1)"
        return emit.call_helper("pv_str_has_at_end", text.write_has_at, helper, s, part, "true" if at_end else "false")

    @primitive(name, "(str, str) -> bool")
    def ends(emit: Emitter, s: str, part: str) -> str:
        return matches(emit, s, part)

    @primitive(name, "(str, tuple) -> bool", exits=[RUNTIME_TYPE_MISMATCH], rule=_parts_only)
    def ends_any(emit: Emitter, s: str, parts: str) -> str:
        return _any_of(emit, s, parts, matches)

    @primitive(name, "(str, char) -> bool")
    def ends_char(emit: Emitter, s: str, c: str) -> str:
        size = emit.load("i64", s, emit.layout.str_length, "value")
        look, done, start = emit.new_label("look"), emit.new_label("looked"), emit.label
        emit.branch(emit.op(f"icmp sgt i64 {size}, 0"), look, done)
        emit.begin(look)
        index = emit.op(f"sub i64 {size}, 1") if at_end else "0"
        found = emit.call_helper("pv_str_char", strings.write_char, "i32 (ptr, i64)", s, index)
        equal = emit.op(f"icmp eq i32 {found}, {c}")
        looked = emit.label
        emit.jump(done)
        emit.begin(done)
        return emit.phi("i1", ("false", start), (equal, looked))


def _declare_ends_within(name: str, direction: str, bounds: str) -> None:
    def within(given: tuple[str, ...]) -> Matches:
        low, high = _bounds(bounds, given)

        def matches(emit: Emitter, s: str, part: str) -> str:
            signature = "i64 (ptr, ptr, i64, i64, i32)"
            found = emit.call("PyUnicode_Tailmatch", signature, s, part, low, high, direction)
            emit.leave_if(emit.op(f"icmp slt i64 {found}, 0"), RAISED)
            return emit.op(f"icmp ne i64 {found}, 0")

        return matches

    @primitive(name, f"(str, str{bounds}) -> bool", effect=ALLOC, promotes=True)
    def ends_within(emit: Emitter, s: str, part: str, *given: str) -> str:
        return within(given)(emit, s, part)

    exits = [RUNTIME_TYPE_MISMATCH]

    @primitive(name, f"(str, tuple{bounds}) -> bool", effect=ALLOC, exits=exits, promotes=True, rule=_parts_only)
    def ends_any_within(emit: Emitter, s: str, parts: str, *given: str) -> str:
        return _any_of(emit, s, parts, within(given))


def _declare_all() -> None:
    for bounds in BOUNDS:
        for name, direction in ((".find", FORWARD), (".rfind", BACKWARD)):
            _declare_find(name, direction, False, bounds)
        for name, direction in ((".index", FORWARD), (".rindex", BACKWARD)):
            _declare_find(name, direction, True, bounds)
        _declare_count(bounds)
        if bounds:
            _declare_ends_within(".startswith", "-1", bounds)
            _declare_ends_within(".endswith", "1", bounds)
    _declare_ends(".startswith", False)
    _declare_ends(".endswith", True)


_declare_all()
