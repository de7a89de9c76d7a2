"""Linked images, loaded and run: what the objects mean must be what the image does."""

from __future__ import annotations

import ctypes
import math
from pathlib import Path

import pytest

from pyvorin.compiler.codegen.elf import format as elf
from pyvorin.compiler.codegen.elf.reading import Reader
from pyvorin.compiler.codegen.link import LinkError, UnsupportedObject, link, link_shared
from tests.codegen import samples
from tests.codegen.loading import FLOAT, INT, OBJECT, compile_at, emit_static, load
from tests.codegen.patching import sections, set_symbol

SPEEDS = (0, 1, 2, 3, "quick")


@pytest.mark.parametrize("speed", SPEEDS)
def test_objects_share_functions_and_data(tmp_path: Path, speed: int | str) -> None:
    objects = [compile_at(text, speed) for text in (samples.COUNTER, samples.TWICE)]
    image = load(tmp_path, objects, ["bump", "read_count", "address_of_count", "count", "pointers"])
    bump, read_count = image.function(0, INT, INT), image.function(1, INT)
    assert bump(2) == 2 * 42 + 1
    assert bump(-2) == 2 * 40 + 2
    assert read_count() == 40 + 40
    assert image.function(2, ctypes.c_size_t)() == image.addresses[3]
    assert image.words(3, 1) == [40]
    count, float_type, function, before_count = image.words(4, 4)
    assert count == image.addresses[3]
    assert before_count == count - 8
    assert float_type == id(float)
    assert function == image.addresses[0]


@pytest.mark.parametrize("speed", SPEEDS)
def test_interpreter_is_reached(tmp_path: Path, speed: int | str) -> None:
    objects = [compile_at(text, speed) for text in (samples.TWICE, samples.COUNTER)]
    image = load(tmp_path, objects, ["boxed", "is_float"])
    assert image.function(0, OBJECT, FLOAT)(2.5) == 2.6
    is_float = image.function(1, ctypes.c_bool, OBJECT)
    assert is_float(1.5)
    assert not is_float(1)


@pytest.mark.parametrize("speed", SPEEDS)
def test_jump_tables(tmp_path: Path, speed: int | str) -> None:
    image = load(tmp_path, [compile_at(samples.SWITCH, speed)], ["choose"])
    choose = image.function(0, INT, INT)
    assert [choose(n) for n in (0, 1, 2, 3, 4, 5, -1)] == [8, 19, 20, 9 + 111, 4 + 1111, -1, -1]


@pytest.mark.parametrize("speed", SPEEDS)
def test_constants_and_library_calls(tmp_path: Path, speed: int | str) -> None:
    image = load(tmp_path, [compile_at(samples.CONSTANTS, speed)], ["poly", "at", "fill"])
    x = 1.7
    assert image.function(0, FLOAT, FLOAT)(x) == math.hypot(x * math.pi + math.e, 3.0)
    assert [image.function(1, FLOAT, INT)(i) for i in range(6)] == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]
    room = ctypes.create_string_buffer(14)
    image.function(2, None, ctypes.c_char_p, INT)(ctypes.cast(room, ctypes.c_char_p), 13)
    assert room.raw == b"native code\0\7\0"


def test_local_names_stay_local(tmp_path: Path) -> None:
    template = """
    @state = internal global i64 {value}
    define internal i64 @read() noinline {{
      %v = load volatile i64, ptr @state
      ret i64 %v
    }}
    define i64 @{name}() {{
      %v = call i64 @read()
      ret i64 %v
    }}
    """
    objects = [compile_at(template.format(value=n, name=f"f{n}")) for n in range(5)]
    image = load(tmp_path, objects, [f"f{n}" for n in range(5)])
    assert [image.function(n, INT)() for n in range(5)] == [0, 1, 2, 3, 4]


