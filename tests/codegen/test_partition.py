"""Modules that are divided: the parts are the same wherever they come from, and what is linked of them does the same."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from pyvorin.compiler.codegen.elf import bundle
from pyvorin.compiler.codegen.link import LinkError
from pyvorin.compiler.codegen.partition import LARGE, divide
from tests.codegen.loading import INT, compile_at, load


def module(*, slot: int, counter: int, point: int, number: int, group: str = "group") -> str:
    """A group whose entry calls a large function: it reads a slot, counts one of two exits, and makes a point pending."""
    filling = "\n".join(f"  %f{i} = add i64 %f{i - 1}, 1" for i in range(1, LARGE + 1))
    return f"""
declare i64 @llvm.smax.i64(i64, i64)
@PyFloat_Type = external global i8
@slots = internal global [8 x ptr] [{", ".join(f"ptr inttoptr (i64 {100 * i} to ptr)" for i in range(8))}], align 16
@counters = internal global [64 x i64] zeroinitializer, align 16
@{group} = global {{ ptr, ptr, ptr }} {{ ptr @entry, ptr @counters, ptr @pv_pending_point }}
@pv_pending_point = internal global i64 0
@"codes.O" = internal constant [1 x i8] c"O"
define internal i8 @pv_pend(ptr %values, i64 %point) noinline cold nounwind {{
  store i64 %point, ptr @pv_pending_point
  ret i8 3
}}
define internal i64 @pv_twice(i64 %n) alwaysinline nounwind {{
  %r = mul i64 %n, 2
  ret i64 %r
}}
define internal i64 @pv_small(i64 %n) nounwind {{
  %r = add i64 %n, 7
  ret i64 %r
}}
define internal fastcc {{ i64, i8 }} @"C.method.{number}"(i64 %n, {{ i64, i64 }} %pair, i64 %depth) nounwind {{
entry:
  %s.at = getelementptr ptr, ptr @slots, i64 {slot}
  %s = load i64, ptr %s.at
  %low = icmp slt i64 %n, 0
  br i1 %low, label %exit, label %ok
ok:
  %high = icmp sgt i64 %n, 1000
  br i1 %high, label %exit, label %fine
exit:
  %c = phi i64 [ {counter}, %entry ], [ {counter + 1}, %ok ]
  %c.at = getelementptr i64, ptr @counters, i64 %c
  %c.0 = load i64, ptr %c.at
  %c.1 = add i64 %c.0, 1
  store i64 %c.1, ptr %c.at
  %status = call i8 @pv_pend(ptr null, i64 {point})
  %left = insertvalue {{ i64, i8 }} zeroinitializer, i8 %status, 1
  ret {{ i64, i8 }} %left
fine:
  %f0 = call i64 @pv_twice(i64 %n)
{filling}
  %small = call i64 @pv_small(i64 %f{LARGE})
  %sum = add i64 %small, %s
  %most = call i64 @llvm.smax.i64(i64 %sum, i64 0)
  %done = insertvalue {{ i64, i8 }} zeroinitializer, i64 %most, 0
  ret {{ i64, i8 }} %done
}}
define internal i64 @entry(i64 %n) nounwind {{
  %both = call fastcc {{ i64, i8 }} @"C.method.{number}"(i64 %n, {{ i64, i64 }} zeroinitializer, i64 0)
  %status = extractvalue {{ i64, i8 }} %both, 1
  %left = icmp ne i8 %status, 0
  br i1 %left, label %out, label %ok
out:
  ret i64 -1
ok:
  %value = extractvalue {{ i64, i8 }} %both, 0
  ret i64 %value
}}
!0 = !{{!"branch_weights", i32 1, i32 1000000}}
"""


def bundled(ir: str) -> bytes:
    main, parts = divide(ir)
    return bundle.pack(compile_at(main, 3), [(compile_at(part.text, "quick"), part.bindings) for part in parts])


def test_a_part_does_not_depend_on_numbers_of_its_group() -> None:
    _, [one] = divide(module(slot=3, counter=20, point=5, number=1))
    _, [other] = divide(module(slot=4, counter=2, point=0, number=12))
    assert one.text == other.text
    assert one.bindings != other.bindings


def test_small_modules_have_no_parts() -> None:
    ir = module(slot=3, counter=20, point=5, number=1).replace("  %f", "  ; %f").replace(f"%f{LARGE})", "%n)")
    ir = "\n".join(line for line in ir.splitlines() if not line.startswith("  ;"))
    assert divide(ir)[1] == []


def test_two_groups_with_the_same_part(tmp_path: Path) -> None:
    """Each has slots, counters and points of its own."""
    groups = [
        module(slot=3, counter=20, point=5, number=1, group="one"),
        module(slot=4, counter=2, point=0, number=12, group="other"),
    ]
    image = load(tmp_path, [bundled(ir) for ir in groups], ["one", "other"])
    for index, (slot, counter, point) in enumerate([(3, 20, 5), (4, 2, 0)]):
        entry_at, counters_at, pending_at = image.words(index, 3)
        entry = ctypes.CFUNCTYPE(INT, INT)(entry_at)
        counters = (ctypes.c_int64 * 64).from_address(counters_at)
        pending = ctypes.c_int64.from_address(pending_at)
        assert entry(10) == 20 + LARGE + 7 + 100 * slot
        assert not any(counters)
        pending.value = -1
        assert [entry(-1), entry(1001), entry(1002)] == [-1, -1, -1]
        assert counters[counter : counter + 2] == [1, 2]
        assert sum(counters) == 3
        assert pending.value == point


@pytest.mark.parametrize(
    "damage", [b"", b"\x7fPVBUNDLE", b"\x7fPVBUNDLE\x02\0\0\0\0\0\0\0[]", b"\x7fPVBUNDLE\x04\0\0\0\0\0\0\0null"]
)
def test_a_damaged_bundle_is_refused(tmp_path: Path, damage: bytes) -> None:
    with pytest.raises(LinkError):
        load(tmp_path, [damage], [])


def test_a_binding_to_nothing_is_refused(tmp_path: Path) -> None:
    main, [part] = divide(module(slot=3, counter=20, point=5, number=1))
    bindings = {name: ("nowhere", offset or 8) for name, (_, offset) in part.bindings.items()}
    with pytest.raises(LinkError, match="nowhere"):
        load(tmp_path, [bundle.pack(compile_at(main, 3), [(compile_at(part.text, 3), bindings)])], ["group"])
