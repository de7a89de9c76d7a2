"""What debuggers and profilers want to find in an image, and the loader does not need: section headers and a symbol table.

gdb looks up unwind tables and functions by section, perf functions by symbol.  All of it lies behind the loaded parts of the
file.  Functions only: their names are those of the objects, so a local name may occur more than once.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.dynamic import Strings
from pyvorin.compiler.codegen.elf.relocatable import Relocatable, Section

_CODE = 1  # the number of the first section below


class SectionTable:
    """`data` goes to the end of the file, at `offset`; the headers begin at `headers`, `count` of them, names in the last."""

    __slots__ = ("count", "data", "headers", "offset")

    def __init__(
        self,
        file_size: int,
        parts: Sequence[Relocatable],
        code: Sequence[Section],
        unwind: Sequence[Section],
        unwind_index: Section | None,
    ) -> None:
        self.offset = elf.aligned(file_size, 8)
        names, function_names = Strings(), Strings()
        symbols = _functions(parts, function_names)
        rows = [(0,) * 10, _run(names, ".text", elf.SHT_PROGBITS, elf.SHF_ALLOC | elf.SHF_EXECINSTR, code)]
        if unwind_index is not None:
            rows.append(_run(names, ".eh_frame_hdr", elf.SHT_PROGBITS, elf.SHF_ALLOC, [unwind_index]))
            rows.append(_run(names, ".eh_frame", elf.SHT_PROGBITS, elf.SHF_ALLOC, unwind))
        symbol_names = len(rows) + 1
        position = self.offset
        # All symbols are local: the number of the first global one is their count.
        local = len(symbols) // elf.SYMBOL.size
        title = names.add(".symtab")
        rows.append((title, elf.SHT_SYMTAB, 0, 0, position, len(symbols), symbol_names, local, 8, elf.SYMBOL.size))
        position += len(symbols)
        for name, strings in ((".strtab", function_names), (".shstrtab", names)):
            title = names.add(name)
            rows.append((title, elf.SHT_STRTAB, 0, 0, position, len(strings.data), 0, 0, 1, 0))
            position += len(strings.data)
        tail = symbols + bytes(function_names.data) + bytes(names.data)
        padding = -len(tail) % 8
        self.count = len(rows)
        self.headers = self.offset + len(tail) + padding
        self.data = tail + bytes(padding) + b"".join([elf.SECTION_HEADER.pack(*row) for row in rows])


def _functions(parts: Sequence[Relocatable], names: Strings) -> bytes:
    """A symbol table of the functions that the objects define, as local symbols of the code section."""
    rows = [bytes(elf.SYMBOL.size)]
    for part in parts:
        for symbol in part.symbols:
            if symbol.kind == elf.STT_FUNC and isinstance(symbol.place, Section):
                address = symbol.place.address + symbol.value
                rows.append(elf.SYMBOL.pack(names.add(symbol.name), elf.STT_FUNC, 0, _CODE, address, symbol.size))
    return b"".join(rows)


def _run(names: Strings, name: str, kind: int, flags: int, sections: Sequence[Section]) -> tuple[int, ...]:
    """The header of one section that spans all of `sections`, which lie one after the other."""
    first, last = sections[0], sections[-1]
    size = last.address + last.size - first.address
    return names.add(name), kind, flags, first.address, first.offset, size, 0, 0, first.align, 0
