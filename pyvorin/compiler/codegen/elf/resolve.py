"""Decide what every symbol of every object means.

In: the objects.  Out: for each object a list parallel to its symbol table that names, for every number, either the
symbol that defines it (in whichever object) or the import that the dynamic loader must find.

Rules, those of gABI chapter 4 "Symbol Table": a local symbol is its object's own.  A global name has one definition
among all objects: an ordinary definition wins over a common one, a common one over a weak one; two ordinary ones
contradict each other.  What no object defines is imported, unless it is marked as hidden, that is, promised to be
among the objects.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.format import LinkError
from pyvorin.compiler.codegen.elf.relocatable import Relocatable, Section, Symbol


class Import:
    """A name that the dynamic loader resolves: a function or object of Python, libm or libc.

    `number` is its place in the dynamic symbol table, given when the first relocation needs it; -1 before.
    """

    __slots__ = ("name", "number", "weak")

    def __init__(self, name: str, weak: bool) -> None:
        self.name = name
        self.weak = weak
        self.number = -1


Meaning = Symbol | Import


class Resolution:
    """`meanings[i][n]`: what symbol n of object i stands for.  `definitions`: the global names by name.  `commons`: the
    sections that were made for common symbols."""

    __slots__ = ("commons", "definitions", "meanings")

    def __init__(self, definitions: dict[str, Symbol], meanings: list[list[Meaning]], commons: list[Section]) -> None:
        self.definitions = definitions
        self.meanings = meanings
        self.commons = commons


_WEAK, _COMMON, _ORDINARY = 1, 2, 3


def resolve(objects: Sequence[Relocatable]) -> Resolution:
    """Bind the symbols of `objects` to each other.

    Raises LinkError for a name with two ordinary definitions, and for a hidden name that nothing defines.
    """
    definitions = _definitions(objects)
    commons = _allocate_commons(definitions)
    imports: dict[str, Import] = {}
    meanings: list[list[Meaning]] = []
    for owner in objects:
        row: list[Meaning] = []
        for symbol in owner.symbols:
            if symbol.binding == elf.STB_LOCAL or not symbol.name:
                row.append(symbol)
                continue
            definition = definitions.get(symbol.name)
            row.append(_import(imports, symbol, owner) if definition is None else definition)
        meanings.append(row)
    return Resolution(definitions, meanings, commons)


def _definitions(objects: Sequence[Relocatable]) -> dict[str, Symbol]:
    chosen: dict[str, tuple[int, Symbol, Relocatable]] = {}
    for owner in objects:
        for symbol in owner.symbols:
            if symbol.binding == elf.STB_LOCAL or symbol.place == elf.SHN_UNDEF or not symbol.name:
                continue
            rank = _rank(symbol)
            earlier = chosen.get(symbol.name)
            if earlier is None or rank > earlier[0]:
                chosen[symbol.name] = rank, symbol, owner
            elif rank == earlier[0] == _ORDINARY:
                raise LinkError(f"{symbol.name!r} is defined twice: in {earlier[2].name} and in {owner.name}")
            elif rank == earlier[0] == _COMMON:
                earlier[1].size = max(earlier[1].size, symbol.size)
                earlier[1].value = max(earlier[1].value, symbol.value)
    return {name: symbol for name, (_, symbol, _) in chosen.items()}


def _rank(symbol: Symbol) -> int:
    if symbol.place == elf.SHN_COMMON:
        return _COMMON
    return _WEAK if symbol.binding == elf.STB_WEAK else _ORDINARY


def _allocate_commons(definitions: dict[str, Symbol]) -> list[Section]:
    """Give every common symbol zeroed memory of its own; its alignment stood in the place of its value."""
    sections = []
    for symbol in definitions.values():
        if symbol.place == elf.SHN_COMMON:
            symbol.place = Section("COMMON", elf.SHF_ALLOC | elf.SHF_WRITE, symbol.value or 1, symbol.size, None)
            symbol.value = 0
            sections.append(symbol.place)
    return sections


def _import(imports: dict[str, Import], symbol: Symbol, owner: Relocatable) -> Import:
    if symbol.visibility in (elf.STV_HIDDEN, elf.STV_INTERNAL):
        raise LinkError(f"{owner.name}: {symbol.name!r} is hidden, and no object defines it")
    weak = symbol.binding == elf.STB_WEAK
    found = imports.get(symbol.name)
    if found is None:
        found = imports[symbol.name] = Import(symbol.name, weak)
    found.weak = found.weak and weak  # one place that cannot do without the symbol makes it required
    return found
