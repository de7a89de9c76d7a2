"""One module being compiled: its functions, what is inferred for them, and the verdict on each."""

from __future__ import annotations

import ast
import traceback
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pyvorin.cache.outline import module_and_name
from pyvorin.compiler import attempts, passing
from pyvorin.compiler import group as groups
from pyvorin.compiler.codegen.elf.reading import Reader
from pyvorin.compiler.deferral import Deferral, callers_first
from pyvorin.compiler.frontend import function as frontend
from pyvorin.compiler.frontend.classes import PROFILE, own_name
from pyvorin.compiler.frontend.function import Form, Untyped
from pyvorin.compiler.frontend.module import FunctionSource, ModuleSource
from pyvorin.compiler.frontend.parameters import parameters_of
from pyvorin.compiler.frontend.reject import Reject
from pyvorin.compiler.infer.annotations import static_signature
from pyvorin.compiler.infer.instances import Asked, InferenceError, LeftOut
from pyvorin.compiler.infer.known import known_type
from pyvorin.compiler.infer.signatures import added
from pyvorin.compiler.keeping import Keeping
from pyvorin.compiler.others import Others
from pyvorin.core import events, reasons
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.core.source import Span
from pyvorin.messages import HEADS, OPTIMISE_SHIFT, CompileRequest
from pyvorin.types.spec import (
    NEVER,
    UNBOUND,
    Type,
    TypeSyntaxError,
    parse_signature,
    signature_text,
)

if TYPE_CHECKING:
    from pyvorin.cache.location import Location
    from pyvorin.compiler.generate import Made


@dataclass(slots=True)
class Verdict:
    """What became of one function: `status` native, open or rejected."""

    source: FunctionSource
    status: str = "open"
    waits: bool = False
    """Whether it is compiled as a part of others, and has no entry for now (`deferral.py`)."""
    unseen: bool = False
    """Whether it waits for a value of a global name or a default."""
    group: groups.GroupSource | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)


