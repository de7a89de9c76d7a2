"""Keys of dicts and sets, by static type: hashed, searched for and boxed.

Only keys are searched for of which neither the hash nor the comparison is code of the program; a search that comes to another
key of the same hash in the table, which it would have to be compared with, exits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.runtime import dicts, item_keys, keys, plain_keys, sets
from pyvorin.compiler.emit.unit import Unit
from pyvorin.compiler.primitives.enum_ import hash_of_member
from pyvorin.compiler.primitives.objects import boxed_or_null
from pyvorin.compiler.primitives.own_keys import hash_of_address
from pyvorin.core.reasons import RUNTIME_TYPE_MISMATCH
from pyvorin.types.spec import Type

KINDS = ("str", "bytes", "int", "float", "bool", "none", "tuple", "tuples", "frozenset", "object")
"""The static types of keys."""
MEMBER = "member"
"""That of keys that are members of enumerations."""
IDENTITY = "identity"
"""And of those that equal nothing but themselves, as `object` says."""
OWN_KINDS = (MEMBER, IDENTITY)
"""Those of objects of the program's classes: each equals only itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """A search's result.

    address: of what was found, null if it is missing.  missing: whether it is.  value: the key as it was searched for.
    """

    address: str
    missing: str
    value: str
    hash: str
    items: tuple[str, ...] = ()
    """Those of a tuple that was not made."""


def search_dict(emit: Emitter, kind: str, d: str, key: str) -> Found:
    return _search(emit, kind, d, key, "pv_dict_find", dicts.write_find)


def search_set(emit: Emitter, kind: str, s: str, key: str) -> Found:
    return _search(emit, kind, s, key, "pv_set_find", sets.write_find)


def search_set_place(emit: Emitter, kind: str, s: str, key: str) -> Found:
    """As `search_set`; the address of what is missing is that of the entry that it would take."""
    found = _search(emit, kind, s, key, "pv_set_place", sets.write_place)
    missing = emit.op(f"icmp eq ptr {emit.op(f'load ptr, ptr {found.address}')}, null")
    return Found(found.address, missing, found.value, found.hash)


def _search(
    emit: Emitter, kind: str, table: str, key: str, name: str, write: Callable[[str], Callable[[Unit], str]]
) -> Found:
    value, hashed = hash_of(emit, kind, key)
    search = MEMBER if kind in OWN_KINDS else kind if kind in dicts.SEARCHES else "object"
    llvm = dicts.SEARCHES[search]
    address = emit.call_helper(f"{name}_{search}", write(search), f"ptr (ptr, {llvm}, i64)", table, value, hashed)
    emit.exit_if(emit.op(f"icmp eq ptr {address}, {dicts.FOREIGN}"), RUNTIME_TYPE_MISMATCH)
    return Found(address, emit.op(f"icmp eq ptr {address}, null"), value, hashed)


def search_dict_by(emit: Emitter, shape: str, d: str, items: tuple[str, ...]) -> Found:
    """Search for the tuple of these items (`item_keys.py`)."""
    return _search_by(emit, shape, d, items, "dict", dicts.write_find)


def search_set_by(emit: Emitter, shape: str, s: str, items: tuple[str, ...]) -> Found:
    return _search_by(emit, shape, s, items, "set", sets.write_find)


def _search_by(
    emit: Emitter,
    shape: str,
    table: str,
    items: tuple[str, ...],
    name: str,
    write: Callable[[str], Callable[[Unit], str]],
) -> Found:
    helper = f"pv_{name}_seek_{shape}"
    types = ", ".join(["ptr", *(item_keys.LLVM[kind] for kind in shape)])
    both = emit.call_helper(
        helper, item_keys.write_seek(shape, name, write), f"{{ ptr, i64 }} ({types})", table, *items
    )
    address = emit.op(f"extractvalue {{ ptr, i64 }} {both}, 0")
    emit.exit_if(emit.op(f"icmp eq ptr {address}, {dicts.FOREIGN}"), RUNTIME_TYPE_MISMATCH)
    missing = emit.op(f"icmp eq ptr {address}, null")
    return Found(address, missing, "", emit.op(f"extractvalue {{ ptr, i64 }} {both}, 1"), items)


def hash_of(emit: Emitter, kind: str, key: str) -> tuple[str, str]:
    """The key as it is searched for, and its hash; a key that is not plain exits."""
    if kind == MEMBER:
        return key, hash_of_member(emit, key)
    if kind == IDENTITY:
        return key, hash_of_address(emit, key)
    if kind == "str":
        return key, emit.call_helper("pv_hash_str", keys.write_hash_str, "i64 (ptr)", key)
    if kind == "bytes":
        return key, emit.call_helper("pv_hash_bytes", keys.write_hash_bytes, "i64 (ptr)", key)
    if kind == "int":
        return key, emit.call_helper("pv_hash_int", keys.write_hash_int, "i64 (i64)", key)
    if kind == "float":
        # A NaN is found by its identity, which is lost.
        emit.exit_if(emit.op(f"fcmp uno double {key}, {key}"), RUNTIME_TYPE_MISMATCH)
        return key, emit.call("_Py_HashDouble", "i64 (ptr, double)", "null", key)
    if kind == "bool":
        return boxed_or_null(emit, key, Type("bool")), emit.op(f"zext i1 {key} to i64")
    if kind == "none":
        none = emit.unit.external("_Py_NoneStruct")
        return none, emit.call("PyObject_Hash", "i64 (ptr)", none)
    hashed = emit.call_helper("pv_plain_hash", keys.write_plain_hash, "i64 (ptr, i32)", key, "0")
    emit.exit_if(emit.op(f"icmp eq i64 {hashed}, -1"), RUNTIME_TYPE_MISMATCH)
    return key, hashed


def is_plain(emit: Emitter, obj: str) -> str:
    return emit.call_helper("pv_plain", plain_keys.write_plain, "i1 (ptr, i32)", obj, "0")


def require_plain(emit: Emitter, obj: str) -> None:
    """Exit if hashing or comparing the object could run code of the program."""
    emit.exit_if(emit.op(f"xor i1 {is_plain(emit, obj)}, true"), RUNTIME_TYPE_MISMATCH)


def with_object(emit: Emitter, kind: str, found: Found, use: Callable[[str], str]) -> str:
    """What *use* makes, an i32, of the key's object, which is made for it if need be; -1 with MemoryError set if it cannot be."""
    if kind.startswith(keys.ITEMS):
        shape = kind.removeprefix(keys.ITEMS)
        types = ", ".join(item_keys.LLVM[item] for item in shape)
        obj = emit.call_helper(f"pv_items_make_{shape}", item_keys.write_make(shape), f"ptr ({types})", *found.items)
    elif kind in ("int", "float"):
        obj = boxed_or_null(emit, found.value, Type(kind))
    else:
        return use(found.value)
    made, done, start = emit.new_label("made"), emit.new_label("used"), emit.label
    emit.branch(emit.op(f"icmp eq ptr {obj}, null"), done, made, unlikely=True)
    emit.begin(made)
    status = use(obj)
    emit.decref(obj)
    last = emit.label
    emit.jump(done)
    emit.begin(done)
    return emit.phi("i32", ("-1", start), (status, last))
