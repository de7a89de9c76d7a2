"""A compiler for functions `def f(x): return x * C`, C a float literal or a global bound to one: enough to test the host with.

Stands in the place of `pyvorin.compiler.pipeline` in a copy of the package that `conftest.py` makes.  What it generates follows
docs/architecture.md, section 4, in every respect: an observer for an open parameter, a specialisation for `float`.
Any other function is refused.  The name of a function can ask for trouble: `crash_…` ends the process, `hang_…` never returns,
`lags_…` is compiled only when everything that lags behind is.
"""

from __future__ import annotations

import ast
import os
import sys
import time

from pyvorin.cache.manifest import Entry, Exit, Fact, FunctionRow, Group, Manifest, Reject, Slot
from pyvorin.compiler.codegen import link, object, target
from pyvorin.core import layouts, reasons
from pyvorin.core.codedigest import code_digest
from pyvorin.core.cpu import level
from pyvorin.core.version import ABI
from pyvorin.messages import CompileRequest, CompileResult


def compile_module(request: CompileRequest, store, anew: bool = False) -> CompileResult:
    tree = ast.parse(request.source, request.path)
    digests = _digests(compile(request.source, request.path, "exec", dont_inherit=True))
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    manifest = Manifest()
    objects, symbols = [], []
    has_lagged = False
    for qualname, node in _functions(tree.body, ""):
        if node.name.startswith("crash_"):
            os.kill(os.getpid(), 9)
        while node.name.startswith("hang_"):
            time.sleep(1)
        if node.name.startswith("slow_"):
            time.sleep(0.3)
        row = FunctionRow(qualname, node.lineno, digests[qualname], "native")
        manifest.functions.append(row)
        factor = _factor(node)
        if factor is None or (isinstance(factor, str) and factor not in constants):
            row.status, row.reason = "rejected", reasons.UNSUPPORTED_AST_NODE
            span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            text = f"'{type(node.body[-1]).__name__}' in '{qualname}' is not compiled"
            manifest.rejects.append(Reject(qualname, row.reason, *span, type(node.body[-1]).__name__, text, "multiply"))
            continue
        wanted = request.signatures.get(qualname, [])
        has_lagged = has_lagged or node.name.startswith("lags_")
        has_native = node.args.args[-1].annotation is not None or any(found.endswith("float") for found in wanted)
        has_native = has_native and (anew or not node.name.startswith("lags_"))
        if not has_native:
            row.status = "open"
        group, ir = _group(qualname, factor, constants, has_native, len(manifest.groups))
        manifest.groups.append(group)
        symbols.append(f"group{group.index}")
        objects.append(object.compile_ir(ir, target.resolve(level("v2"))).data)
    text = manifest.render()
    elf = link.link(objects, table=symbols) if objects else b""
    digest = store.put_artifact(text, elf)
    events = [["PARSE", 1, f"module {request.module!r}"]]
    result = CompileResult(request.id, True, digest, text, events=events, lags=has_lagged and not anew)
    if digest is None:
        import base64

        result.code = base64.b64encode(elf).decode()
    return result


def _functions(body, prefix):
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")


def _digests(code, prefix=""):
    found = {}
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            found[prefix + constant.co_name] = code_digest(constant)
            found.update(_digests(constant, f"{prefix}{constant.co_name}."))
    return found


def _factor(node):
    """The factor's value or its name; None if the function has another form."""
    last = node.body[-1]
    if not (isinstance(last, ast.Return) and isinstance(last.value, ast.BinOp) and isinstance(last.value.op, ast.Mult)):
        return None
    right = last.value.right
    if isinstance(right, ast.Constant) and type(right.value) is float:
        return right.value
    return right.id if isinstance(right, ast.Name) else None


def _group(qualname, factor, constants, has_native, index):
    layout = layouts.BY_VERSION[sys.version_info[:2]]
    position = 1 if "." in qualname else 0
    slots = [Slot(0, "code", qualname), Slot(1, "miss", "0"), Slot(2, "callback", "0"), Slot(3, "trigger", "0")]
    entries = [Entry(0, qualname, "observe", "", 0)]
    facts = []
    native = ""
    if has_native:
        slots = [Slot(0, "code", qualname), Slot(1, "miss", "0"), Slot(2, "callback", "1"), Slot(3, "trigger", "1")]
        slots.append(Slot(4, "miss", "1"))
        entries = [Entry(0, qualname, "native", "float", 1), Entry(1, qualname, "observe", "", 0)]
        if isinstance(factor, str):
            facts = [Fact(factor, "literal", repr(constants[factor]))]
            slots += [
                Slot(5, "global", factor),
                Slot(6, "revalidate"),
                Slot(7, "globals"),
                Slot(8, "object", repr(factor)),
            ]
            value = _GLOBAL.format(slot=_slot(5), value=layout.float_value, globals=_slot(7), name=_slot(8))
            stale = _STALE.format(slot=_slot(6))
        else:
            value, stale = (
                f"%factor = fadd double 0x{_bits(factor):016X}, 0.0\n  br label %go",
                "stale:\n  br label %leave",
            )
        native = _NATIVE.format(
            code=layout.function_code,
            count=position + 1,
            position=position,
            type=layout.type,
            value=layout.float_value,
            factor=value,
            stale=stale,
            slot=_slot,
            code_slot=_slot(0),
            miss=_slot(1),
            counter=8,
            exit_counter=16,
        )
    group = Group(index, facts, [], entries, slots, [Exit(2, qualname, reasons.ASSUMPTION_INVALIDATED, 1, 0)])
    observer = _OBSERVER.format(
        trigger=_slot(3), callback=_slot(2), miss=_slot(4 if has_native else 1), items=layout.tuple_items
    )
    names = ["@native", "@observe"] if has_native else ["@observe"]
    table = _TABLE.format(
        ABI=ABI, index=index, n=len(names), slots=len(slots), entries=", ".join(f"ptr {name}" for name in names)
    )
    return group, table + native + observer


