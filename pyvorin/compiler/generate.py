"""Verdicts -> one shared object with its manifest: each group from the cache, or lowered and compiled."""

from __future__ import annotations

import ast
import sys
from types import CodeType
from typing import TYPE_CHECKING

from pyvorin.cache import manifest
from pyvorin.cache.key import Environment
from pyvorin.cache.outline import PART, module_and_name
from pyvorin.cache.store import Store
from pyvorin.compiler import group as groups
from pyvorin.compiler.compilation import Compilation, Verdict
from pyvorin.core import events, reasons
from pyvorin.core.codedigest import code_digest
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.messages import OPTIMISE_SHIFT, CompileResult
from pyvorin.types.spec import signature_text

if TYPE_CHECKING:
    from pyvorin.compiler.codegen.target import Target

PYTHON = sys.version_info[:2]

DRAFTED = 2000
"""A group of more HIR instructions is compiled fast first, and well when nothing new is seen any more (`keeping.py`)."""

Made = tuple[bytes, manifest.Group, str]
"""The object of a group, its rows of the manifest, and the symbol of its data."""


def generate(compilation: Compilation, verdicts: list[Verdict], store: Store, result: CompileResult) -> None:
    """Compile the groups of the native and open functions, link them, and store the artifact; `result` says where it is."""
    from pyvorin.compiler.codegen import link, target

    request = compilation.request
    environment = Environment.of_this_process(request.settings)
    if environment is None:
        raise RuntimeError("this environment has no key")
    resolved = target.resolve(str(request.settings.get("cpu", "v3")))
    whole = manifest.Manifest()
    objects: list[bytes] = []
    symbols: list[str] = []
    open_functions = {v.source.qualname: v.waits for v in verdicts if v.group is not None and not v.group.signatures}
    if open_functions:
        content, rows, symbol = _observers(open_functions, store, environment, resolved)
        whole.groups.append(rows)
        objects.append(content)
        symbols.append(symbol)
    all_made: dict[str, Made] = {}
    for verdict in verdicts:
        if verdict.group is None or not verdict.group.signatures:
            continue
        made = compilation.keeping.made(verdict)
        if made is None:
            made = _generate_group(compilation, verdict, store, environment, resolved)
        if made is None:
            continue
        all_made[verdict.source.qualname] = made
        content, rows, symbol = made
        rows.index = len(whole.groups)
        whole.groups.append(rows)
        objects.append(content)
        symbols.append(symbol)
    compilation.keeping.note(verdicts, all_made)
    compilation.made = {
        (store.location, made[2]): made for made in all_made.values() if made[2] not in compilation.keeping.drafts
    }
    whole.functions = _function_rows(compilation, verdicts)
    whole.others = [manifest.Other(name, digest) for name, digest in compilation.others.used(compilation.module)]
    whole.inside = _inside(compilation, whole.groups)
    whole.rejects = [_reject_row(d) for verdict in verdicts for d in verdict.diagnostics]
    image = link.link(objects, table=symbols, reader=compilation.reader) if objects else b""
    text = whole.render()
    result.artifact = store.put_artifact(text, image)
    result.manifest = text
    if result.artifact is None:
        import base64

        result.code = base64.b64encode(image).decode("ascii")
    else:
        compilation.event(events.CODEGEN, 0, f"wrote a-{result.artifact} ({len(image)} bytes, {len(objects)} groups)")


def _generate_group(
    compilation: Compilation, verdict: Verdict, store: Store, environment: Environment, target: Target
) -> Made | None:
    """The group's object, rows and symbol; a signature that defeats the compiler costs that signature only."""
    group = verdict.group
    assert group is not None
    while True:
        try:
            return _object(compilation, group, store, environment, target)
        except Exception as error:
            if compilation.debug:
                raise
            if group.heads:
                group.heads.clear()
                continue
            if len(group.signatures) < 2:
                compilation.fail(verdict, "code generation", error)
                return None
            lost = group.signatures.pop()
            where = verdict.source.node.lineno
            compilation.event(
                events.FALLBACK,
                where,
                f"{reasons.INTERNAL_COMPILER_ERROR} '{verdict.source.qualname}' for ({signature_text(lost)}): {error!r}",
            )


