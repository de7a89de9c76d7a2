"""Where an object keeps the values of its attributes, by version of CPython.

A place (the slot `attribute`) is the index of the attribute among the keys that the instances of a class share, or, if it lies
in a slot of the object (`__slots__`), the offset there with the bit MEMBER; or less than zero: the host knows none.

3.10: a dict of its own, which shares the keys as long as it has values apart from them.  3.11, 3.12: an array of values,
until somebody asks for `__dict__`.  3.13: values behind the object, which a dict may share.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit

MEMBER = 1 << 32


def place(emit: Emitter, obj: str, index: str) -> str:
    """The address of the word that holds the attribute's value, null if the object is not one like others of its class."""
    return emit.call_helper("pv_place", _write, "ptr (ptr, i64)", obj, index)


def _write(unit: Unit) -> str:
    emit = Emitter(unit, "ptr")
    values, member, dynamic = emit.new_label("values"), emit.new_label("member"), emit.new_label("dynamic")
    emit.branch(emit.op("icmp slt i64 %index, 0"), "none", dynamic, unlikely=True)
    emit.begin(dynamic)
    is_member = emit.op(f"icmp uge i64 %index, {MEMBER}")
    emit.branch(is_member, member, values)
    emit.begin(member)
    emit.do(f"ret ptr {emit.address('%obj', emit.op(f'sub i64 %index, {MEMBER}'))}")
    emit.begin(values)
    first = _values(emit)
    emit.do(f"ret ptr {emit.op(f'getelementptr ptr, ptr {first}, i64 %index')}")
    emit.begin("none")
    emit.do("ret ptr null")
    return emit.finish("define internal ptr @pv_place(ptr %obj, i64 %index) alwaysinline nounwind")


def _values(emit: Emitter) -> str:
    """The address of the values in the order of the shared keys; goes to `none` where there is no such thing."""
    layout = emit.layout
    if emit.unit.python == (3, 11):
        values = emit.load("ptr", "%obj", layout.managed_values, "items")
        _require(emit, emit.op(f"icmp ne ptr {values}, null"))
        return values
    if emit.unit.python == (3, 12):
        tagged = emit.load("i64", "%obj", layout.managed_dict, "items")
        _require(emit, emit.op(f"trunc i64 {tagged} to i1"))
        return emit.op(f"inttoptr i64 {emit.op(f'add i64 {tagged}, 1')} to ptr")
    if emit.unit.python >= (3, 13):
        kind = emit.type_of("%obj")
        size = emit.load("i64", kind, layout.type_basicsize, "type")
        behind = emit.address("%obj", size)
        valid = emit.load("i8", behind, layout.inline_valid, "items")
        _require(emit, emit.op(f"icmp ne i8 {valid}, 0"))
        return emit.address(behind, layout.inline_values)
    kind = emit.type_of("%obj")
    at = emit.load("i64", kind, layout.type_dictoffset, "type")
    found = emit.load("ptr", emit.address("%obj", at), 0, "items")
    _require(emit, emit.op(f"icmp ne ptr {found}, null"))
    keys = emit.load("ptr", found, layout.dict_keys, "items")
    shared = emit.load("ptr", kind, layout.type_keys, "items")
    _require(emit, emit.op(f"icmp eq ptr {keys}, {shared}"))
    values = emit.load("ptr", found, layout.dict_values, "items")
    _require(emit, emit.op(f"icmp ne ptr {values}, null"))
    return values


def _require(emit: Emitter, condition: str) -> None:
    following = emit.new_label("ok")
    emit.branch(condition, following, "none")
    emit.begin(following)
