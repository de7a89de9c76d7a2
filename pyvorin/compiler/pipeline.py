"""The compiler, from a request to a result: the stages in order.

    parse      ModuleSource: functions and facts                 frontend/module.py
    build      ast -> untyped HIR, or a refusal                  frontend/function.py
    infer      untyped HIR + argument types -> typed HIR         infer/
    passes     place exits, insert reference counts              passes/, group.py
    lower      typed HIR -> LLVM IR + rows of the manifest       lower/, group.py
    codegen    LLVM IR -> object -> shared object                codegen/

A refusal concerns one function and is data; an unexpected exception in one function's compilation refuses that function with
INTERNAL_COMPILER_ERROR (or is raised, under the setting `debug`) and leaves the others alone.
"""

from __future__ import annotations

import ast
import sys
import time
import traceback
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING

from pyvorin.cache import manifest
from pyvorin.cache.key import Environment
from pyvorin.cache.store import Store
from pyvorin.compiler import group as groups
from pyvorin.compiler.frontend import function as frontend
from pyvorin.compiler.frontend.function import Untyped
from pyvorin.compiler.frontend.module import FunctionSource, ModuleSource
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.infer.annotations import static_signature
from pyvorin.compiler.infer.instances import InferenceError
from pyvorin.compiler.primitives.objects import UNBOXABLE
from pyvorin.core import events, reasons
from pyvorin.core.codedigest import code_digest
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.core.source import Span
from pyvorin.messages import OPTIMISE_SHIFT, CompileRequest, CompileResult
from pyvorin.types.spec import BUFFER_NAMES, NEVER, OBJECT, Type, TypeSyntaxError, parse_signature, signature_text

if TYPE_CHECKING:
    from pyvorin.compiler.codegen.target import Target

PYTHON = sys.version_info[:2]

Made = tuple[bytes, manifest.Group, str]
"""The object of a group, its rows of the manifest, and the symbol of its data."""


@dataclass(slots=True)
class Verdict:
    """What became of one function: `status` native, open or rejected."""

    source: FunctionSource
    status: str = "open"
    group: groups.GroupSource | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)


