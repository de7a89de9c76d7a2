"""Reference counts.  From 3.12 on an object whose 32-bit count is negative is immortal (PEP 683) and is left alone."""

from __future__ import annotations

from pyvorin.compiler.emit.unit import ALIAS, UNLIKELY, Unit

_TAG = ALIAS["refcount"]


def write_incref(unit: Unit) -> str:
    if unit.immortal:
        return f"""
define internal void @pv_incref(ptr %o) alwaysinline nounwind {{
  %count = load i32, ptr %o, {_TAG}
  %more = add i32 %count, 1
  %immortal = icmp eq i32 %more, 0
  br i1 %immortal, label %done, label %mortal, {UNLIKELY}
mortal:
  store i32 %more, ptr %o, {_TAG}
  br label %done
done:
  ret void
}}"""
    return f"""
define internal void @pv_incref(ptr %o) alwaysinline nounwind {{
  %count = load i64, ptr %o, {_TAG}
  %more = add i64 %count, 1
  store i64 %more, ptr %o, {_TAG}
  ret void
}}"""


def write_decref(unit: Unit) -> str:
    """The count of a mortal object fits 32 bits (PEP 683); as 64 it would be read right after `pv_incref` has written 32, which
    the processor has to wait for."""
    unit.declare("_Py_Dealloc", "void (ptr)")
    width = "i32" if unit.immortal else "i64"
    skip_immortal = """
  %immortal = icmp slt i32 %count, 0
  br i1 %immortal, label %done, label %mortal
mortal:"""
    return f"""
define internal void @pv_decref(ptr %o) alwaysinline nounwind {{
  %count = load {width}, ptr %o, {_TAG}{skip_immortal if unit.immortal else ""}
  %less = add {width} %count, -1
  store {width} %less, ptr %o, {_TAG}
  %dead = icmp eq {width} %less, 0
  br i1 %dead, label %dealloc, label %done
dealloc:
  call void @_Py_Dealloc(ptr %o)
  br label %done
done:
  ret void
}}"""


def write_xdecref(unit: Unit) -> str:
    """``void pv_xdecref(ptr)``: give back a reference, or nothing for null."""
    unit.helper("pv_decref", write_decref)
    return """
define internal void @pv_xdecref(ptr %o) nounwind {
  %none = icmp eq ptr %o, null
  br i1 %none, label %done, label %some
some:
  call void @pv_decref(ptr %o)
  br label %done
done:
  ret void
}"""


def write_decref_seldom(unit: Unit) -> str:
    """``void pv_decref_seldom(ptr)``: `pv_decref` for code that is hardly ever run, which is to be small."""
    unit.helper("pv_decref", write_decref)
    return """
define internal void @pv_decref_seldom(ptr %o) noinline cold nounwind {
  call void @pv_decref(ptr %o)
  ret void
}"""
