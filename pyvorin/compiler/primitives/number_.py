"""Operators on a `number`, which is an int or a float: those on ints and on floats, chosen when the value is there.

Derived from the table: for each overload that takes an int or a float there are those that take a `number` in some of these
places.
Where one of the two has no overload (``xs[i]`` of a float) native code leaves, and CPython raises the TypeError.

    add(int, int), add(float, float)    ->    add(number, number), add(number, float), …
"""

from __future__ import annotations

from functools import partial
from itertools import combinations, product

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.layout import llvm_type
from pyvorin.compiler.emit.runtime import mixed
from pyvorin.compiler.hir.effects import ALLOC, MUTATE, PURE, READ
from pyvorin.compiler.primitives import registry
from pyvorin.compiler.primitives.registry import NOT_CONSTANT, Alias, Choice, Constants, Folded, Primitive, Types
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import BOOL, FLOAT, INT, NEVER, NUMBER, NUMBERS, OBJECT, Type, join

_ORDER = (PURE, READ, ALLOC, MUTATE)
_MOST_OPERANDS = 4
_OTHERS = ("convert", "widen", "range")
"""What is for the compiler's own use, or gives something else of each type."""


def declare() -> None:
    """Declare them for all that is in the table, which is complete by then."""
    for name in registry.names():
        if name in _OTHERS or ("." in name and not name.startswith(("math.", "sum."))):
            continue
        for overload in tuple(registry.overloads(name)):
            if overload.variadic or len(overload.params) > _MOST_OPERANDS or "vec" in overload.signature:
                continue
            places = [
                index
                for index, (ty, boxed) in enumerate(zip(overload.params, overload.boxed))
                if ty in (INT, FLOAT) and not boxed
            ]
            for count in range(1, len(places) + 1):
                for chosen in combinations(places, count):
                    _declare(name, overload, chosen)


def _declare(name: str, overload: Primitive, places: tuple[int, ...]) -> None:
    params = tuple(NUMBER if index in places else ty for index, ty in enumerate(overload.params))
    if any(other.params == params for other in registry.overloads(name)):
        return
    of_both = [other for other in registry.overloads(name) if _covers(other, params)]
    alike = {(o.result_boxed, o.borrows, o.in_place, o.stores, o.boxed) for o in of_both}
    if len(alike) != 1:
        return
    shown = [("boxed " if boxed else "") + str(ty) for ty, boxed in zip(params, overload.boxed)]
    result = "boxed R" if overload.result_boxed else "R"
    raises = [o.raises for o in of_both]
    registry.primitive(
        name,
        f"({', '.join(shown)}) -> {result}",
        effect=max((o.effect for o in of_both), key=_ORDER.index),
        exits=[*dict.fromkeys([code for o in of_both for code in o.exits] + [RUNTIME_TYPE_MISMATCH])],
        promotes=overload.promotes,
        borrows=overload.borrows,
        in_place=overload.in_place,
        raises=raises[0] if all(found == raises[0] for found in raises) else {},
        stores=overload.stores,
        rule=partial(_result, name),
        derived=True,
    )(partial(_lower, name))


def _covers(overload: Primitive, params: Types) -> bool:
    """Whether the overload is one of those that are chosen from for such operands."""
    if overload.derived or overload.variadic or len(overload.params) != len(params):
        return False
    return all(a == b or (a in NUMBERS and b in NUMBERS) for a, b in zip(overload.params, params))


def _choices(name: str, types: Types, constants: Constants) -> dict[Types, Choice | None]:
    """The overload for each combination of what the numbers can be."""
    alternatives = [(INT, FLOAT) if ty == NUMBER else (ty,) for ty in types]
    return {found: registry.choose(name, found, constants) for found in product(*alternatives)}


def _result(name: str, types: Types, constants: Constants) -> Type | None:
    if NUMBER not in types:
        return None
    found = NEVER
    for types_, choice in _choices(name, types, constants).items():
        if choice is not None:
            found = join(found, _type_of(choice, types_))
    return None if found in (NEVER, OBJECT) else found