class Compilation:
    """One module being compiled; `events` collects the lines of the log."""

    def __init__(self, request: CompileRequest):
        self.request = request
        self.optimise = request.flags >> OPTIMISE_SHIFT
        self.module = ModuleSource(request.module, request.path, request.source, self.optimise)
        self.events: list[list[object]] = []
        self.debug = bool(request.settings.get("debug"))
        self._untyped: dict[str, Untyped | Reject] = {}
        self._inferred: dict[tuple[str, tuple[Type, ...]], groups.Specialisation | InferenceError | Reject] = {}

    def event(self, stage: str, line: int, text: str) -> None:
        self.events.append([stage, line, text])

    def lookup(self, qualname: str) -> Untyped:
        """The function's untyped HIR, built once.

        Raises:
            Reject: it cannot be compiled.
        """
        if qualname not in self._untyped:
            source = self.module.functions[qualname]
            self.event(events.PARSE, source.node.lineno, f"func '{qualname}'")
            try:
                self._untyped[qualname] = frontend.build(self.module, source)
            except Reject as refusal:
                self._untyped[qualname] = refusal
        found = self._untyped[qualname]
        if isinstance(found, Reject):
            raise found
        return found

    def analyse(self) -> list[Verdict]:
        """The verdict on every function of the module, with its specialisations inferred."""
        verdicts = []
        for qualname, source in self.module.functions.items():
            verdict = Verdict(source)
            try:
                self._judge(verdict, qualname)
            except (Reject, InferenceError) as refusal:
                self._refuse(verdict, refusal)
            except Exception as error:
                if self.debug:
                    raise
                self._fail(verdict, "analysis", error)
            verdicts.append(verdict)
        return verdicts

    def _judge(self, verdict: Verdict, qualname: str) -> None:
        root = self.lookup(qualname)
        closure = groups.closure_of(root, self.lookup)
        verdict.group = groups.GroupSource(root, closure, observed=bool(root.hir.params))
        failure: InferenceError | Reject | None = None
        for types in self.signatures(verdict.source):
            try:
                self.inferred(root, types)
            except (InferenceError, Reject) as refusal:
                failure = failure or refusal
                continue
            verdict.group.signatures.append(types)
        if verdict.group.signatures:
            verdict.status = "native"
        elif failure is not None:
            raise failure

    def inferred(self, root: Untyped, types: tuple[Type, ...]) -> groups.Specialisation:
        """The specialisation, inferred once; refusals that only the placing of exits finds are its verdict, too.

        Raises:
            InferenceError: there is none.
            Reject: a callee cannot be compiled.
        """
        qualname = root.source.qualname
        key = qualname, types
        if key not in self._inferred:
            try:
                found = groups.infer(root, types, self.lookup)
                groups.check_exits(found)
                if found.root.result == NEVER:
                    # Every path leaves native code: CPython would do all the work again.
                    raise InferenceError(reasons.UNPROFITABLE, qualname, None)
                self._inferred[key] = found
                shown = f"{qualname}({signature_text(types)}) -> {found.root.result}"
                self.event(events.TYPE, root.source.node.lineno, f"inferred {shown}")
            except (InferenceError, Reject) as refusal:
                self._inferred[key] = refusal
        known = self._inferred[key]
        if isinstance(known, Exception):
            raise known
        return known

    def take(self, root: Untyped, types: tuple[Type, ...]) -> groups.Specialisation:
        """As `inferred`, for lowering, which changes the HIR: another call infers again."""
        found = self.inferred(root, types)
        if found.taken:
            found = self._inferred[root.source.qualname, types] = groups.infer(root, types, self.lookup)
        found.taken = True
        return found

    def signatures(self, source: FunctionSource) -> list[tuple[Type, ...]]:
        """The signatures to compile: as annotated, then as observed."""
        found: list[tuple[Type, ...]] = []
        assert isinstance(source.node, ast.FunctionDef)
        static = static_signature(source.node)
        if static is not None:
            found.append(static)
        count = len(source.node.args.posonlyargs + source.node.args.args)
        for text in self.request.signatures.get(source.qualname, []):
            try:
                types = parse_signature(text)
            except TypeSyntaxError:
                continue
            # An empty container says nothing of its elements; a specialisation for it would serve nothing.
            types = tuple(map(_known, types))
            if len(types) == count and types not in found and "?" not in text:
                found.append(types)
        return found

    def _refuse(self, verdict: Verdict, refusal: Reject | InferenceError) -> None:
        verdict.status = "rejected"
        verdict.group = None
        qualname = verdict.source.qualname
        if isinstance(refusal, InferenceError):
            span, node_type, owner = refusal.span, "", refusal.qualname
        else:
            span, node_type = Span.of(refusal.node), type(refusal.node).__name__
            owner = next((n for n, u in self._untyped.items() if u is refusal), qualname)
        own = span or Span.of(verdict.source.node)
        if owner != qualname:
            what = f"'{owner}' ({refusal.code} at line {own.line})"
            refusal_span = Span.of(verdict.source.node)
            found = Diagnostic.of(
                reasons.UNSUPPORTED_CALL, refusal_span, function=qualname, path=self.request.path, callee=what
            )
        else:
            found = Diagnostic.of(
                refusal.code,
                own,
                function=qualname,
                path=self.request.path,
                node_type=node_type,
                hint=refusal.hint,
                **refusal.fields,
            )
        verdict.diagnostics.append(found)
        self.event(events.FALLBACK, found.span.line, f"{found.code} {found.message}")

    def _fail(self, verdict: Verdict, stage: str, error: Exception) -> None:
        verdict.status, verdict.group = "rejected", None
        detail = f"{type(error).__name__}: {error}"
        found = Diagnostic.of(
            reasons.INTERNAL_COMPILER_ERROR,
            Span.of(verdict.source.node),
            function=verdict.source.qualname,
            path=self.request.path,
            stage=stage,
            detail=detail,
        )
        verdict.diagnostics.append(found)
        where = " | ".join(traceback.format_exception(error)[-3:]).replace("\n", " ")
        self.event(events.FALLBACK, found.span.line, f"{found.code} {found.message} [{where}]")


_recent: list[Compilation] = []
"""The modules compiled last: a worker is often asked again for the same source with one more signature."""
RECENT = 8


def _compilation(request: CompileRequest) -> Compilation:
    for known in _recent:
        old = known.request
        same = (old.module, old.path, old.flags, old.settings) == (
            request.module,
            request.path,
            request.flags,
            request.settings,
        )
        if same and old.source == request.source:
            known.request, known.events = request, []
            return known
    _recent.append(Compilation(request))
    del _recent[:-RECENT]
    return _recent[-1]