def test_address_arithmetic_wraps(tmp_path: Path) -> None:
    text = "@word = global i64 1\n@far = global ptr getelementptr (i8, ptr @word, i64 9223372036854775807)"
    image = load(tmp_path, [compile_at(text)], ["word", "far"])
    assert image.words(1, 1)[0] % 2**64 == image.addresses[0] + 2**63 - 1


def test_weak_definition_gives_way(tmp_path: Path) -> None:
    weak = compile_at("define weak i64 @f() { ret i64 1 }\n define i64 @g() { %v = call i64 @f()\n ret i64 %v }")
    strong = compile_at("define i64 @f() { ret i64 2 }")
    for objects in ([weak, strong], [strong, weak]):
        image = load(tmp_path, objects, ["f", "g"])
        assert image.function(0, INT)() == image.function(1, INT)() == 2
    image = load(tmp_path, [weak], ["g"])
    assert image.function(0, INT)() == 1


def test_absent_weak_import_is_null(tmp_path: Path) -> None:
    text = """
    @pyvorin_no_such_symbol = extern_weak global i8
    define i1 @absent() {
      %null = icmp eq ptr @pyvorin_no_such_symbol, null
      ret i1 %null
    }
    """
    image = load(tmp_path, [compile_at(text)], ["absent"])
    assert image.function(0, ctypes.c_bool)()


def test_absolute_symbols(tmp_path: Path) -> None:
    """An address that is a number is not moved with the image."""
    data = compile_at("@number = global i64 7\n@pointer = global ptr getelementptr (i8, ptr @number, i64 4)")
    data = set_symbol(data, "number", section=elf.SHN_ABS, value=0x1234)
    image = load(tmp_path, [data], ["number", "pointer"])
    assert image.addresses[0] == 0x1234
    assert image.words(1, 1) == [0x1238]


def test_absolute_symbol_relative_to_code_is_refused() -> None:
    data = compile_at("@number = hidden global i64 7\ndefine i64 @f() { %v = load i64, ptr @number\n ret i64 %v }")
    data = set_symbol(data, "number", section=elf.SHN_ABS, value=0x1234)
    with pytest.raises(LinkError, match=r"\.text refers to 'number', which has no address"):
        link_shared([data], table=["f"])


def test_symbol_in_a_section_that_is_not_loaded() -> None:
    data = compile_at("@number = hidden global i64 7\ndefine i64 @f() { %v = load i64, ptr @number\n ret i64 %v }")
    comment = next(index for index, row in enumerate(sections(data)) if row[1] and not row[2] & elf.SHF_ALLOC)
    data = set_symbol(data, "number", section=comment, value=0)
    with pytest.raises(LinkError, match="'number', which has no address"):
        link_shared([data], table=["f"])


def test_names_beyond_ascii(tmp_path: Path) -> None:
    name = "größe.<locals>.f\u4e2d"
    quoted = "".join(chr(byte) if byte < 128 else f"\\{byte:02x}" for byte in name.encode())
    image = load(tmp_path, [compile_at(f'define i64 @"{quoted}"() {{ ret i64 3 }}')], [name])
    assert image.function(0, INT)() == 3


def test_data_without_code_and_code_without_data(tmp_path: Path) -> None:
    zeros = compile_at("@zeros = global [5000 x i64] zeroinitializer")
    words = compile_at("@words = global [2 x i64] [i64 1, i64 2]")
    code = compile_at("define i64 @f() { ret i64 9 }")
    assert not any(load(tmp_path, [zeros], ["zeros"]).words(0, 5000))
    assert load(tmp_path, [words], ["words"]).words(0, 2) == [1, 2]
    assert load(tmp_path, [code], ["f"]).function(0, INT)() == 9
    assert load(tmp_path, [], []).addresses == []