def _object(
    compilation: Compilation, group: groups.GroupSource, store: Store, environment: Environment, target: Target
) -> Made:
    """The group's object, rows of the manifest and symbol: from the cache if nothing that it depends on has changed."""
    from pyvorin.compiler.codegen.group import GroupObject

    key = environment.group_key(group_parts(compilation, group))
    symbol = f"pv_group_{key.digest[:24]}"
    known = compilation.made.get((store.location, symbol))
    if known is not None:
        return known
    cached = store.get_object(key)
    if cached is not None:
        rows = manifest.parse(cached[1]).groups[0]
        _shift_lines(rows, group, 1)
        rows.settle()
        return cached[0], rows, symbol
    line = group.root.source.node.lineno
    qualname = group.root.source.qualname
    specialisations = [compilation.take(group.root, types) for types in group.signatures]
    observed = [compilation.take_observed(group.root, head) for head in group.heads]
    trips = compilation.request.settings.get("trips", "off")
    is_draft = (
        compilation.keeping.may_be_draft and trips == "off" and _instructions(specialisations, observed) > DRAFTED
    )
    ir, rows = groups.lower(
        group, specialisations, observed, PYTHON, symbol, compilation.resume_source, trips != "off", is_draft
    )
    compilation.event(events.LOWER, line, f"'{qualname}' to {ir.count(chr(10))} lines of LLVM IR")
    codegen = GroupObject(store, environment, target, for_trips=trips == "quick", is_draft=is_draft)
    codegen.run(ir, symbol)
    compilation.event(events.CODEGEN, line, f"'{qualname}' {codegen}")
    for remark in codegen.remarks:
        if remark.vectorised:
            compilation.event(events.OPT, remark.line or line, f"'{qualname}': {remark.text}")
    _shift_lines(rows, group, -1)
    fragment = manifest.Manifest(groups=[rows]).render()
    _shift_lines(rows, group, 1)
    rows.settle()
    if is_draft:
        compilation.keeping.drafts.add(symbol)
    else:
        store.put_object(key, codegen.data, fragment)
    return codegen.data, rows, symbol


def _instructions(*found: list[groups.Specialisation]) -> int:
    return sum(instance.size for some in found for one in some for instance in one.instances)


def _shift_lines(rows: manifest.Group, group: groups.GroupSource, sign: int) -> None:
    """Between the lines of the file and those of its functions: code is the same wherever in the file a function stands."""
    first = {untyped.source.qualname: untyped.source.node.lineno for untyped in group.closure}
    for row in rows.exits:
        row.line += sign * first[row.qualname]


def _observers(functions: dict[str, bool], store: Store, environment: Environment, target: Target) -> Made:
    """One group with an observer for each of the functions, whose code is the same for all modules.

    functions: by qualified name, whether they are compiled as a part of others.
    """
    from pyvorin.compiler.codegen.object import compile_ir

    count = groups.observer_count(len(functions))
    key = environment.group_key([("observers", str(count))])
    symbol = f"pv_group_{key.digest[:24]}"
    cached = store.get_object(key)
    if cached is not None:
        content, rows = cached[0], manifest.parse(cached[1]).groups[0]
    else:
        ir, rows = groups.lower_observers(count, PYTHON, symbol)
        # They have nothing that the slower passes could improve.
        content = compile_ir(ir, target, name=symbol, quick=True).data
        store.put_object(key, content, manifest.Manifest(groups=[rows]).render())
    for row, (qualname, is_part) in zip(rows.entries, functions.items()):
        row.qualname = qualname
        row.signature = PART if is_part else ""
    return content, rows, symbol