def _known(ty: Type) -> Type:
    """The type as far as native code knows it: what it cannot read in place is an object like any other."""
    if ty.name in BUFFER_NAMES:
        return ty
    if ty.name not in UNBOXABLE:
        return OBJECT
    return Type(ty.name, tuple(map(_known, ty.args)))


def compile_module(request: CompileRequest, store: Store) -> CompileResult:
    """Compile what can be compiled of the module; with `static_only`, only say what could be.

    Raises:
        SyntaxError: the source is not Python of this version.
    """
    start = time.perf_counter()
    compilation = _compilation(request)
    verdicts = compilation.analyse()
    result = CompileResult(request.id, True)
    if not request.static_only:
        _generate(compilation, verdicts, store, result)
    result.diagnostics = [d.to_data() for verdict in verdicts for d in verdict.diagnostics]
    result.events = compilation.events
    result.compile_ms = (time.perf_counter() - start) * 1000
    return result


def _generate(compilation: Compilation, verdicts: list[Verdict], store: Store, result: CompileResult) -> None:
    from pyvorin.compiler.codegen import link, target

    request = compilation.request
    environment = Environment.of_this_process(request.settings)
    if environment is None:
        raise RuntimeError("this environment has no key")
    resolved = target.resolve(str(request.settings.get("cpu", "v3")))
    whole = manifest.Manifest()
    objects: list[bytes] = []
    symbols: list[str] = []
    open_functions = [v.source.qualname for v in verdicts if v.group is not None and not v.group.signatures]
    if open_functions:
        content, rows, symbol = _observers(open_functions, store, environment, resolved)
        whole.groups.append(rows)
        objects.append(content)
        symbols.append(symbol)
    for verdict in verdicts:
        if verdict.group is None or not verdict.group.signatures:
            continue
        made = _generate_group(compilation, verdict, store, environment, resolved)
        if made is None:
            continue
        content, rows, symbol = made
        rows.index = len(whole.groups)
        whole.groups.append(rows)
        objects.append(content)
        symbols.append(symbol)
    whole.functions = _function_rows(compilation, verdicts)
    whole.rejects = [_reject_row(d) for verdict in verdicts for d in verdict.diagnostics]
    image = link.link(objects, table=symbols) if objects else b""
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
            if len(group.signatures) < 2:
                compilation._fail(verdict, "code generation", error)
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
    from pyvorin.compiler.codegen.object import compile_ir

    key = environment.group_key(group_parts(compilation, group))
    symbol = f"pv_group_{key.digest[:24]}"
    cached = store.get_object(key)
    if cached is not None:
        rows = manifest.parse(cached[1]).groups[0]
        _shift_lines(rows, group, 1)
        return cached[0], rows, symbol
    line = group.root.source.node.lineno
    qualname = group.root.source.qualname
    specialisations = [compilation.take(group.root, types) for types in group.signatures]
    ir, rows = groups.lower(group, specialisations, PYTHON, symbol)
    compilation.event(events.LOWER, line, f"'{qualname}' to {ir.count(chr(10))} lines of LLVM IR")
    compiled = compile_ir(ir, target, name=symbol)
    for remark in compiled.remarks:
        if remark.vectorised:
            compilation.event(events.OPT, remark.line or line, f"'{qualname}': {remark.text}")
    _shift_lines(rows, group, -1)
    fragment = manifest.Manifest(groups=[rows]).render()
    _shift_lines(rows, group, 1)
    store.put_object(key, compiled.data, fragment)
    return compiled.data, rows, symbol


def _shift_lines(rows: manifest.Group, group: groups.GroupSource, sign: int) -> None:
    """Between the lines of the file and those of its functions: code is the same wherever in the file a function stands."""
    first = {untyped.source.qualname: untyped.source.node.lineno for untyped in group.closure}
    for row in rows.exits:
        row.line += sign * first[row.qualname]


def _observers(qualnames: list[str], store: Store, environment: Environment, target: Target) -> Made:
    """One group with an observer for each of the functions, whose code is the same for all modules."""
    from pyvorin.compiler.codegen.object import compile_ir

    count = groups.observer_count(len(qualnames))
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
    for row, qualname in zip(rows.entries, qualnames):
        row.qualname = qualname
    return content, rows, symbol