def test_alignment_is_kept(tmp_path: Path) -> None:
    objects = [
        compile_at(f'@a{n} = global [3 x i8] c"abc", align {2**n}\n@z{n} = global i8 0, align {2**n}')
        for n in range(13)
    ]
    names = [f"{kind}{n}" for n in range(13) for kind in "az"]
    image = load(tmp_path, objects, names)
    for name, address in zip(names, image.addresses, strict=True):
        assert address % 2 ** int(name[1:]) == 0, name


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_common_symbols_become_one(order: tuple[int, int], tmp_path: Path) -> None:
    """The largest size and the strictest alignment count, wherever they stand."""
    small = (
        "@c = common global [1 x i64] zeroinitializer, align 64\n@d = common global [1 x i64] zeroinitializer, align 8"
    )
    large = (
        "@c = common global [900 x i64] zeroinitializer, align 8\n@e = common global [1 x i64] zeroinitializer, align 8"
    )
    objects = [compile_at(text) for text in (small, large)]
    first, *others = load(tmp_path, [objects[index] for index in order], ["c", "d", "e"]).addresses
    assert first % 64 == 0
    assert all(not first - 8 < other < first + 7200 for other in others)


def test_definition_wins_over_common(tmp_path: Path) -> None:
    objects = [
        compile_at(f"@c = {kind}, align 8") for kind in ("common global i64 0", "global i64 5", "weak global i64 6")
    ]
    assert load(tmp_path, objects, ["c"]).words(0, 1) == [5]
    assert load(tmp_path, [objects[2], objects[0]], ["c"]).words(0, 1) == [0]


def test_many_objects(tmp_path: Path) -> None:
    """Each function calls the one in the next object."""
    count = 60
    texts = [f"declare i64 @f{n + 1}(i64)\ndefine i64 @f{n}(i64 %x) {{\n %y = add i64 %x, {n}\n"
             f" %z = call i64 @f{n + 1}(i64 %y)\n ret i64 %z\n}}" for n in range(count)]  # fmt: skip
    texts.append(f"define i64 @f{count}(i64 %x) {{ ret i64 %x }}")
    image = load(tmp_path, [compile_at(text, 1) for text in texts], ["f0"])
    assert image.function(0, INT, INT)(5) == 5 + sum(range(count))


def test_equal_objects_give_equal_bytes() -> None:
    objects = [compile_at(text) for text in (samples.COUNTER, samples.TWICE, samples.SWITCH.replace("@calls", "@c2"))]
    first = link_shared(objects, table=["bump", "twice"])
    assert link_shared(objects, table=["bump", "twice"]) == first
    assert link_shared(list(map(bytes, map(bytearray, objects))), table=["bump", "twice"]) == first
    assert link_shared(objects[::-1], table=["bump", "twice"]) != first


def test_what_was_read_of_an_object_is_used_again() -> None:
    objects = [compile_at(text) for text in (samples.COUNTER, samples.TWICE, samples.SWITCH.replace("@calls", "@c2"))]
    others = [compile_at("define i64 @other() { ret i64 1 }"), *objects[::-1]]
    reader = Reader()
    for now, table in (
        (objects, ["bump"]),
        (others, ["other", "bump"]),
        (objects[:2], ["twice"]),
        (objects, ["twice"]),
    ):
        assert link_shared(now, table=table, reader=reader) == link_shared(now, table=table)
    # The first two have symbols that the next link gives another place.
    once, again = (reader.read(objects[2:]) for _ in range(2))
    assert list(map(id, again)) == list(map(id, once))


def test_objects_with_common_symbols_are_read_anew() -> None:
    objects = [compile_at("@room = common global i64 0\ndefine ptr @f() { ret ptr @room }")]
    reader = Reader()
    first = link_shared(objects, table=["f"], reader=reader)
    assert link_shared(objects, table=["f"], reader=reader) == first


def test_two_definitions_name_both_objects() -> None:
    objects = [compile_at(f"define i64 @{name}() {{ ret i64 1 }}") for name in ("f", "g", "f")]
    with pytest.raises(LinkError, match="'f' is defined twice: in object 0 and in object 2"):
        link_shared(objects, table=["f"])


