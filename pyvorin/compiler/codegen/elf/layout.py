"""Give every section of the image an address and a place in the file.

The image has up to five loadable segments, each with its own protection, so that no page is ever both writable and
executable:

    headers, dynamic tables, constants, unwind tables     r
    code, call stubs                                       r x
    what only the loader writes (GOT, relocated constants) r w, read-only after relocation (RELRO)
    data, then zeroed data                                 r w

In the file the segments follow each other without padding: a page on a border is mapped twice, once per protection.
Hence addresses and file offsets differ, but are equal modulo the page size, as `mmap` demands.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.format import LinkError
from pyvorin.compiler.codegen.elf.relocatable import Section


class Segment:
    """A run of sections of one protection.  Sections without contents must come last."""

    __slots__ = ("address", "file_size", "flags", "memory_size", "offset", "sections")

    def __init__(self, flags: int, sections: list[Section]) -> None:
        self.flags = flags
        self.sections = sections
        self.address = self.offset = self.file_size = self.memory_size = -1


class Kinds:
    """The sections of all objects, sorted by where in the image they go; input order is kept within a kind."""

    __slots__ = ("code", "constants", "data", "relocated_constants", "unwind", "zeroed")

    def __init__(self, sections: Iterable[Section]) -> None:
        self.constants: list[Section] = []
        self.unwind: list[Section] = []
        self.code: list[Section] = []
        self.relocated_constants: list[Section] = []
        self.data: list[Section] = []
        self.zeroed: list[Section] = []
        for section in sections:
            self._kind(section).append(section)

    def _kind(self, section: Section) -> list[Section]:
        if section.flags & elf.SHF_EXECINSTR:
            return self.code
        if not section.flags & elf.SHF_WRITE:
            return self.unwind if is_unwind_table(section) else self.constants
        if section.data is None:
            return self.zeroed
        return self.relocated_constants if section.name.startswith(".data.rel.ro") else self.data


def is_unwind_table(section: Section) -> bool:
    """Is `section` one of those that must lie next to each other (unwind.py)?"""
    return section.name == ".eh_frame" and not section.flags & elf.SHF_WRITE


def place(segments: Iterable[Segment]) -> int:
    """Set address and offset of every segment and section; return the size of the file in bytes.

    Raises LinkError when the image would be larger than small-model code can reach.
    """
    offset = address = 0
    for segment in segments:
        # The first page of a segment in memory is the page of the file where the last one ended.
        address = elf.aligned(address, elf.PAGE) + offset % elf.PAGE
        segment.address, segment.offset = address, offset
        shift = address - offset
        for section in segment.sections:
            address = elf.aligned(address, section.align)
            section.address, section.offset = address, address - shift
            address += section.size
            if section.data is not None:
                offset = address - shift
        segment.file_size = offset - segment.offset
        segment.memory_size = address - segment.address
        if address > elf.IMAGE_LIMIT:
            raise LinkError(f"the image needs {address} bytes, more than code can reach")
    return offset