def group_parts(compilation: Compilation, group: groups.GroupSource) -> list[tuple[str, str]]:
    """All that the group's code depends on, by name: sources, facts, signatures."""
    parts = [("root", group.root.source.qualname), ("optimise", str(compilation.optimise))]
    for untyped in group.closure:
        node = untyped.source.node
        parts.append((f"source {untyped.source.qualname}", compilation.module.segment(node)))
        parts += [(f"fact {name}", f"{f.kind} {f.detail}") for name, f in sorted(untyped.uses.facts.items())]
        parts += [("builtin", name) for name in sorted(untyped.uses.builtins)]
    parts += [("signature", signature_text(types)) for types in group.signatures]
    parts.append(("observed", str(group.observed)))
    return parts


def _function_rows(compilation: Compilation, verdicts: list[Verdict]) -> list[manifest.FunctionRow]:
    codes = _code_objects(compilation)
    rows = []
    for verdict in verdicts:
        qualname, node = verdict.source.qualname, verdict.source.node
        code = codes.get((qualname.rpartition(".")[2], min([node.lineno, *(d.lineno for d in node.decorator_list)])))
        if code is None:
            continue
        reason = verdict.diagnostics[0].code if verdict.diagnostics else None
        if verdict.status == "open":
            reason = reasons.OPEN_PARAMETER_TYPES
        rows.append(manifest.FunctionRow(qualname, node.lineno, code_digest(code), verdict.status, reason))
    return rows


def _code_objects(compilation: Compilation) -> dict[tuple[str, int], CodeType]:
    """The code objects that CPython makes of the source, by name and first line."""
    request = compilation.request
    flags = request.flags & ((1 << OPTIMISE_SHIFT) - 1)
    top = compile(request.source, request.path, "exec", flags, dont_inherit=True, optimize=compilation.optimise)
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


def check_source(source: str, path: str, module: str) -> list[Diagnostic]:
    """What strict mode would refuse in this source, decided without running anything.

    Raises:
        SyntaxError: the source is not Python of this version.
    """
    compilation = Compilation(CompileRequest(0, module, path, source, static_only=True))
    return [d for verdict in compilation.analyse() for d in verdict.diagnostics]


STAGES = ("hir", "types", "llvm", "asm")


def explain(
    source: str, path: str, module: str, qualname: str, stage: str, signatures: dict[str, list[str]] | None = None
) -> str:
    """The function after a stage, as text: `types` is HIR with types before the passes, `hir` after them.

    Raises:
        KeyError: the source has no such function.
        ValueError: the stage does not exist, or the function's parameter types are open and no signature was given.
        Reject, InferenceError: the function cannot be compiled.
    """
    from pyvorin.compiler.hir.printer import print_function

    if stage not in STAGES:
        raise ValueError(f"there is no stage {stage!r}; there are {', '.join(STAGES)}")
    request = CompileRequest(0, module, path, source, signatures=signatures or {}, settings={"debug": True})
    compilation = Compilation(request)
    if qualname not in compilation.module.functions:
        known = ", ".join(compilation.module.functions) or "none"
        raise KeyError(f"{path} has no function {qualname!r}; it has: {known}")
    root = compilation.lookup(qualname)
    group = groups.GroupSource(root, groups.closure_of(root, compilation.lookup))
    specialisations = [groups.infer(root, types, compilation.lookup) for types in compilation.signatures(root.source)]
    parts = []
    if stage in ("llvm", "asm") and specialisations:
        parts.append(_explain_code(group, specialisations, stage))
    elif stage in ("hir", "types"):
        for found in specialisations:
            if stage == "hir":
                groups.prepare(found, lambda instance, code, instr: 0)
            parts += [print_function(instance.hir) for instance in found.instances]
    if not parts:
        raise ValueError(
            f"the parameter types of {qualname!r} are open: give a signature, such as {qualname}(list[float], int)"
        )
    return "\n\n".join(parts)


def _explain_code(group: groups.GroupSource, specialisations: list[groups.Specialisation], stage: str) -> str:
    from pyvorin.compiler.codegen import target
    from pyvorin.compiler.codegen.optimise import optimise_module, parse

    ir, _ = groups.lower(group, specialisations, PYTHON, "pv_group_explained")
    resolved = target.resolve("v3")
    optimised = parse(ir, name="explained")
    optimise_module(optimised, resolved)
    return str(optimised) if stage == "llvm" else target.machine(resolved).emit_assembly(optimised)