def group_parts(compilation: Compilation, group: groups.GroupSource) -> list[tuple[str, str]]:
    """All that the group's code depends on, by name: sources, facts, signatures."""
    parts = [("root", group.root.source.qualname), ("optimise", str(compilation.optimise))]
    for untyped in group.closure:
        node = untyped.source.node
        parts.append((f"source {untyped.source.qualname}", compilation.module.segment(untyped.source)))
        for name in sorted(untyped.uses.inlined):
            part = compilation.module.functions[name]
            # With its distance, as the lines of exits in it are told from those of the function.
            text = f"{part.node.lineno - node.lineno} {compilation.module.segment(part)}"
            parts.append((f"inlined {untyped.source.qualname} {name}", text))
        parts += [(f"fact {name}", f"{f.kind} {f.detail}") for name, f in sorted(untyped.uses.facts.items())]
        parts += [("builtin", name) for name in sorted(untyped.uses.builtins)]
        parts += [("seen", text) for text in compilation.module.seen.described(untyped.uses.seen)]
    parts += [("class", known.outline()) for _, known in sorted(compilation.module.classes.items())]
    parts += [("attribute", f"{owner}.{name}: {ty}") for (owner, name), ty in sorted(group.asked.items())]
    parts += [("signature", signature_text(types)) for types in group.signatures]
    parts += [("head", str(head)) for head in group.heads]
    parts.append(("observed", str(group.observed)))
    return parts


def _function_rows(compilation: Compilation, verdicts: list[Verdict]) -> list[manifest.FunctionRow]:
    request = compilation.request
    flags = request.flags & ((1 << OPTIMISE_SHIFT) - 1)
    codes = _code_objects(request.source, request.path, flags, compilation.optimise)
    rows = []
    for verdict in verdicts:
        qualname, node = verdict.source.qualname, verdict.source.node
        code = codes.get(_place(node))
        if code is None:
            continue
        reason = verdict.diagnostics[0].code if verdict.diagnostics else None
        if verdict.status == "open" and not verdict.waits:
            reason = reasons.UNSEEN_VALUE if verdict.unseen else reasons.OPEN_PARAMETER_TYPES
        rows.append(manifest.FunctionRow(qualname, node.lineno, code_digest(code), verdict.status, reason))
    return rows


def _inside(compilation: Compilation, made: list[manifest.Group]) -> list[manifest.Inside]:
    """The functions of other modules that some group has inside."""
    names = sorted({name for group in made for name in group.within if module_and_name(name)[0]})
    codes: dict[str, dict[tuple[str, int], CodeType]] = {}
    rows = []
    for qualname in names:
        source = compilation.module.functions.get(qualname)
        if source is None:
            continue
        if source.module not in codes:
            part = compilation.module.linked.part(source.module)
            codes[source.module] = _code_objects(part.text, source.module, 0, compilation.optimise)
        rows.append(manifest.Inside(qualname, code_digest(codes[source.module][_place(source.node)])))
    return rows


def _place(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, int]:
    """The function's own name and the first line of its code."""
    return module_and_name(node.name)[1], min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _code_objects(source: str, path: str, flags: int, optimise: int) -> dict[tuple[str, int], CodeType]:
    """The code objects that CPython makes of the source, by name and first line."""
    top = compile(source, path, "exec", flags, dont_inherit=True, optimize=optimise)
    found: dict[tuple[str, int], CodeType] = {}
    work = [top]
    while work:
        for constant in work.pop().co_consts:
            if isinstance(constant, CodeType):
                found[constant.co_name, constant.co_firstlineno] = constant
                work.append(constant)
    return found


def _reject_row(d: Diagnostic) -> manifest.Reject:
    span = d.span
    return manifest.Reject(
        d.function, d.code, span.line, span.column, span.end_line, span.end_column, d.node_type, d.message, d.hint
    )
