"""Join the unwind tables (`.eh_frame`) of the objects, and index them (`.eh_frame_hdr`).

The tables let debuggers, profilers and the C++ runtime walk through native code.  A reader stops at the first record
of length zero: therefore the tables of all objects lie without a gap, and one terminator follows the last.  The index
is sorted by code address; without it (when a record has a form that LLVM does not emit) readers fall back to a linear
search. Forms: Linux Standard Base 5.0, section 10.6 "Exception Frames".
"""

from __future__ import annotations

from struct import Struct

from pyvorin.compiler.codegen.elf.format import LinkError, UnsupportedObject
from pyvorin.compiler.codegen.elf.relocatable import Section

TERMINATOR = bytes(4)
_HEADER_SIZE = 12
_ENTRY = Struct("<ii")
_WORD = Struct("<i")
_RECORD = Struct("<II")
_EXTENDED_LENGTH = 0xFFFF_FFFF

_PCREL_SDATA4, _DATAREL_SDATA4, _UDATA4, _OMITTED = 0x1B, 0x3B, 0x03, 0xFF


def prepare(section: Section, owner: str) -> list[int] | None:
    """Make `section` fit to be followed by another object's table; return the offsets of its FDEs.

    A terminator at its end is cut off.  None: the code addresses have a form that cannot be indexed.
    Raises LinkError for records that run out of the section, UnsupportedObject for 64-bit DWARF.
    """
    data = section.data
    assert data is not None
    entries: list[int] = []
    indexable = True
    cie_forms: dict[int, bool] = {}
    position = 0
    while position < len(data):
        if position + 4 == len(data) and not any(data[position:]):
            section.data, section.size = data[:position], position
            break
        if position + 8 > len(data):
            raise LinkError(f"{owner}: truncated record in .eh_frame")
        length, cie = _RECORD.unpack_from(data, position)
        if length == _EXTENDED_LENGTH:
            raise UnsupportedObject(f"{owner}: 64-bit record in .eh_frame")
        following = position + 4 + length
        if length < 4 or length % 4 or following > len(data):
            raise LinkError(f"{owner}: record of length {length} in .eh_frame")
        if cie == 0:
            cie_forms[position] = _indexable(bytes(data[position + 8 : following]))
        else:
            indexable = indexable and cie_forms.get(position + 4 - cie, False) and length >= 12
            entries.append(position)
        position = following
    section.align = 4
    return entries if indexable else None


def _indexable(cie: bytes) -> bool:
    """Does this CIE (from its version on) say that code addresses are 32-bit and relative to themselves?"""
    # version 1, augmentation "zR", code alignment, data alignment, return register, one byte of augmentation data
    if len(cie) < 9 or cie[:4] != b"\x01zR\0" or any(byte & 0x80 for byte in cie[4:7]):
        return False
    return cie[7] == 1 and cie[8] == _PCREL_SDATA4


def index_size(entries: int | None) -> int:
    """Bytes of `.eh_frame_hdr` for so many FDEs; None: without a search table."""
    return 8 if entries is None else _HEADER_SIZE + _ENTRY.size * entries


def write_index(
    image: bytearray, index: Section, tables: list[tuple[Section, list[int]]] | None, first_table: int
) -> None:
    """Fill in `.eh_frame_hdr`; the tables must be relocated already.  `first_table`: the address of the first one."""
    position, base = index.offset, index.address
    counted = tables is not None
    image[position : position + 4] = bytes(
        (1, _PCREL_SDATA4, _UDATA4 if counted else _OMITTED, _DATAREL_SDATA4 if counted else _OMITTED)
    )
    _WORD.pack_into(image, position + 4, first_table - (base + 4))
    if tables is None:
        return
    rows = []
    for section, entries in tables:
        shift = section.address - section.offset
        for entry in entries:
            field = section.offset + entry + 8
            (distance,) = _WORD.unpack_from(image, field)
            rows.append((field + shift + distance - base, section.address + entry - base))
    rows.sort()
    _WORD.pack_into(image, position + 8, len(rows))
    for number, row in enumerate(rows):
        _ENTRY.pack_into(image, position + _HEADER_SIZE + _ENTRY.size * number, *row)
