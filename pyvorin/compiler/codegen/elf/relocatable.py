"""Read one relocatable object (`.o`) into sections, symbols and relocations.

In: the bytes of an object.  Out: a `Relocatable` that keeps only what is loaded at run time (SHF_ALLOC); debug
information and comments are dropped with their relocations.  Everything that a later step indexes with is checked
here: after `read` returns, every slice lies inside the object, every symbol number and every name offset exists, and
every relocation's field lies inside its section.  A damaged object is a `LinkError`, whatever its bytes are; the work
is linear in its size.
"""

from __future__ import annotations

from struct import Struct

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.format import LinkError, UnsupportedObject

# (offset in the section, relocation type, symbol number, addend)
Relocation = tuple[int, int, int, int]

_RELOCATION = Struct("<QIIq")
_WIDTH = {elf.R_64: 8, elf.R_PC64: 8}
_WIDTH |= dict.fromkeys((elf.R_PC32, elf.R_PLT32, elf.R_GOTPCREL, elf.R_GOTPCRELX, elf.R_REX_GOTPCRELX), 4)

# Keeps the work linear when many symbols share one endless name.
_NAME_LIMIT = 8192

_CONSTRUCTORS = (elf.SHT_INIT_ARRAY, elf.SHT_FINI_ARRAY, elf.SHT_PREINIT_ARRAY)
_CONTENTS = (elf.SHT_PROGBITS, elf.SHT_NOBITS, elf.SHT_NOTE, elf.SHT_X86_64_UNWIND)
_DEFINABLE = (elf.STT_NOTYPE, elf.STT_OBJECT, elf.STT_FUNC, elf.STT_SECTION, elf.STT_FILE, elf.STT_COMMON)


class Section:
    """A loaded section of an object, or one that the linker adds.  `address` and `offset` are set by `layout.place`."""

    __slots__ = ("address", "align", "data", "flags", "name", "offset", "relocations", "size")

    def __init__(self, name: str, flags: int, align: int, size: int, data: memoryview | bytes | None) -> None:
        self.name = name
        self.flags = flags
        self.align = align
        self.size = size
        self.data = data  # None: zeros that take no room in the file (NOBITS)
        self.relocations: list[Relocation] = []
        self.address = -1  # in the image, from the load address
        self.offset = -1  # in the file


class Symbol:
    """An entry of one object's symbol table.

    `place` is the `Section` it lies in, or one of SHN_UNDEF, SHN_ABS, SHN_COMMON.  `value` is the offset in the
    section, the absolute value, or the alignment of a common symbol.
    """

    __slots__ = ("binding", "kind", "name", "place", "size", "value", "visibility")

    def __init__(
        self, name: str, binding: int, kind: int, visibility: int, place: Section | int | None, value: int, size: int
    ) -> None:
        self.name = name
        self.binding = binding
        self.kind = kind
        self.visibility = visibility
        self.place = place  # None: a section that is not loaded
        self.value = value
        self.size = size


class Relocatable:
    """One object: its name for messages, its loaded sections in file order, its symbols by number."""

    __slots__ = ("name", "sections", "symbols")

    def __init__(self, name: str, sections: list[Section], symbols: list[Symbol]) -> None:
        self.name = name
        self.sections = sections
        self.symbols = symbols


class _Header:
    __slots__ = ("align", "entry_size", "flags", "info", "kind", "link", "name", "offset", "size")

    def __init__(self, fields: tuple[int, ...]) -> None:
        (
            self.name,
            self.kind,
            self.flags,
            _,
            self.offset,
            self.size,
            self.link,
            self.info,
            self.align,
            self.entry_size,
        ) = fields