def test_table_without_definition() -> None:
    with pytest.raises(LinkError, match="the table names 'h', which no object defines"):
        link_shared([compile_at("define i64 @f() { ret i64 1 }")], table=["f", "h"])


def test_object_may_not_define_the_table() -> None:
    with pytest.raises(LinkError, match="'pyvorin_table' is defined twice"):
        link_shared([compile_at("@pyvorin_table = global i64 1")], table=[])


def test_hidden_name_must_be_defined() -> None:
    text = "declare hidden i64 @g()\ndefine i64 @f() { %v = call i64 @g()\n ret i64 %v }"
    with pytest.raises(LinkError, match="'g' is hidden, and no object defines it"):
        link_shared([compile_at(text)], table=["f"])


THREAD_LOCAL = "@state = thread_local global i64 1\ndefine i64 @f() { %v = load i64, ptr @state\n ret i64 %v }"
CONSTRUCTOR = (
    "@llvm.global_ctors = appending global [1 x {i32, ptr, ptr}] [{i32, ptr, ptr} {i32 65535, ptr @f, ptr null}]\n"
    "define void @f() { store volatile i64 1, ptr null\n ret void }"
)
COMDAT = "$f = comdat any\ndefine weak_odr i64 @f() comdat { %x = load volatile i64, ptr null\n ret i64 %x }"
EXTERNAL_THREAD_LOCAL = THREAD_LOCAL.replace("thread_local global i64 1", "external thread_local global i64")
IFUNC = "@f = ifunc i64 (), ptr @g\ndefine internal ptr @g() { ret ptr null }"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (THREAD_LOCAL, "thread-local data"),
        (EXTERNAL_THREAD_LOCAL, "of binding 1 and type 6"),
        (CONSTRUCTOR, "constructors or destructors in"),
        (COMDAT, "COMDAT"),
        (IFUNC, "type 10"),
    ],
    ids=["thread-local", "external-thread-local", "constructor", "comdat", "ifunc"],
)
def test_refused_features(text: str, reason: str) -> None:
    with pytest.raises(UnsupportedObject, match=reason):
        link_shared([compile_at(text)], table=["f"])


def test_position_dependent_code_is_refused() -> None:
    text = """
    @data = dso_local global [9 x i64] zeroinitializer
    define ptr @f(i64 %i) {
      %p = getelementptr i64, ptr @data, i64 %i
      ret ptr %p
    }
    """
    with pytest.raises(UnsupportedObject, match=r"relocation R_X86_64_32S? in \.text"):
        link_shared([emit_static(text)], table=["f"])


def test_pointers_in_constants_are_refused() -> None:
    """A read-only section would have to be written to by the loader (a text relocation)."""
    text = "@pointer = dso_local constant ptr @f\ndefine dso_local i64 @f() { ret i64 1 }"
    with pytest.raises(UnsupportedObject, match=r"a pointer in \.rodata, which is not writable"):
        link_shared([emit_static(text)], table=["f"])


def test_link_falls_back_only_for_what_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def system(objects: object, **_: object) -> bytes:
        calls.append(objects)
        return b"linked"

    monkeypatch.setattr("pyvorin.compiler.codegen.system_link.link_with_system", system)
    monkeypatch.setattr("pyvorin.compiler.codegen.system_link.find_linker", lambda: ["ld"])
    assert link([compile_at(THREAD_LOCAL)], table=["f"]) == b"linked"
    with pytest.raises(LinkError, match="not a 64-bit"):
        link([bytes(100)], table=["f"])
    monkeypatch.setattr("pyvorin.compiler.codegen.system_link.find_linker", lambda: None)
    with pytest.raises(UnsupportedObject, match="thread-local"):
        link([compile_at(THREAD_LOCAL)], table=["f"])
    assert len(calls) == 1