def _type_of(choice: Choice, types: Types) -> Type:
    if isinstance(choice.result, Alias):
        return types[choice.result.operand]
    if isinstance(choice.result, Folded):
        return BOOL if isinstance(choice.result.value, bool) else OBJECT
    return choice.result


def _lower(name: str, emit: Emitter, *operands: str) -> str:
    assert emit.current is not None
    types = tuple(value.ty for value in emit.current.args)
    constants = tuple(emit.known.get(operand, NOT_CONSTANT) for operand in operands)
    wanted = emit.current.result.ty if emit.current.result is not None else None
    result = Type("none") if wanted is None else wanted
    return _dispatch(emit, _choices(name, types, constants), types, list(operands), result) or emit.zero_of(
        llvm_type(result)
    )


def _dispatch(
    emit: Emitter, choices: dict[Types, Choice | None], types: Types, operands: list[str], wanted: Type
) -> str | None:
    """The operation's value; None where it has left native code."""
    if NUMBER not in types:
        return _apply(emit, choices[types], types, operands, wanted)
    at = types.index(NUMBER)
    as_int, as_float = ((*types[:at], ty, *types[at + 1 :]) for ty in (INT, FLOAT))
    number = operands[at]
    if _same(choices, as_int, as_float):
        return _dispatch(
            emit, choices, as_float, [*operands[:at], mixed.rounded(emit, number), *operands[at + 1 :]], wanted
        )
    yes, no, done = emit.new_label("int"), emit.new_label("float"), emit.new_label("number")
    emit.branch(mixed.is_int(emit, number), yes, no)
    incoming = []
    for label, narrowed, read in ((no, as_float, mixed.as_float), (yes, as_int, mixed.as_int)):
        emit.begin(label)
        value = _dispatch(emit, choices, narrowed, [*operands[:at], read(emit, number), *operands[at + 1 :]], wanted)
        if value is not None:
            incoming.append((value, emit.label))
            emit.jump(done)
    if not incoming:
        return None
    emit.begin(done)
    return emit.phi(llvm_type(wanted), *incoming)


def _same(choices: dict[Types, Choice | None], as_int: Types, as_float: Types) -> bool:
    """Whether an int there is only converted to a float, whatever the others are."""

    def expand(types: Types) -> list[Types]:
        return list(product(*((INT, FLOAT) if ty == NUMBER else (ty,) for ty in types)))

    for one, other in zip(expand(as_int), expand(as_float)):
        a, b = choices[one], choices[other]
        if a is None or b is None or a.primitive is not b.primitive or not isinstance(a.result, Type):
            return False
        if a.params != b.params or a.result != b.result:
            return False
    return True


def _apply(emit: Emitter, choice: Choice | None, types: Types, operands: list[str], wanted: Type) -> str | None:
    if choice is None:
        emit.exit(RUNTIME_TYPE_MISMATCH)
        return None
    if isinstance(choice.result, Folded):
        return "true" if choice.result.value else "false"
    if isinstance(choice.result, Alias):
        at = choice.result.operand
        return _as_wanted(emit, operands[at], types[at], wanted)
    converted = [_converted(emit, *pair) for pair in zip(operands, types, choice.params)]
    value = choice.primitive.lower(emit, *converted)
    return value if choice.primitive.result_boxed else _as_wanted(emit, value, choice.result, wanted)


def _converted(emit: Emitter, operand: str, ty: Type, wanted: Type) -> str:
    if ty == BOOL and wanted in (INT, FLOAT):
        operand, ty = emit.op(f"zext i1 {operand} to i64"), INT
    return emit.op(f"sitofp i64 {operand} to double") if ty == INT and wanted == FLOAT else operand


def _as_wanted(emit: Emitter, value: str, ty: Type, wanted: Type) -> str:
    if wanted != NUMBER or ty == NUMBER:
        return value
    return mixed.of_int(emit, value) if ty == INT else mixed.of_float(emit, value)