def read(data: bytes, name: str) -> Relocatable:
    """The loaded parts of the object `data`; `name` is what error messages call it.

    Raises LinkError for bytes that are not a sound x86-64 relocatable object, UnsupportedObject for thread-local data,
    constructors, COMDAT groups and other sections that need more than being copied.
    """
    view = memoryview(data)
    headers = _section_headers(view, name)
    kept = _loaded_sections(view, headers, name)
    tables = [number for number, header in enumerate(headers) if header.kind == elf.SHT_SYMTAB]
    if len(tables) > 1:
        raise LinkError(f"{name}: more than one symbol table")
    symbols = _symbols(view, headers, headers[tables[0]], kept, name) if tables else []
    for header in headers:
        section = kept.get(header.info)
        if section is None or header.kind not in (elf.SHT_RELA, elf.SHT_REL):
            continue
        if header.kind == elf.SHT_REL:
            raise UnsupportedObject(f"{name}: relocations without addends for {section.name}")
        if [header.link] != tables:
            raise LinkError(f"{name}: relocations of {section.name} name no symbol table")
        section.relocations += _relocations(view, header, section, len(symbols), name)
    return Relocatable(name, list(kept.values()), symbols)


def _section_headers(view: memoryview, name: str) -> list[_Header]:
    if len(view) < elf.FILE_HEADER.size:
        raise LinkError(f"{name}: too short for an ELF object")
    ident, kind, machine, *_, offset, _, _, _, _, entry_size, count, _ = elf.FILE_HEADER.unpack_from(view)
    if ident[:7] != elf.MAGIC + bytes((elf.CLASS_64, elf.LITTLE_ENDIAN, elf.VERSION_1)):
        raise LinkError(f"{name}: not a 64-bit little-endian ELF file")
    if kind != elf.ET_REL or machine != elf.EM_X86_64:
        raise LinkError(f"{name}: not an x86-64 relocatable object")
    if count == 0 and offset:
        raise UnsupportedObject(f"{name}: more than {elf.SHN_LORESERVE} sections")
    if entry_size != elf.SECTION_HEADER.size:
        raise LinkError(f"{name}: section headers of {entry_size} bytes")
    table = _slice(view, offset, count * entry_size, name, "section headers")
    headers = [_Header(fields) for fields in elf.SECTION_HEADER.iter_unpack(table)]
    # Sections that share bytes would make the work grow faster than the input.
    if sum(header.size for header in headers if header.kind != elf.SHT_NOBITS) > len(view):
        raise LinkError(f"{name}: truncated, or its sections overlap")
    return headers


def _loaded_sections(view: memoryview, headers: list[_Header], name: str) -> dict[int, Section]:
    """The sections that the program needs at run time, by section number."""
    (names_number,) = Struct("<H").unpack_from(view, elf.FILE_HEADER.size - 2)
    names = _string_table(view, headers, names_number, name)
    kept = {}
    for number, header in enumerate(headers):
        if not header.flags & elf.SHF_ALLOC:
            continue
        title = _string(names, header.name, name)
        if header.flags & elf.SHF_TLS:
            raise UnsupportedObject(f"{name}: thread-local data in {title}")
        if header.kind in _CONSTRUCTORS or title.startswith((".ctors", ".dtors")):
            raise UnsupportedObject(f"{name}: constructors or destructors in {title}")
        if header.kind not in _CONTENTS or header.flags & elf.SHF_COMPRESSED:
            raise UnsupportedObject(f"{name}: section {title} of type {header.kind:#x}")
        if header.flags & elf.SHF_WRITE and header.flags & elf.SHF_EXECINSTR:
            raise UnsupportedObject(f"{name}: section {title} is both writable and executable")
        if header.kind == elf.SHT_NOBITS and not header.flags & elf.SHF_WRITE:
            raise UnsupportedObject(f"{name}: section {title} has no contents and is not writable")
        align = header.align or 1
        if align & (align - 1) or align > elf.PAGE:
            raise UnsupportedObject(f"{name}: section {title} aligned to {align} bytes")
        if header.size >= elf.IMAGE_LIMIT:
            raise LinkError(f"{name}: section {title} of {header.size} bytes")
        data = None if header.kind == elf.SHT_NOBITS else _slice(view, header.offset, header.size, name, title)
        kept[number] = Section(title, header.flags, align, header.size, data)
    # A group's members may be dropped in favour of another object's copy: a decision that we do not make.
    if kept and any(header.kind == elf.SHT_GROUP for header in headers):
        raise UnsupportedObject(f"{name}: section groups (COMDAT)")
    return kept


