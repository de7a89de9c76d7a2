"""The methods of compiled patterns and of matches: CPython's own C functions, called as they are.

They run no code of the program for a pattern of text and a subject that is exactly a str: one of bytes would raise TypeError,
and exits.  A search looks for signals meanwhile, so an exception that is set is a handler's, or there is no memory.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.hir.effects import ALLOC
from pyvorin.compiler.primitives.c_objects import as_value, call_method, with_objects
from pyvorin.compiler.primitives.registry import Constants, Folded, Rule, Types, primitive
from pyvorin.core.reasons import BOUNDS_CHECK_FAILURE, RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import NONE, STR, Type, list_of, parse_type, tuples_of, union_of

MATCH = union_of(NONE, Type("match"))
GROUP = union_of(NONE, STR)
"""None for a group that took no part."""


@primitive("truth", "(match) -> bool", rule=lambda types, constants: Folded(True))
@primitive("bool", "(match) -> bool", rule=lambda types, constants: Folded(True))
@primitive("truth", "(pattern) -> bool", rule=lambda types, constants: Folded(True))
@primitive("bool", "(pattern) -> bool", rule=lambda types, constants: Folded(True))
def exists(emit: Emitter, found: str) -> str:
    """Neither type has a truth of its own."""
    return "true"


def _giving(ty: Type) -> Rule:
    return lambda types, constants: ty


def _require_text(emit: Emitter, pattern: str) -> None:
    """Exit if the pattern is one of bytes."""
    text = emit.load("ptr", pattern, emit.layout.pattern_text, "value")
    of_text = emit.has_type(text, "PyUnicode_Type")
    emit.exit_if(emit.op(f"xor i1 {of_text}, true"), RUNTIME_TYPE_MISMATCH)


def _search(name: str, signature: str, rule: Rule | None = None) -> None:
    """A method of a pattern, which goes through a text."""

    @primitive(f".{name}", signature, effect=ALLOC, exits=[RUNTIME_TYPE_MISMATCH], rule=rule)
    def search(emit: Emitter, pattern: str, *args: str) -> str:
        _require_text(emit, pattern)
        return emit.fail_if_null(call_method(emit, "pattern", name, (pattern, *args), RUNTIME_TYPE_MISMATCH))


for _name in ("match", "search", "fullmatch"):
    for _bounds in ("", ", int", ", int, int"):
        _search(_name, f"(pattern, str{_bounds}) -> boxed T", rule=_giving(MATCH))


def _found_texts(types: Types, constants: Constants) -> Type:
    """A tuple for each match instead if the pattern has several groups, which is seen when the items are used."""
    return list_of(STR)


_search("findall", "(pattern, str) -> list", rule=_found_texts)
_search("split", "(pattern, str) -> list", rule=_found_texts)
_search("split", "(pattern, str, int) -> list", rule=_found_texts)


def _replaced(types: Types, constants: Constants) -> Type | None:
    """A replacement without a backslash is put in as it is; any other one is compiled, by code of the library in Python."""
    text = constants[1]
    return STR if isinstance(text, str) and "\\" not in text else None


for _count in ("", ", int"):
    _search("sub", f"(pattern, str, str{_count}) -> str", rule=_replaced)


def _of_match(name: str, signature: str, rule: Rule | None = None) -> None:
    """A method of a match, or an item of it.  There may be no such group, which CPython says."""
    result = parse_type(signature.rpartition(" -> ")[2].removeprefix("boxed "))

    @primitive(name, signature, effect=ALLOC, exits=[BOUNDS_CHECK_FAILURE], rule=rule)
    def ask(emit: Emitter, *args: str) -> str:
        if name == "getitem":
            found = with_objects(emit, args, lambda given: emit.call("PyObject_GetItem", "ptr (ptr, ptr)", *given))
        else:
            found = call_method(emit, "match", name[1:], args, BOUNDS_CHECK_FAILURE)
        return as_value(emit, emit.exit_if_null(found, BOUNDS_CHECK_FAILURE), result)


def _group(types: Types, constants: Constants) -> Type:
    """The whole match is always there."""
    return STR if len(types) == 1 or (constants[1] == 0 and types[1].name == "int") else GROUP


for _key in ("", ", int", ", str"):
    _of_match(".group", f"(match{_key}) -> boxed T", rule=_group)
    if _key:
        _of_match("getitem", f"(match{_key}) -> boxed T", rule=_group)
    for _name in (".start", ".end"):
        _of_match(_name, f"(match{_key}) -> int")
    _of_match(".span", f"(match{_key}) -> tuple[int, int]")
_of_match(".groups", "(match) -> boxed T", rule=_giving(tuples_of(STR)))
