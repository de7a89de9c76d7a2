"""Link relocatable objects into the one shared object that the application loads.

In: objects as LLVM emits them (x86-64, position independent), or bundles of such (elf/bundle.py), and the names of the
groups.  Out: the bytes of a shared object that exports a single data symbol, the table

    pyvorin_table = { i64 n, ptr table[0], ..., ptr table[n-1] }

(docs/architecture.md section 4).  Everything else in the objects is bound inside the image; what they do not define
is imported by name: functions and objects of the running Python, libm, libc.  Imports are bound when the object is
loaded (NOW), and a `dlclose` never unmaps it (NODELETE): native code may be running, or a function object may still
point to it.

`link_shared` needs no toolchain and takes about a tenth of the time of one (docs/codegen.md has the figures); `link`
hands what it refuses to the system's linker.  The same objects in the same order give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyvorin.compiler.codegen.elf import bundle, dynamic, layout, relocate, unwind
from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.format import LinkError, UnsupportedObject
from pyvorin.compiler.codegen.elf.reading import Reader
from pyvorin.compiler.codegen.elf.relocatable import Relocatable, Section, Symbol
from pyvorin.compiler.codegen.elf.resolve import Resolution, resolve
from pyvorin.compiler.codegen.elf.tools import SectionTable

__all__ = ["TABLE_SYMBOL", "LinkError", "UnsupportedObject", "link", "link_shared"]

TABLE_SYMBOL = "pyvorin_table"
NEEDED = ("libm.so.6",)

_READ, _READ_WRITE = elf.SHF_ALLOC, elf.SHF_ALLOC | elf.SHF_WRITE
_READ_EXECUTE = elf.SHF_ALLOC | elf.SHF_EXECINSTR


def link(
    objects: Sequence[bytes],
    *,
    table: Sequence[str],
    table_symbol: str = TABLE_SYMBOL,
    needed: Sequence[str] = NEEDED,
    debug: bool = False,
    reader: Reader | None = None,
) -> bytes:
    """The shared object made of `objects`: by our own linker, or by the system's where ours refuses.

    Raises LinkError when the objects are damaged or contradict each other, and UnsupportedObject when they need a
    linker that this system has not.
    """
    try:
        return link_shared(objects, table=table, table_symbol=table_symbol, needed=needed, debug=debug, reader=reader)
    except UnsupportedObject as refusal:
        from pyvorin.compiler.codegen.system_link import find_linker, link_with_system

        if find_linker() is None or any(map(bundle.is_bundle, objects)):
            raise
        try:
            return link_with_system(objects, table=table, table_symbol=table_symbol, needed=needed)
        except LinkError as failure:
            raise failure from refusal


def link_shared(
    objects: Sequence[bytes],
    *,
    table: Sequence[str],
    table_symbol: str = TABLE_SYMBOL,
    needed: Sequence[str] = NEEDED,
    debug: bool = False,
    reader: Reader | None = None,
) -> bytes:
    """The shared object made of `objects`, which exports `table_symbol`, a table of the addresses of `table`.

    `needed` are libraries that the dynamic loader brings in with it; `debug` adds what gdb and perf need to name functions;
    `reader` knows the objects of the image before.  Raises LinkError for damaged objects, names
    defined twice and table entries without a definition; UnsupportedObject for what only a full linker can do.
    """
    parts = (reader or Reader()).read(objects)
    parts.append(_table_object(table, table_symbol))
    resolution = resolve(parts)
    for name in table:
        if name not in resolution.definitions:
            raise LinkError(f"the table names {name!r}, which no object defines")
    return _Image(parts, resolution, table_symbol, needed).write(debug)


def _table_object(table: Sequence[str], table_symbol: str) -> Relocatable:
    """The exported table, as if one more object defined it, in memory that is read-only once it is relocated."""
    section = Section(
        ".data.rel.ro", _READ_WRITE, 8, 8 + 8 * len(table), len(table).to_bytes(8, "little") + bytes(8 * len(table))
    )
    section.relocations = [(8 + 8 * index, elf.R_64, index, 0) for index in range(len(table))]
    symbols = [Symbol(name, elf.STB_GLOBAL, elf.STT_NOTYPE, elf.STV_DEFAULT, elf.SHN_UNDEF, 0, 0) for name in table]
    symbols.append(Symbol(table_symbol, elf.STB_GLOBAL, elf.STT_OBJECT, elf.STV_DEFAULT, section, 0, section.size))
    return Relocatable("the table", [section], symbols)


class _Image:
    """The shared object in the making: its sections, their segments, and what the linker adds to them."""

    def __init__(
        self, parts: Sequence[Relocatable], resolution: Resolution, table_symbol: str, needed: Sequence[str]
    ) -> None:
        self.parts = parts
        self.meanings = resolution.meanings
        self.table = resolution.definitions[table_symbol]
        self.needs = relocate.scan(parts, self.meanings)
        self.strings = dynamic.Strings()
        self.needed = [self.strings.add(name) for name in needed]
        self.exported = self.strings.add(table_symbol)
        for item in self.needs.imports:
            self.strings.add(item.name)
        self._prepare_unwind_tables()
        sections = [section for part in parts for section in part.sections]
        kinds = layout.Kinds([*sections, *resolution.commons])
        self._make_sections(kinds)
        self.segments = self._make_segments(kinds)
        self.file_size = layout.place(self.segments)

    def _prepare_unwind_tables(self) -> None:
        tables: list[tuple[Section, list[int]]] = []
        complete = True
        for part in self.parts:
            for section in part.sections:
                if layout.is_unwind_table(section):
                    entries = unwind.prepare(section, part.name)
                    complete = complete and entries is not None
                    tables.append((section, entries or []))
        self.unwind_tables = tables
        self.unwind_index_complete = complete

    def _make_sections(self, kinds: layout.Kinds) -> None:
        """The sections that the linker adds, of their final sizes, their contents still zero."""
        needs = self.needs
        symbol_count = len(needs.imports) + 2
        self.header = _added(".header", _READ, elf.FILE_HEADER.size)
        self.hash = _added(".hash", _READ, len(dynamic.hash_table(symbol_count)))
        self.symbols = _added(".dynsym", _READ, elf.SYMBOL.size * symbol_count)
        self.names = _added(".dynstr", _READ, len(self.strings.data), 1)
        self.relocations = _added(".rela.dyn", _READ, elf.RELA.size * needs.dynamic_count)
        self.stubs = _added(".plt", _READ_EXECUTE, relocate.STUB_SIZE * len(needs.stubs), 16)
        self.got = _added(".got", _READ_WRITE, 8 * len(needs.slots))
        self.dynamic = _added(".dynamic", _READ_WRITE, len(dynamic.dynamic_section(self._dynamic_rows(0, 0))))
        self.unwind_index = None
        if kinds.unwind:
            entries = sum(len(table) for _, table in self.unwind_tables) if self.unwind_index_complete else None
            self.unwind_index = _added(".eh_frame_hdr", _READ, unwind.index_size(entries), 4)
            kinds.unwind.append(_added(".eh_frame", _READ, len(unwind.TERMINATOR), 4))

    def _make_segments(self, kinds: layout.Kinds) -> list[layout.Segment]:
        index = [] if self.unwind_index is None else [self.unwind_index]
        tables = [self.header, self.hash, self.symbols, self.names, self.relocations]
        self.constants = layout.Segment(elf.PF_R, [*tables, *kinds.constants, *index, *kinds.unwind])
        self.code = layout.Segment(elf.PF_R | elf.PF_X, [*kinds.code, self.stubs])
        self.relro = layout.Segment(elf.PF_R | elf.PF_W, [self.dynamic, self.got, *kinds.relocated_constants])
        self.data = layout.Segment(elf.PF_R | elf.PF_W, [*kinds.data, *kinds.zeroed])
        segments = [self.constants, self.code, self.relro, self.data]
        # An empty segment, though it may have an address for the sake of a symbol, is nothing to load.
        self.loaded = [segment for segment in segments if any(section.size for section in segment.sections)]
        # PT_LOADs, PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO, and PT_GNU_EH_FRAME
        self.program_header_count = len(self.loaded) + 3 + len(index)
        _resize(self.header, elf.FILE_HEADER.size + elf.PROGRAM_HEADER.size * self.program_header_count)
        return segments

    def write(self, debug: bool) -> bytes:
        """The bytes of the image."""
        image = bytearray(self.file_size)
        for segment in self.segments:
            for section in segment.sections:
                if section.data is not None:
                    image[section.offset : section.offset + section.size] = section.data
        pending = relocate.apply(image, self.parts, self.meanings, self.needs, self.got, self.stubs)
        relocations, relative_count = dynamic.relocation_table(pending)
        place = self.table.place
        assert isinstance(place, Section)
        symbols = dynamic.symbol_table(
            self.needs.imports, self.exported, place.address + self.table.value, self.table.size, self.strings
        )
        _fill(image, self.hash, dynamic.hash_table(len(self.needs.imports) + 2))
        _fill(image, self.symbols, symbols)
        _fill(image, self.names, self.strings.data)
        _fill(image, self.relocations, relocations)
        _fill(image, self.dynamic, dynamic.dynamic_section(self._dynamic_rows(len(relocations), relative_count)))
        if self.unwind_index is not None:
            tables = self.unwind_tables if self.unwind_index_complete else None
            unwind.write_index(image, self.unwind_index, tables, self.unwind_tables[0][0].address)
        tools = None
        if debug:
            unwind_sections = [section for section in self.constants.sections if layout.is_unwind_table(section)]
            tools = SectionTable(self.file_size, self.parts, self.code.sections, unwind_sections, self.unwind_index)
            image += bytes(tools.offset - self.file_size) + tools.data
        _fill(image, self.header, self._headers(tools))
        return bytes(image)

    def _dynamic_rows(self, relocation_size: int, relative_count: int) -> list[tuple[int, int]]:
        rows = [(elf.DT_NEEDED, name) for name in self.needed]
        rows += [
            (elf.DT_HASH, self.hash.address),
            (elf.DT_STRTAB, self.names.address),
            (elf.DT_SYMTAB, self.symbols.address),
            (elf.DT_STRSZ, self.names.size),
            (elf.DT_SYMENT, elf.SYMBOL.size),
            (elf.DT_RELA, self.relocations.address),
            (elf.DT_RELASZ, relocation_size),
            (elf.DT_RELAENT, elf.RELA.size),
            (elf.DT_RELACOUNT, relative_count),
            (elf.DT_FLAGS, elf.DF_BIND_NOW),
            (elf.DT_FLAGS_1, elf.DF_1_NOW | elf.DF_1_NODELETE),
        ]
        return [(tag, value & 0xFFFF_FFFF_FFFF_FFFF) for tag, value in rows]

    def _headers(self, tools: SectionTable | None) -> bytes:
        ident = elf.MAGIC + bytes((elf.CLASS_64, elf.LITTLE_ENDIAN, elf.VERSION_1))
        relro = self.relro
        rows = [
            (elf.PT_LOAD, s.flags, s.offset, s.address, s.address, s.file_size, s.memory_size, elf.PAGE)
            for s in self.loaded
        ]
        rows.append(_program_header(elf.PT_DYNAMIC, relro.flags, self.dynamic))
        # The loader protects whole pages, and rounds the end down: the segment has its last page to itself.
        protected = elf.aligned(relro.address + relro.memory_size, elf.PAGE) - relro.address
        rows.append(
            (elf.PT_GNU_RELRO, elf.PF_R, relro.offset, relro.address, relro.address, relro.file_size, protected, 1)
        )
        rows.append((elf.PT_GNU_STACK, elf.PF_R | elf.PF_W, 0, 0, 0, 0, 0, 16))
        if self.unwind_index is not None:
            rows.append(_program_header(elf.PT_GNU_EH_FRAME, elf.PF_R, self.unwind_index))
        assert len(rows) == self.program_header_count
        sections = (0, 0, 0) if tools is None else (tools.headers, tools.count, tools.count - 1)
        head = elf.FILE_HEADER.pack(
            ident,
            elf.ET_DYN,
            elf.EM_X86_64,
            elf.VERSION_1,
            0,  # no entry point
            elf.FILE_HEADER.size,  # the program headers follow at once
            sections[0],
            0,
            elf.FILE_HEADER.size,
            elf.PROGRAM_HEADER.size,
            len(rows),
            elf.SECTION_HEADER.size,
            *sections[1:],
        )
        return head + b"".join([elf.PROGRAM_HEADER.pack(*row) for row in rows])


def _program_header(kind: int, flags: int, section: Section) -> tuple[int, int, int, int, int, int, int, int]:
    address, size = section.address, section.size
    return kind, flags, section.offset, address, address, size, size, section.align


def _added(name: str, flags: int, size: int, align: int = 8) -> Section:
    return Section(name, flags, align, size, bytes(size))


def _resize(section: Section, size: int) -> None:
    section.size, section.data = size, bytes(size)


def _fill(image: bytearray, section: Section, contents: bytes | bytearray) -> None:
    assert len(contents) <= section.size
    image[section.offset : section.offset + len(contents)] = contents
