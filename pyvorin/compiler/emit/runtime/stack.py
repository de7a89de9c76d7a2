"""Recursion: how many further calls are allowed, by the recursion limit and by the C stack of the thread.

The two differ: ``sys.setrecursionlimit(10**7)`` makes no stack larger, and ``threading.stack_size(65536)`` lowers no limit.

A recursive function is given its *allowance* as one word: in the low 8 bits the calls that are allowed until the stack is
looked at again, above them the calls that the recursion limit allows after those.  So a call counts down one number and
tests one byte, and only one call in CHUNK measures the stack.  How large a frame is nobody knows before the machine code
exists; an estimate that is too high only shortens the way to the next look.
"""

from __future__ import annotations

from pyvorin.compiler.emit.emitter import Emitter
from pyvorin.compiler.emit.unit import Unit

CHUNK = 64
"""Calls between two looks at the stack; less than 256."""
RESERVE = 256 << 10
"""Bytes of stack that native code leaves to the C functions that it calls, to signal handlers, and to CPython where a call goes
on in it; of a small stack half, but not less than CALLBACK."""
ELSEWHERE = RESERVE + (64 << 10)
"""Bytes taken to be left on a stack that is not the thread's own (some coroutine libraries bring theirs)."""
CALLBACK = 96 << 10
"""Bytes of stack that the host's Python code is given, which may import modules, start a compiler and load libraries."""
LOW = 12 << 10
"""With fewer bytes left than this, calls must stop to take C stack that do not take any without Pyvorin."""
LOWEST = 4 << 10
"""With fewer than this not even that can be seen to."""
UNSEEN = 4 << 10
"""So many bytes an entry takes without looking, as many a builtin function does."""


def room(emit: Emitter) -> str:
    """How many bytes of stack native code may still use in this thread; not positive: none."""
    return emit.call_helper("pv_stack_room", _write_room, "i64 ()")


def left(emit: Emitter) -> str:
    """How many bytes of stack there are still in this thread."""
    return emit.call_helper("pv_stack_left", _write_left, "i64 ()")


def write_callback(unit: Unit) -> str:
    """``i1 pv_stack_calls_back()``: whether there is stack enough for the host's Python code."""
    unit.helper("pv_stack_left", _write_left)
    return f"""
define internal i1 @pv_stack_calls_back() noinline nounwind {{
  %left = call i64 @pv_stack_left()
  %enough = icmp uge i64 %left, {CALLBACK}
  ret i1 %enough
}}"""


def _write_room(unit: Unit) -> str:
    """``i64 pv_stack_room()``: `left` without what is reserved."""
    unit.helper("pv_stack_left", _write_left)
    unit.declare("llvm.umax.i64", "i64 (i64, i64)")
    unit.declare("llvm.umin.i64", "i64 (i64, i64)")
    return f"""
define internal i64 @pv_stack_room() noinline nounwind {{
  %left = call i64 @pv_stack_left()
  %size = load i64, ptr @pv_stack_size
  %half = lshr i64 %size, 1
  %enough = call i64 @llvm.umax.i64(i64 %half, i64 {CALLBACK})
  %reserve = call i64 @llvm.umin.i64(i64 %enough, i64 {RESERVE})
  %room = sub i64 %left, %reserve
  ret i64 %room
}}"""