def _slot(index):
    return f"getelementptr (i8, ptr @slots, i64 {8 * index})"


def _bits(value):
    import struct

    return struct.unpack("<Q", struct.pack("<d", value))[0]


_TABLE = """
@slots = internal global [16 x ptr] zeroinitializer
@counters = internal global [3 x i64] zeroinitializer
@entries = internal global [{n} x ptr] [{entries}]
@group{index} = global {{ i64, i64, i64, i64, ptr, ptr, ptr, i64, ptr }}
  {{ i64 {ABI}, i64 {n}, i64 {slots}, i64 3, ptr @entries, ptr @slots, ptr @counters, i64 0, ptr null }}
@PyFloat_Type = external global i8
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyTuple_New(i64)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare ptr @PyObject_CallFunctionObjArgs(ptr, ...)
declare ptr @PyDict_GetItem(ptr, ptr)
declare void @PyErr_Clear()
"""

_NATIVE = """
define internal ptr @native(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames) {{
  %positional = icmp eq ptr %kwnames, null
  br i1 %positional, label %count, label %leave
count:
  %n = and i64 %nargsf, 9223372036854775807
  %enough = icmp eq i64 %n, {count}
  br i1 %enough, label %code, label %leave
code:
  %code.at = getelementptr i8, ptr %callable, i64 {code}
  %code.live = load ptr, ptr %code.at
  %code.own = load ptr, ptr {code_slot}
  %same = icmp eq ptr %code.live, %code.own
  br i1 %same, label %argument, label %leave
argument:
  %argument.at = getelementptr ptr, ptr %args, i64 {position}
  %x = load ptr, ptr %argument.at
  %type.at = getelementptr i8, ptr %x, i64 {type}
  %type = load ptr, ptr %type.at
  %float = icmp eq ptr %type, @PyFloat_Type
  br i1 %float, label %facts, label %leave
facts:
  {factor}
go:
  %counter.at = getelementptr i8, ptr @counters, i64 {counter}
  %calls = load i64, ptr %counter.at
  %calls.more = add i64 %calls, 1
  store i64 %calls.more, ptr %counter.at
  %value.at = getelementptr i8, ptr %x, i64 {value}
  %value = load double, ptr %value.at
  %product = fmul double %value, %factor
  %result = call ptr @PyFloat_FromDouble(double %product)
  ret ptr %result
{stale}
leave:
  %next = load ptr, ptr {miss}
  %answer = tail call ptr %next(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %answer
}}
"""

_GLOBAL = """%fact = load ptr, ptr {slot}
  %known = icmp ne ptr %fact, null
  br i1 %known, label %look, label %stale
look:
  %globals = load ptr, ptr {globals}
  %name = load ptr, ptr {name}
  %live = call ptr @PyDict_GetItem(ptr %globals, ptr %name)
  %unchanged = icmp eq ptr %live, %fact
  br i1 %unchanged, label %read, label %stale
read:
  %fact.at = getelementptr i8, ptr %fact, i64 {value}
  %factor = load double, ptr %fact.at
  br label %go"""

_STALE = """stale:
  %left.at = getelementptr i8, ptr @counters, i64 16
  %left = load i64, ptr %left.at
  %left.more = add i64 %left, 1
  store i64 %left.more, ptr %left.at
  %again = load ptr, ptr {slot}
  %ignored = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %again, ptr null)
  call void @PyErr_Clear()
  br label %leave"""

_OBSERVER = """
define internal ptr @observe(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames) {{
  %calls = load i64, ptr @counters
  %more = add i64 %calls, 1
  store i64 %more, ptr @counters
  %trigger = load i64, ptr {trigger}
  %due = icmp sge i64 %more, %trigger
  br i1 %due, label %tell, label %leave
tell:
  %n = and i64 %nargsf, 9223372036854775807
  %tuple = call ptr @PyTuple_New(i64 %n)
  %items = getelementptr i8, ptr %tuple, i64 {items}
  br label %head
head:
  %i = phi i64 [ 0, %tell ], [ %j, %body ]
  %done = icmp eq i64 %i, %n
  br i1 %done, label %call, label %body
body:
  %from = getelementptr ptr, ptr %args, i64 %i
  %item = load ptr, ptr %from
  call void @Py_IncRef(ptr %item)
  %to = getelementptr ptr, ptr %items, i64 %i
  store ptr %item, ptr %to
  %j = add i64 %i, 1
  br label %head
call:
  %callback = load ptr, ptr {callback}
  %ignored = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %callback, ptr %callable, ptr %tuple, ptr null)
  call void @PyErr_Clear()
  call void @Py_DecRef(ptr %tuple)
  br label %leave
leave:
  %next = load ptr, ptr {miss}
  %answer = tail call ptr %next(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames)
  ret ptr %answer
}}
"""
