"""The form of a linked image: what the loader, debuggers and hardened systems demand of it."""

from __future__ import annotations

from struct import iter_unpack, unpack_from

import pytest

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.link import link_shared
from tests.codegen import samples
from tests.codegen.loading import compile_at

TABLE = ["bump", "twice", "choose", "poly"]


@pytest.fixture(scope="module")
def image() -> bytes:
    texts = (samples.COUNTER, samples.TWICE, samples.SWITCH, samples.CONSTANTS)
    return link_shared([compile_at(text) for text in texts], table=TABLE)


def program_headers(image: bytes, kind: int) -> list[tuple[int, ...]]:
    """(flags, offset, address, file size, memory size, align) of the program headers of one kind."""
    count = unpack_from("<H", image, 56)[0]
    rows = elf.PROGRAM_HEADER.iter_unpack(image[64 : 64 + 56 * count])
    return [(flags, offset, address, *rest) for type_, flags, offset, address, _, *rest in rows if type_ == kind]


def contents(image: bytes, address: int, size: int) -> bytes:
    for _, offset, start, file_size, _, _ in program_headers(image, elf.PT_LOAD):
        if start <= address and address + size <= start + file_size:
            return image[offset + address - start :][:size]
    raise AssertionError(f"{address:#x} is not in the file")


def dynamic(image: bytes) -> dict[int, int]:
    _, offset, _, size, _, _ = program_headers(image, elf.PT_DYNAMIC)[0]
    rows = list(elf.DYNAMIC.iter_unpack(image[offset : offset + size]))
    assert rows[-1] == (elf.DT_NULL, 0)
    return dict(rows[:-1])


def symbols(image: bytes) -> list[tuple[str, int, int, int]]:
    """(name, binding, section number, value) of the dynamic symbols."""
    tags = dynamic(image)
    names = contents(image, tags[elf.DT_STRTAB], tags[elf.DT_STRSZ])
    count = unpack_from("<II", contents(image, tags[elf.DT_HASH], 8))[1]
    rows = elf.SYMBOL.iter_unpack(contents(image, tags[elf.DT_SYMTAB], 24 * count))
    return [(names[n : names.index(0, n)].decode(), info >> 4, number, value) for n, info, _, number, value, _ in rows]


def test_only_the_table_is_exported(image: bytes) -> None:
    defined = [name for name, _, number, _ in symbols(image) if number != elf.SHN_UNDEF]
    assert defined == ["pyvorin_table"]


def test_imports_are_what_the_objects_leave_open(image: bytes) -> None:
    imported = {name for name, _, number, _ in symbols(image) if number == elf.SHN_UNDEF and name}
    expected = {"PyFloat_Type", "PyFloat_FromDouble", "PyErr_CheckSignals", "hypot", "memcpy", "memset"}
    assert expected - {"memcpy"} <= imported <= expected


def test_no_memory_is_writable_and_executable(image: bytes) -> None:
    protections = [row[0] for row in program_headers(image, elf.PT_LOAD)]
    assert protections == [elf.PF_R, elf.PF_R | elf.PF_X, elf.PF_R | elf.PF_W, elf.PF_R | elf.PF_W]
    ((stack, *_),) = program_headers(image, elf.PT_GNU_STACK)
    assert not stack & elf.PF_X


def test_segments_can_be_mapped(image: bytes) -> None:
    previous = 0
    for _, offset, address, file_size, memory_size, align in program_headers(image, elf.PT_LOAD):
        assert align == elf.PAGE
        assert offset % elf.PAGE == address % elf.PAGE
        assert address // elf.PAGE >= -(-previous // elf.PAGE)  # no page has two protections
        assert file_size <= memory_size
        assert offset + file_size <= len(image)
        previous = address + memory_size


def test_relocations_touch_only_writable_memory(image: bytes) -> None:
    tags = dynamic(image)
    writable = [
        range(address, address + size)
        for flags, _, address, _, size, _ in program_headers(image, elf.PT_LOAD)
        if flags & elf.PF_W
    ]
    rows = list(iter_unpack("<QIIq", contents(image, tags[elf.DT_RELA], tags[elf.DT_RELASZ])))
    assert rows
    for where, _, _, _ in rows:
        assert any(where in area and where + 7 in area for area in writable)
    kinds = [kind for _, kind, _, _ in rows]
    relative = tags[elf.DT_RELACOUNT]
    assert kinds[:relative] == [elf.R_RELATIVE] * relative
    assert set(kinds[relative:]) == {elf.R_GLOB_DAT, elf.R_64}


def test_read_only_after_relocation_covers_table_got_and_dynamic(image: bytes) -> None:
    ((_, _, start, _, size, _),) = program_headers(image, elf.PT_GNU_RELRO)
    assert (start + size) % elf.PAGE == 0
    protected = range(start, start + size)
    tags = dynamic(image)
    ((_, _, dynamic_address, _, _, _),) = program_headers(image, elf.PT_DYNAMIC)
    table = next(value for name, _, _, value in symbols(image) if name == "pyvorin_table")
    assert dynamic_address in protected
    assert table in protected
    for where, kind, _, _ in iter_unpack("<QIIq", contents(image, tags[elf.DT_RELA], tags[elf.DT_RELASZ])):
        assert kind != elf.R_GLOB_DAT or where in protected


def test_bound_at_load_and_never_unmapped(image: bytes) -> None:
    tags = dynamic(image)
    assert tags[elf.DT_FLAGS] == elf.DF_BIND_NOW
    assert tags[elf.DT_FLAGS_1] == elf.DF_1_NOW | elf.DF_1_NODELETE
    assert contents(image, tags[elf.DT_STRTAB] + tags[elf.DT_NEEDED], 10) == b"libm.so.6\0"