def _write_left(unit: Unit) -> str:
    """``i64 pv_stack_left()``.

    The thread's bounds are remembered for the thread that asked last; unknown ones as a range where there is no stack.
    Its ID is never used again, unlike its address.  pthread_attr_t has 56 bytes.
    """
    unit.declare("PyThreadState_Get", "ptr ()")
    unit.declare("PyThreadState_GetID", "i64 (ptr)")
    unit.declare("pthread_self", "i64 ()")
    unit.declare("pthread_getattr_np", "i32 (i64, ptr)")
    unit.declare("pthread_attr_getstack", "i32 (ptr, ptr, ptr)")
    unit.declare("pthread_attr_destroy", "i32 (ptr)")
    return f"""
@pv_stack_thread = internal global i64 -1
@pv_stack_low = internal global i64 0
@pv_stack_size = internal global i64 0
define internal i64 @pv_stack_left() noinline nounwind {{
  %here = alloca i64
  %at = ptrtoint ptr %here to i64
  %thread = call ptr @PyThreadState_Get()
  %id = call i64 @PyThreadState_GetID(ptr %thread)
  %known = load i64, ptr @pv_stack_thread
  %same = icmp eq i64 %id, %known
  br i1 %same, label %measure, label %ask
ask:
  call void @pv_stack_find(i64 %id)
  br label %measure
measure:
  %low = load i64, ptr @pv_stack_low
  %size = load i64, ptr @pv_stack_size
  %above = sub i64 %at, %low
  %mine = icmp ule i64 %above, %size
  %left = select i1 %mine, i64 %above, i64 {ELSEWHERE}
  ret i64 %left
}}
define internal void @pv_stack_find(i64 %id) noinline cold nounwind {{
  %attr = alloca [64 x i8], align 16
  %lowp = alloca i64
  %sizep = alloca i64
  store i64 %id, ptr @pv_stack_thread
  store i64 0, ptr @pv_stack_low
  store i64 {2 * RESERVE}, ptr @pv_stack_size
  %self = call i64 @pthread_self()
  %failed = call i32 @pthread_getattr_np(i64 %self, ptr %attr)
  %ok = icmp eq i32 %failed, 0
  br i1 %ok, label %read, label %done
read:
  %unread = call i32 @pthread_attr_getstack(ptr %attr, ptr %lowp, ptr %sizep)
  %destroyed = call i32 @pthread_attr_destroy(ptr %attr)
  %got = icmp eq i32 %unread, 0
  br i1 %got, label %keep, label %done
keep:
  %low = load i64, ptr %lowp
  %size = load i64, ptr %sizep
  store i64 %low, ptr @pv_stack_low
  store i64 %size, ptr @pv_stack_size
  br label %done
done:
  ret void
}}"""


def first(emit: Emitter, calls: str, frame: int) -> str:
    """The allowance of a recursion that may make so many calls; 0 if there is none."""
    return more(emit, emit.op(f"shl i64 {calls}, 8"), frame)


def more(emit: Emitter, allowance: str, frame: int) -> str:
    """The allowance for the calls that are left when those of *allowance* have been used up; 0 if there is none.

    *frame* is an upper estimate of what one call takes of the stack, in bytes.
    """
    shift = (frame - 1).bit_length()
    return emit.call_helper("pv_allowance", _write_allowance, "i64 (i64, i64)", allowance, str(shift))


def _write_allowance(unit: Unit) -> str:
    """``i64 pv_allowance(i64 used, i64 shift)``: the allowance after the one that was used up; a call takes 2**shift bytes."""
    unit.helper("pv_stack_room", _write_room)
    unit.declare("llvm.smax.i64", "i64 (i64, i64)")
    unit.declare("llvm.smin.i64", "i64 (i64, i64)")
    return f"""
define internal i64 @pv_allowance(i64 %used, i64 %shift) noinline nounwind {{
  %rest = and i64 %used, 255
  %high.calls = ashr i64 %used, 8
  %calls = add i64 %high.calls, %rest
  %room = call i64 @pv_stack_room()
  %some = call i64 @llvm.smax.i64(i64 %room, i64 0)
  %fit = lshr i64 %some, %shift
  %chunk = call i64 @llvm.smin.i64(i64 %fit, i64 {CHUNK})
  %now = call i64 @llvm.smin.i64(i64 %chunk, i64 %calls)
  %any = icmp sgt i64 %now, 0
  %later = sub i64 %calls, %now
  %high = shl i64 %later, 8
  %word = or i64 %high, %now
  %result = select i1 %any, i64 %word, i64 0
  ret i64 %result
}}"""
