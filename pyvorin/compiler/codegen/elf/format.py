"""Names and record forms of ELF64 for x86-64, and the two errors of the linker.

Numbers are those of the System V ABI (gABI chapters 4 and 5) and of its AMD64 supplement (chapter 4.4, relocations).
Only what the linker reads or writes is named.
"""

from __future__ import annotations

from struct import Struct


class LinkError(Exception):
    """The objects cannot be linked: damaged, contradictory, or referring to what is not there."""


class UnsupportedObject(LinkError):
    """The objects may well be right, but use a feature that this linker leaves to the system's linker."""


PAGE = 0x1000
# Small-model code reaches its data with signed 32-bit offsets, so a larger image could not be relocated anyway.
IMAGE_LIMIT = 1 << 31

MAGIC = b"\x7fELF"
CLASS_64, LITTLE_ENDIAN, VERSION_1 = 2, 1, 1
ET_REL, ET_DYN = 1, 3
EM_X86_64 = 62

FILE_HEADER = Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = Struct("<IIQQQQQQ")
SECTION_HEADER = Struct("<IIQQQQIIQQ")
SYMBOL = Struct("<IBBHQQ")
RELA = Struct("<QQq")
DYNAMIC = Struct("<QQ")

SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = 1, 2, 3, 4, 7, 8, 9
SHT_INIT_ARRAY, SHT_FINI_ARRAY, SHT_PREINIT_ARRAY, SHT_GROUP = 14, 15, 16, 17
SHT_X86_64_UNWIND = 0x7000_0001

SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_COMPRESSED = 0x1, 0x2, 0x4, 0x400, 0x800

SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_COMMON = 0, 0xFF00, 0xFFF1, 0xFFF2

STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE, STT_COMMON = 0, 1, 2, 3, 4, 5
STV_DEFAULT, STV_INTERNAL, STV_HIDDEN = 0, 1, 2

R_NONE, R_64, R_PC32, R_PLT32, R_GLOB_DAT, R_RELATIVE = 0, 1, 2, 4, 6, 8
R_GOTPCREL, R_PC64, R_GOTPCRELX, R_REX_GOTPCRELX = 9, 24, 41, 42

# What we refuse, by name, so that the message can be understood without a table of numbers.
REFUSED_RELOCATIONS = {
    3: "R_X86_64_GOT32",
    5: "R_X86_64_COPY",
    7: "R_X86_64_JUMP_SLOT",
    10: "R_X86_64_32",
    11: "R_X86_64_32S",
    12: "R_X86_64_16",
    13: "R_X86_64_PC16",
    14: "R_X86_64_8",
    15: "R_X86_64_PC8",
    16: "R_X86_64_DTPMOD64",
    17: "R_X86_64_DTPOFF64",
    18: "R_X86_64_TPOFF64",
    19: "R_X86_64_TLSGD",
    20: "R_X86_64_TLSLD",
    21: "R_X86_64_DTPOFF32",
    22: "R_X86_64_GOTTPOFF",
    23: "R_X86_64_TPOFF32",
    25: "R_X86_64_GOTOFF64",
    26: "R_X86_64_GOTPC32",
    27: "R_X86_64_GOT64",
    28: "R_X86_64_GOTPCREL64",
    29: "R_X86_64_GOTPC64",
    31: "R_X86_64_PLTOFF64",
    32: "R_X86_64_SIZE32",
    33: "R_X86_64_SIZE64",
    34: "R_X86_64_GOTPC32_TLSDESC",
    35: "R_X86_64_TLSDESC_CALL",
    36: "R_X86_64_TLSDESC",
    37: "R_X86_64_IRELATIVE",
}

PT_LOAD, PT_DYNAMIC = 1, 2
PT_GNU_EH_FRAME, PT_GNU_STACK, PT_GNU_RELRO = 0x6474_E550, 0x6474_E551, 0x6474_E552
PF_X, PF_W, PF_R = 1, 2, 4

DT_NULL, DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ, DT_RELAENT = 0, 1, 4, 5, 6, 7, 8, 9
DT_STRSZ, DT_SYMENT, DT_FLAGS, DT_RELACOUNT, DT_FLAGS_1 = 10, 11, 30, 0x6FFF_FFF9, 0x6FFF_FFFB
DF_BIND_NOW = 0x8
DF_1_NOW, DF_1_NODELETE = 0x1, 0x8


def aligned(value: int, alignment: int) -> int:
    """The least multiple of `alignment` (a power of two) that is not below `value`."""
    return (value + alignment - 1) & -alignment