def test_unwind_index_is_sorted_and_complete(image: bytes) -> None:
    """Every FDE has its entry, with the code address that it covers, and the tables end in one terminator."""
    ((_, offset, address, size, _, _),) = program_headers(image, elf.PT_GNU_EH_FRAME)
    version, table_form, count_form, index_form, first, count = unpack_from("<BBBBiI", image, offset)
    assert (version, table_form, count_form, index_form) == (1, 0x1B, 0x03, 0x3B)
    rows = list(iter_unpack("<ii", image[offset + 12 : offset + size]))
    assert rows == sorted(rows)
    assert len(rows) == count
    shift = address - offset
    position = offset + 4 + first
    found = []
    while length := unpack_from("<I", image, position)[0]:
        if unpack_from("<I", image, position + 4)[0]:
            start = position + 8 + unpack_from("<i", image, position + 8)[0]
            found.append((start + shift - address, position + shift - address))
        position += 4 + length
    assert sorted(found) == rows
    code = program_headers(image, elf.PT_LOAD)[1]
    assert len(found) >= 3
    for start, _ in found:
        assert code[2] <= start + address < code[2] + code[3]


def test_small_image_is_small() -> None:
    assert len(link_shared([compile_at("define i64 @f() { ret i64 1 }")], table=["f"])) < 1200


def test_own_symbols_are_addressed_without_a_load() -> None:
    """`mov symbol@GOTPCREL(%rip)` becomes `lea`: no GOT slot, so no dynamic relocation but the table's."""
    users = compile_at("@count = external global i64\ndefine i64 @f() { %v = load i64, ptr @count\n ret i64 %v }")
    owner = compile_at("@count = global i64 3")
    tags = dynamic(link_shared([users, owner], table=["f"]))
    assert tags[elf.DT_RELASZ] == elf.RELA.size


def test_import_is_weak_only_if_every_object_can_do_without() -> None:
    text = "@absent = KIND global i8\ndefine ptr @NAME() { ret ptr @absent }"
    weak = compile_at(text.replace("KIND", "extern_weak").replace("NAME", "f"))
    strong = compile_at(text.replace("KIND", "external").replace("NAME", "g"))
    for objects, binding in (
        ([weak], elf.STB_WEAK),
        ([weak, strong], elf.STB_GLOBAL),
        ([strong, weak], elf.STB_GLOBAL),
    ):
        image = link_shared(objects, table=["f"] if objects[0] is weak else ["g"])
        assert [row[1] for row in symbols(image) if row[0] == "absent"] == [binding]


def test_imports_are_numbered_once() -> None:
    """Two objects, a GOT slot, a stub and a pointer for one name: one import."""
    text = (
        "@KINDp = global ptr @exp\ndeclare double @exp(double) nobuiltin\ndefine double @KIND(double %x) {{\n{body}}}"
    )
    call = compile_at(text.replace("KIND", "a").format(body=" %r = call double @exp(double %x)\n ret double %r\n"))
    address = compile_at(
        text.replace("KIND", "b").format(
            body=" %p = load volatile ptr, ptr @bp\n %r = call double %p(double %x)\n ret double %r\n"
        )
    )
    image = link_shared([call, address], table=["a", "b"])
    assert [row[0] for row in symbols(image)] == ["", "exp", "pyvorin_table"]
    assert image.count(b"\0exp\0") == 1


def test_debug_image_has_the_same_loaded_parts(image: bytes) -> None:
    texts = (samples.COUNTER, samples.TWICE, samples.SWITCH, samples.CONSTANTS)
    debug = link_shared([compile_at(text) for text in texts], table=TABLE, debug=True)
    assert debug[64 : len(image)] == image[64:]
    assert len(debug) > len(image)


def test_debug_image_names_functions() -> None:
    """Through the section headers, as a debugger reads them: .symtab, its strings, and the code it points into."""
    objects = [compile_at(samples.COUNTER), compile_at(samples.TWICE)]
    image = link_shared(objects, table=["bump"], debug=True)
    start, count, names_number = unpack_from("<Q", image, 40)[0], *unpack_from("<HH", image, 60)
    rows = list(elf.SECTION_HEADER.iter_unpack(image[start : start + 64 * count]))
    names = image[rows[names_number][4] :][: rows[names_number][5]]
    named = {names[row[0] : names.index(0, row[0])].decode(): row for row in rows}
    assert list(named) == ["", ".text", ".eh_frame_hdr", ".eh_frame", ".symtab", ".strtab", ".shstrtab"]
    text, table = named[".text"], named[".symtab"]
    strings = image[rows[table[6]][4] :][: rows[table[6]][5]]
    functions = {
        strings[name : strings.index(0, name)].decode(): (number, value)
        for name, _, _, number, value, _ in elf.SYMBOL.iter_unpack(image[table[4] : table[4] + table[5]])
    }
    expected = {"", "bump", "boxed", "is_float", "twice", "read_count", "address_of_count"}
    assert set(functions) == expected
    assert all(text[3] <= value < text[3] + text[5] for _, value in list(functions.values())[1:])
    tags = dynamic(image)
    pointers = iter_unpack("<QIIq", contents(image, tags[elf.DT_RELA], tags[elf.DT_RELASZ]))
    assert functions["bump"][1] in {value for _, kind, _, value in pointers if kind == elf.R_RELATIVE}
    assert image[named[".eh_frame"][4] :][: named[".eh_frame"][5]].endswith(bytes(4))
