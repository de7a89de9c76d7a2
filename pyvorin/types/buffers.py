"""Items of buffers: what lies in an `array.array` or a NumPy array, and as which type native code reads it.

item_of(parse_type("array[H]"))           ->    unsigned, 16 bits, read as int
item_of(parse_type("ndarray[float64]"))   ->    float, 64 bits, read as npfloat
item_of(parse_type("ndarray[complex64]")) ->    None: such arrays are left to CPython
"""

from __future__ import annotations

from dataclasses import dataclass

from pyvorin.types.spec import FLOAT, INT, Type

NPFLOAT = Type("npfloat")
"""numpy.float64: the scalar that reading an item of a NumPy array gives, not a float of Python."""
NPINT = Type("npint")
"""numpy.int64."""
NPBOOL = Type("npbool")
"""numpy.bool_: what comparisons of NumPy scalars give."""


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of item: its representation in memory (`llvm`, `bits`, `signed`) and its static type when read."""

    llvm: str
    bits: int
    signed: bool
    reads: Type

    @property
    def is_float(self) -> bool:
        return self.llvm in ("float", "double")

    @property
    def size(self) -> int:
        """Bytes."""
        return self.bits // 8

    @property
    def is_wide(self) -> bool:
        """Whether some of its values do not fit the signed 64 bits of a native int."""
        return not self.is_float and not self.signed and self.bits == 64

    def bounds(self) -> tuple[int, int]:
        """The least and the greatest int that an integer item can hold."""
        if self.signed:
            return -(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1
        return 0, 2**self.bits - 1


def _integer(bits: int, signed: bool) -> Item:
    return Item(f"i{bits}", bits, signed, INT)


#: array.array type codes with the sizes of x86-64 Linux (array module documentation, "minimum size").
ARRAYS = {
    "b": _integer(8, True),
    "B": _integer(8, False),
    "h": _integer(16, True),
    "H": _integer(16, False),
    "i": _integer(32, True),
    "I": _integer(32, False),
    "l": _integer(64, True),
    "L": _integer(64, False),
    "q": _integer(64, True),
    "Q": _integer(64, False),
    "f": Item("float", 32, True, FLOAT),
    "d": Item("double", 64, True, FLOAT),
}
#: NumPy dtypes by name.
NDARRAYS = {
    "float64": Item("double", 64, True, NPFLOAT),
    "int64": Item("i64", 64, True, NPINT),
}


def item_of(ty: Type) -> Item | None:
    """The items of a buffer type; None if *ty* is no buffer, or one whose items native code does not read."""
    if len(ty.args) != 1:
        return None
    kinds = {"array": ARRAYS, "loose": ARRAYS, "ndarray": NDARRAYS}.get(ty.name, {})
    return kinds.get(str(ty.args[0]))
