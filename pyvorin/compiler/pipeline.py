"""The compiler, from a request to a result: the stages in order.

    parse      ModuleSource: functions and facts                 frontend/module.py
    build      ast -> untyped HIR, or a refusal                  frontend/function.py
    infer      untyped HIR + argument types -> typed HIR         infer/
    passes     place exits, insert reference counts              passes/, group.py
    lower      typed HIR -> LLVM IR + rows of the manifest       lower/, group.py
    codegen    LLVM IR -> object -> shared object                codegen/, generate.py

A refusal concerns one function and is data; an unexpected exception in one function's compilation refuses that function with
INTERNAL_COMPILER_ERROR (or is raised, under the setting `debug`) and leaves the others alone.
"""

from __future__ import annotations

import time

from pyvorin.cache.store import Store
from pyvorin.compiler import group as groups
from pyvorin.compiler import passing
from pyvorin.compiler.compilation import Compilation
from pyvorin.compiler.coverage import Coverage
from pyvorin.compiler.generate import PYTHON, generate
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.messages import CompileRequest, CompileResult

_recent: list[Compilation] = []
"""The modules compiled last: a worker is often asked again for the same source with one more signature."""
RECENT = 8


def _compilation(request: CompileRequest, anew: bool) -> Compilation:
    for known in _recent:
        old = known.request
        same = (old.module, old.path, old.flags, old.settings) == (
            request.module,
            request.path,
            request.flags,
            request.settings,
        )
        if same and old.source == request.source and known.others.are_same(known.module, request):
            known.serve(request, anew)
            return known
    _recent.append(Compilation(request, anew))
    del _recent[:-RECENT]
    return _recent[-1]


def compile_module(request: CompileRequest, store: Store, anew: bool = False) -> CompileResult:
    """Compile what can be compiled of the module; with `static_only`, only say what could be.

    anew: also those large functions that were kept as they were, although more was known (`keeping.py`).

    Raises:
        SyntaxError: the source is not Python of this version.
    """
    start = time.perf_counter()
    compilation = _compilation(request, anew)
    verdicts = compilation.analyse()
    result = CompileResult(request.id, True)
    if not request.static_only:
        generate(compilation, verdicts, store, result)
    result.diagnostics = [d.to_data() for verdict in verdicts for d in verdict.diagnostics]
    result.events = compilation.events
    result.lags = compilation.keeping.lags
    result.compile_ms = (time.perf_counter() - start) * 1000
    return result


def check_source(source: str, path: str, module: str, coverage: Coverage | None = None) -> list[Diagnostic]:
    """What strict mode would refuse in this source, decided without running anything; *coverage* takes it in, too.

    Raises:
        SyntaxError: the source is not Python of this version.
    """
    compilation = Compilation(CompileRequest(0, module, path, source, static_only=True))
    found = [d for verdict in compilation.analyse() for d in verdict.diagnostics]
    if coverage is not None:
        coverage.include(compilation)
    return found


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
    signatures_ = compilation.signatures(root.source)
    parts = []
    if stage == "types":
        for types in signatures_:
            parts += [print_function(i.hir) for i in groups.infer(root, types, compilation.lookup).instances]
    elif stage == "hir":
        for types in signatures_:
            found = compilation.specialise(root, types)
            passing.prepare(found, lambda instance, code, instr: 0)
            parts += [print_function(instance.hir) for instance in found.lowered]
    elif signatures_:
        found_all = [compilation.specialise(root, types) for types in signatures_]
        parts.append(_explain_code(group, found_all, stage, compilation))
    if not parts:
        raise ValueError(
            f"the parameter types of {qualname!r} are open: give a signature, such as {qualname}(list[float], int)"
        )
    return "\n\n".join(parts)


def _explain_code(
    group: groups.GroupSource, specialisations: list[groups.Specialisation], stage: str, compilation: Compilation
) -> str:
    from pyvorin.compiler.codegen import target
    from pyvorin.compiler.codegen.optimise import optimise_module, parse

    ir, _ = groups.lower(group, specialisations, [], PYTHON, "pv_group_explained", compilation.resume_source)
    resolved = target.resolve("v3")
    optimised = parse(ir, name="explained")
    optimise_module(optimised, resolved)
    return str(optimised) if stage == "llvm" else target.machine(resolved).emit_assembly(optimised)
