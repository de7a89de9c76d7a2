"""Change single records of an object, for what LLVM does not emit by itself."""

from __future__ import annotations

from struct import pack_into, unpack_from

from pyvorin.compiler.codegen.elf import format as elf


def sections(data: bytes) -> list[tuple[int, ...]]:
    """The section headers of an object, as `elf.SECTION_HEADER` unpacks them."""
    (start,) = unpack_from("<Q", data, 40)
    (count,) = unpack_from("<H", data, 60)
    return list(elf.SECTION_HEADER.iter_unpack(data[start : start + 64 * count]))


def set_symbol(data: bytes, name: str, *, section: int, value: int) -> bytes:
    """The object with symbol `name` put into another section, at `value`."""
    table = next(row for row in sections(data) if row[1] == elf.SHT_SYMTAB)
    names = sections(data)[table[6]][4]
    changed = bytearray(data)
    for position in range(table[4], table[4] + table[5], elf.SYMBOL.size):
        offset = names + unpack_from("<I", data, position)[0]
        if data[offset : data.index(0, offset)] == name.encode():
            pack_into("<HQ", changed, position + 6, section, value)
            return bytes(changed)
    raise KeyError(name)


def set_relocations(data: bytes, *, kind: int | None = None, number: int | None = None) -> bytes:
    """The object with all its relocations of code changed to another type or another symbol."""
    changed = bytearray(data)
    headers = sections(data)
    for row in headers:
        if row[1] == elf.SHT_RELA and headers[row[7]][2] & elf.SHF_EXECINSTR:
            for position in range(row[4], row[4] + row[5], elf.RELA.size):
                old_kind, old_number = unpack_from("<II", data, position + 8)
                pack_into(
                    "<II",
                    changed,
                    position + 8,
                    old_kind if kind is None else kind,
                    old_number if number is None else number,
                )
    return bytes(changed)


def symbol_count(data: bytes) -> int:
    return next(row[5] // elf.SYMBOL.size for row in sections(data) if row[1] == elf.SHT_SYMTAB)