class Compilation:
    """One module being compiled; `events` collects the lines of the log."""

    def __init__(self, request: CompileRequest, anew: bool = False):
        self.request = request
        self.optimise = request.flags >> OPTIMISE_SHIFT
        self.others = Others(request)
        self.module = ModuleSource(request.module, request.path, request.source, self.optimise, self.others)
        self._known = partial(known_type, self.module)
        self.events: list[list[object]] = []
        self.debug = bool(request.settings.get("debug"))
        self._untyped: dict[tuple[str, Form, frozenset[tuple[ast.AST, str]]], Untyped | Reject] = {}
        self._tentative: set[tuple[str, tuple[Type, ...]]] = set()
        """Signatures of calls with empty containers."""
        self._observed: dict[tuple[str, groups.Observed], groups.Specialisation] = {}
        self._too_large: dict[tuple[str, groups.Observed], InferenceError] = {}
        self._inferred: dict[tuple[str, tuple[Type, ...]], groups.Specialisation | InferenceError | Reject] = {}
        self._deferral = Deferral(request)
        self.keeping = Keeping()
        self.made: dict[tuple[Location, str], Made] = {}
        """The code of the last artifact, by the place of the cache and the symbols of its groups."""
        self.reader = Reader()
        self.serve(request, anew)

    def serve(self, request: CompileRequest, anew: bool = False) -> None:
        """Compile the same source again, with more signatures; *anew*: keep nothing that lags behind what is known."""
        self.request, self.events = request, []
        self._observe()
        self.keeping.begin(request, anew)

    def _observe(self) -> None:
        """Take in what instances were seen to have; if that is something new, what was inferred from less does not count."""
        before, seen = self.module.described_classes(), set(self.module.seen.state())
        for name, found in self.module.classes.items():
            found.observe(self.request.signatures.get(PROFILE + name, ()), self._known)
        self.module.seen.observe(self.request.signatures, self._known)
        names = {line.rpartition(": ")[0] for line in set(self.module.seen.state()) ^ seen}
        if self.module.described_classes() == before and not names:
            return

        def stands(found: groups.Specialisation) -> bool:
            used = {key for instance in found.instances for key in instance.untyped.uses.seen}
            same = all(self.module.classes[owner].attribute(name) == ty for (owner, name), ty in found.asked.items())
            return same and not used & names

        def verdict_stands(verdict: Verdict) -> bool:
            group = verdict.group
            if group is None:
                return False
            used = {key for untyped in group.closure for key in untyped.uses.seen}
            same = all(self.module.classes[owner].attribute(name) == ty for (owner, name), ty in group.asked.items())
            return same and not used & names

        self.keeping.look(verdict_stands)
        self._untyped = {
            key: found
            for key, found in self._untyped.items()
            if isinstance(found, Reject) or not found.uses.decided & names
        }
        # What was refused may not be any more; but of what is too large more only makes more.
        self._inferred = {
            key: found
            for key, found in self._inferred.items()
            if (stands(found) if isinstance(found, groups.Specialisation) else found.code == reasons.TOO_LARGE)
        }
        self._observed = {key: found for key, found in self._observed.items() if stands(found)}

    def event(self, stage: str, line: int, text: str) -> None:
        self.events.append([stage, line, text])

    def lookup(self, qualname: str, form: Form = Form.PLAIN, left_out: LeftOut | None = None) -> Untyped:
        """The function's untyped HIR in this form, built once.

        left_out: the expressions for which CPython is called because of their types.

        Raises:
            Reject: it cannot be compiled.
        """
        out = (left_out or {}).get(qualname, {})
        key = qualname, form, frozenset((node, refusal.iterates) for node, refusal in out.items())
        if key not in self._untyped:
            source = self.module.function(qualname)
            if form is Form.PLAIN and not out:
                self.event(events.PARSE, source.node.lineno, f"func '{qualname}'")
            try:
                self._untyped[key] = frontend.build(
                    self.module, source, form, out, self._untyped.get((*key[:2], NO_NODES))
                )
            except Reject as refusal:
                self._untyped[key] = refusal
        found = self._untyped[key]
        if isinstance(found, Reject):
            raise found
        return found

    def resume_source(self, untyped: Untyped) -> dict[str, object]:
        """What a continuation of the function is made from (docs/exits.md)."""
        source = untyped.source
        _, own = module_and_name(source.qualname)
        _, name = module_and_name(source.node.name)
        scopes = own.removesuffix(module_and_name(own_name(source.node))[1]).split(".")[:-1]
        if source.qualname in self.module.made:
            scopes = [module_and_name(str(source.in_class))[1]]
        return {
            "qualname": source.qualname,
            "scopes": [["class", scope] for scope in scopes],
            "name": name,
            "text": self.module.segment(source),
            "flags": self.request.flags & ((1 << OPTIMISE_SHIFT) - 1),
            "optimise": self.optimise,
        }

    def analyse(self) -> list[Verdict]:
        """The verdict on every function of the module, with its specialisations inferred."""
        verdicts: dict[str, Verdict] = {}
        self._deferral = Deferral(self.request)
        for qualname in callers_first(self.module.own):
            kept = self.keeping.verdict(qualname)
            if kept is not None:
                verdicts[qualname] = kept
                self._cover(kept)
                continue
            verdict = verdicts[qualname] = Verdict(self.module.functions[qualname])
            try:
                self._judge(verdict, qualname)
            except (Reject, InferenceError) as refusal:
                self._refuse(verdict, refusal)
            except Exception as error:
                if self.debug:
                    raise
                self.fail(verdict, "analysis", error)
            self._cover(verdict)
        return [verdicts[qualname] for qualname in self.module.own]

    def _cover(self, verdict: Verdict) -> None:
        group = verdict.group
        if group is not None and group.signatures:
            self._deferral.include(verdict.source.qualname, group.parts, group.size)

    def _judge(self, verdict: Verdict, qualname: str) -> None:
        plain: Reject | None = None
        if parameters_of(verdict.source.node).is_open:
            # Native code calls it; a call of CPython's would have a shape of its own each time.
            raise Reject(reasons.VARARGS, verdict.source.node)
        try:
            root = self.lookup(qualname)
            closure = groups.closure_of(root, self.lookup)
        except Reject as first:
            plain = first
            try:
                root = self._detouring(qualname)
                closure = groups.closure_of(root, self._detouring)
            except Reject:
                raise plain from None
        uses_seen = any(untyped.uses.seen for untyped in closure)
        verdict.group = groups.GroupSource(root, closure, observed=uses_seen or bool(root.hir.params))
        if self._deferral.waits(qualname):
            verdict.waits = True
            return
        failure: InferenceError | Reject | None = None
        for types in self.signatures(verdict.source):
            try:
                found = self.inferred(root, types)
            except (InferenceError, Reject) as refusal:
                # Of elements that no call has shown yet nothing is known but where they are only stored.
                if (qualname, types) not in self._tentative:
                    failure = refusal if failure is None or refusal.code == reasons.UNSEEN_VALUE else failure
                continue
            verdict.group.signatures.append(types)
            verdict.group.include(found)
            self._tell(verdict, found)
        if verdict.group.signatures:
            verdict.group.heads = self._heads(verdict.group, qualname)
        if verdict.group.signatures:
            verdict.status = "native"
        elif failure is not None and failure.code == reasons.UNSEEN_VALUE:
            verdict.unseen = True
        elif failure is not None:
            # Loops that have a native form, which is not worth it, are not refused for what another form of the function lacks.
            is_final = failure.code == reasons.UNPROFITABLE and _has_loop(verdict.source)
            raise failure if is_final else plain or failure
        elif plain is not None and not _has_loop(verdict.source) and root.detours:
            # Its types are open; without a loop it can hardly pay to leave it at each call.
            raise plain

    def _heads(self, group: groups.GroupSource, qualname: str) -> list[groups.Observed]:
        """The loops at which CPython was seen that can be gone on with natively."""
        found: list[groups.Observed] = []
        for text in self.request.signatures.get(qualname + HEADS, []):
            number, _, types = text.partition(" ")
            try:
                operands = tuple(ty if ty == UNBOUND else self._known(ty) for ty in parse_signature(types))
                head = groups.Observed(int(number), operands)
                made = self.infer_observed(group.root, head)
            except (ValueError, InferenceError, Reject) as refusal:
                self.event(
                    events.FALLBACK, group.root.source.node.lineno, f"'{qualname}' from loop {text}: {refusal!r}"
                )
                continue
            if head not in found:
                found.append(head)
                group.include(made)
        return found

    def infer_observed(self, root: Untyped, head: groups.Observed) -> groups.Specialisation:
        """The specialisation from the head of a loop on.

        Raises:
            InferenceError: there is none, or its exits cannot be placed.
            Reject: a callee cannot be compiled.
        """
        key = root.source.qualname, head
        if key in self._too_large:
            raise self._too_large[key]
        if key not in self._observed:
            try:
                found = attempts.repeat(
                    lambda known, attempt: groups.infer_observed(
                        root, head, partial(self.lookup, form=Form.DETOURING, left_out=known), attempt
                    ),
                    {},
                )
            except InferenceError as refusal:
                if refusal.code == reasons.TOO_LARGE:
                    self._too_large[key] = refusal
                raise
            passing.check_exits(found)
            if not groups.goes_round(found):
                raise InferenceError(reasons.UNPROFITABLE, root.source.qualname, None)
            self._observed[key] = found
        return self._observed[key]

    def take_observed(self, root: Untyped, head: groups.Observed) -> groups.Specialisation:
        """As `infer_observed`, for lowering, which changes the HIR: another call infers again."""
        found = self.infer_observed(root, head)
        del self._observed[root.source.qualname, head]
        return found

    def _detouring(self, qualname: str) -> Untyped:
        return self.lookup(qualname, Form.DETOURING)

    def _tell(self, verdict: Verdict, found: groups.Specialisation) -> None:
        """What of the function is left to CPython."""
        told = {(diagnostic.code, diagnostic.span) for diagnostic in verdict.diagnostics}
        for instance in found.instances:
            if instance.qualname != verdict.source.qualname:
                continue
            untyped = instance.untyped
            for refusal in (*(untyped.detours or ()), *untyped.outcalls.values(), *instance.detours):
                diagnostic = self._diagnostic(verdict, refusal)
                if (diagnostic.code, diagnostic.span) not in told:
                    told.add((diagnostic.code, diagnostic.span))
                    verdict.diagnostics.append(diagnostic)

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
                found = self.specialise(root, types)
                if found.root.result == NEVER and found.root.untyped.detours is None:
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

    def specialise(self, root: Untyped, types: tuple[Type, ...]) -> groups.Specialisation:
        """The specialisation in the first form that has one.

        Snapshots cost registers and code, so they are there only where an exit follows an effect; and what can be native as a
        whole makes no detours.

        If that is in a native handler, in the middle of which CPython could not go on, handlers are left to CPython.

        Raises:
            InferenceError: there is none, or its exits cannot be placed.
            Reject: a callee cannot be compiled.
        """
        refused: InferenceError | Reject | None = None
        handles = is_large = False
        asked: Asked = {}
        for form in Form:
            if ((root.detours is not None or is_large) and not form.detours) or not (form.native_handlers or handles):
                continue
            try:
                found = self.specialise_as(form, root, types, asked)
                handles = any(_handles(instance.untyped) for instance in found.instances)
                passing.check_exits(found)
            except (InferenceError, Reject) as refusal:
                if refusal.code == reasons.UNSEEN_VALUE or (refusal.code == reasons.TOO_LARGE and form.detours):
                    raise
                if refusal.code == reasons.TOO_LARGE:
                    is_large = True
                refused = refusal if refused is None or not form.detours else refused
                continue
            if groups.works_on_objects(found) and not (groups.pays(found) or groups.waits_for_results(found)):
                refused = refused or InferenceError(reasons.UNPROFITABLE, root.source.qualname, None)
                continue
            if not form.detours or groups.is_worth_detours(found):
                return found
        raise refused or InferenceError(reasons.UNPROFITABLE, root.source.qualname, None)

    def specialise_as(
        self, form: Form, root: Untyped, types: tuple[Type, ...], asked: Asked | None = None
    ) -> groups.Specialisation:
        """The specialisation in this form, with the outcalls that its types make necessary."""
        return attempts.repeat(
            lambda known, attempt: groups.infer(root, types, partial(self.lookup, form=form, left_out=known), attempt),
            {} if asked is None else asked,
            form.detours,
        )

    def take(self, root: Untyped, types: tuple[Type, ...]) -> groups.Specialisation:
        """As `inferred`, for lowering, which changes the HIR: another call infers again."""
        found = self.inferred(root, types)
        if found.taken:
            found = self._inferred[root.source.qualname, types] = self.specialise(root, types)
        found.taken = True
        return found

    def signatures(self, source: FunctionSource) -> list[tuple[Type, ...]]:
        """The signatures to compile: as annotated, then as observed."""
        found: list[tuple[Type, ...]] = []
        assert isinstance(source.node, ast.FunctionDef)
        static = static_signature(source.node)
        if static is not None:
            found.append(static)
        count = len(parameters_of(source.node).names)
        for text in self.request.signatures.get(source.qualname, []):
            try:
                types = parse_signature(text)
            except TypeSyntaxError:
                continue
            types = tuple(map(self._known, types))
            if len(types) == count and types not in found:
                found = added(found, types)
                if "?" in text:
                    self._tentative.add((source.qualname, types))
        return found

    def _refuse(self, verdict: Verdict, refusal: Reject | InferenceError) -> None:
        verdict.status = "rejected"
        verdict.group = None
        verdict.diagnostics.append(self._diagnostic(verdict, refusal))

    def _diagnostic(self, verdict: Verdict, refusal: Reject | InferenceError) -> Diagnostic:
        """The refusal in words; it is logged, too."""
        qualname = verdict.source.qualname
        if isinstance(refusal, InferenceError):
            span, node_type, owner = refusal.span, "", refusal.qualname
        else:
            span, node_type = Span.of(refusal.node), type(refusal.node).__name__
            owner = next((n for (n, *_), u in self._untyped.items() if u is refusal), qualname)
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
        self.event(events.FALLBACK, found.span.line, f"{found.code} {found.message}")
        return found

    def fail(self, verdict: Verdict, stage: str, error: Exception) -> None:
        """Refuse the function because of an error of the compiler's own."""
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


NO_NODES: frozenset[tuple[ast.AST, str]] = frozenset()


def _has_loop(source: FunctionSource) -> bool:
    return any(isinstance(inner, (ast.For, ast.While, ast.comprehension)) for inner in ast.walk(source.node))


def _handles(untyped: Untyped) -> bool:
    return any(isinstance(node, ast.Try) for node in ast.walk(untyped.source.node))