def _symbols(
    view: memoryview, headers: list[_Header], table: _Header, kept: dict[int, Section], name: str
) -> list[Symbol]:
    if table.size % elf.SYMBOL.size:
        raise LinkError(f"{name}: a symbol table of {table.size} bytes")
    strings = _string_table(view, headers, table.link, name)
    symbols = []
    for name_offset, info, other, number, value, size in elf.SYMBOL.iter_unpack(
        _slice(view, table.offset, table.size, name, "symbol table")
    ):
        title = _string(strings, name_offset, name) if name_offset else ""
        binding, kind = info >> 4, info & 15
        if binding > elf.STB_WEAK or kind not in _DEFINABLE:
            raise UnsupportedObject(f"{name}: symbol {title!r} of binding {binding} and type {kind}")
        place: Section | int | None
        if number in (elf.SHN_UNDEF, elf.SHN_ABS, elf.SHN_COMMON):
            place = number
        elif number < len(headers):
            place = kept.get(number)
        else:
            raise LinkError(f"{name}: symbol {title!r} in section {number}, which does not exist")
        if isinstance(place, Section) and value > place.size:
            raise LinkError(f"{name}: symbol {title!r} lies outside {place.name}")
        if number == elf.SHN_COMMON and (value & (value - 1) or value > elf.PAGE or size >= elf.IMAGE_LIMIT):
            raise UnsupportedObject(f"{name}: common symbol {title!r} of {size} bytes aligned to {value}")
        symbols.append(Symbol(title, binding, kind, other & 3, place, value, size))
    return symbols


def _relocations(view: memoryview, header: _Header, section: Section, symbol_count: int, name: str) -> list[Relocation]:
    if header.size % elf.RELA.size:
        raise LinkError(f"{name}: relocations of {section.name} of {header.size} bytes")
    if header.size and section.data is None:
        raise LinkError(f"{name}: relocations for {section.name}, which has no contents")
    table = _slice(view, header.offset, header.size, name, "relocations")
    rows = [row for row in _RELOCATION.iter_unpack(table) if row[1] != elf.R_NONE]
    for offset, kind, number, _ in rows:
        width = _WIDTH.get(kind)
        if width is None:
            title = elf.REFUSED_RELOCATIONS.get(kind, f"of type {kind}")
            raise UnsupportedObject(f"{name}: relocation {title} in {section.name}+{offset:#x}")
        if offset + width > section.size:
            raise LinkError(f"{name}: a relocation outside {section.name}")
        if number >= symbol_count:
            raise LinkError(f"{name}: a relocation of {section.name} names symbol {number}, which does not exist")
    return rows


def _slice(view: memoryview, offset: int, size: int, name: str, what: str) -> memoryview:
    if offset + size > len(view):
        raise LinkError(f"{name}: truncated: {what} end after the file")
    return view[offset : offset + size]


def _string_table(view: memoryview, headers: list[_Header], number: int, name: str) -> bytes:
    if number >= len(headers) or headers[number].kind != elf.SHT_STRTAB:
        raise LinkError(f"{name}: section {number} is not a string table")
    header = headers[number]
    return bytes(_slice(view, header.offset, header.size, name, "string table"))


def _string(table: bytes, offset: int, name: str) -> str:
    end = table.find(b"\0", offset, offset + _NAME_LIMIT)
    if end < 0:
        raise LinkError(f"{name}: a name outside its string table, or longer than {_NAME_LIMIT} bytes")
    try:
        return table[offset:end].decode("utf-8")
    except UnicodeDecodeError:
        raise LinkError(f"{name}: a name that is not UTF-8") from None
