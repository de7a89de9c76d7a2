"""Static types -> LLVM types."""

from __future__ import annotations

from pyvorin.types.spec import Type

_LLVM = {
    "int": "i64",
    "float": "double",
    "number": "{ i64, i1 }",
    "bool": "i1",
    "none": "i1",
    "unbound": "i1",
    "never": "i1",
    "char": "i32",
    "npfloat": "double",
    "npint": "i64",
    "npbool": "i1",
}


def llvm_type(ty: Type) -> str:
    """The LLVM type that holds a value of *ty*; every reference is a pointer."""
    return _LLVM.get(ty.name, "ptr")
