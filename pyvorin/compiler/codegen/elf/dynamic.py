"""What the dynamic loader reads: symbols, their hash table, relocations and the dynamic section.

One name is exported; the hash table (gABI chapter 5, `DT_HASH`) has a single bucket with that single name, so no
look-up costs more than one string comparison, and imports, which are never looked up here, stay out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.resolve import Import


class Strings:
    """A string table under construction."""

    __slots__ = ("_offsets", "data")

    def __init__(self) -> None:
        self.data = bytearray(1)
        self._offsets: dict[str, int] = {}

    def add(self, text: str) -> int:
        """The offset of `text`, appended when it is new."""
        offset = self._offsets.get(text)
        if offset is None:
            offset = self._offsets[text] = len(self.data)
            self.data += text.encode() + b"\0"
        return offset


def hash_table(symbol_count: int) -> bytes:
    """A hash table of `symbol_count` symbols of which only the last one can be found."""
    return pack("<III", 1, symbol_count, symbol_count - 1) + bytes(4 * symbol_count)


def symbol_table(imports: Sequence[Import], exported: int, address: int, size: int, strings: Strings) -> bytes:
    """The dynamic symbols: number 0, the imports, and last the exported data at `address` (its name at `exported`)."""
    rows = [bytes(elf.SYMBOL.size)]
    for item in imports:
        binding = elf.STB_WEAK if item.weak else elf.STB_GLOBAL
        rows.append(elf.SYMBOL.pack(strings.add(item.name), binding << 4 | elf.STT_NOTYPE, 0, elf.SHN_UNDEF, 0, 0))
    # There are no section headers; any number but SHN_UNDEF marks the symbol as defined.
    rows.append(elf.SYMBOL.pack(exported, elf.STB_GLOBAL << 4 | elf.STT_OBJECT, 0, 1, address, size))
    return b"".join(rows)


def relocation_table(relocations: list[tuple[int, int, int]]) -> tuple[bytes, int]:
    """The table, and how many relative relocations, which the loader can apply without a look-up, it begins with."""
    relative = sorted(row for row in relocations if row[1] == elf.R_RELATIVE)
    symbolic = [row for row in relocations if row[1] != elf.R_RELATIVE]
    return b"".join([elf.RELA.pack(*row) for row in relative + symbolic]), len(relative)


def dynamic_section(rows: Sequence[tuple[int, int]]) -> bytes:
    """The dynamic section with `rows` of (tag, value) and its end marker."""
    return b"".join([elf.DYNAMIC.pack(*row) for row in rows]) + elf.DYNAMIC.pack(elf.DT_NULL, 0)
