"""What is native in this process, what is not and why: as data, as text and as a JSON file.

In: the session's modules, their manifests and the counters that native code itself keeps.  Nothing is estimated.

    {"functions": [{"name": "orders.total", "file": "orders.py", "line": 3, "status": "native", "native_calls": 12,
                    "within": [], "fallbacks": [{"code": "INTEGER_OVERFLOW", "line": 7, "count": 1}],
                    "compile_ms": 81.0, "load_ms": 0.4, "origin": "compiled"}],
     "rejected": [{"name": "orders.fetch", "code": "ASYNC", "line": 20, …}], "problems": []}
"""

from __future__ import annotations

from pyvorin.cache.manifest import NATIVE, OPEN, REJECTED
from pyvorin.cache.outline import module_and_name
from pyvorin.core import reasons
from pyvorin.core.diagnostics import Diagnostic
from pyvorin.core.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvorin.cache.manifest import FunctionRow, Group
    from pyvorin.host.module import Module
    from pyvorin.host.session import Session

OBSERVED = "observed"
"""Of a function that waits for the types of its first calls."""

FALLBACK = "fallback"
"""Of a function that was given back to CPython."""


def data(session: Session) -> dict[str, object]:
    """The report as JSON can carry it; docs/report.md says what each field means."""
    functions: list[dict[str, object]] = []
    rejected: list[dict[str, object]] = []
    modules = list(session.modules.values())
    exits, callers = _exits(modules), _callers(modules)
    for module in modules:
        calls = _calls(module)
        for row in module.rows:
            place = module.name, row.qualname
            within = sorted(callers.get(place, ()))
            functions.append(_function(module, row, calls.get(row.qualname, 0), within, exits.get(place, {})))
        rejected += [_refusal(module, diagnostic) for diagnostic in rejections(module)]
    problems = [{"code": code, "detail": detail} for code, detail in session.problems]
    return {"functions": functions, "rejected": rejected, "problems": problems}


def rejections(module: Module) -> list[Diagnostic]:
    """Why functions of the module are not compiled."""
    if module.loaded is None:
        return []
    return [
        Diagnostic(
            row.reason,
            Span(row.line, row.column, row.end_line, row.end_column),
            row.node_type,
            row.message,
            row.hint,
            row.qualname,
            module.path,
        )
        for row in module.loaded.manifest.rejects
    ]


def refusals(session: Session, name: str, path: str) -> list[Diagnostic]:
    """All that keeps the module from being fully native; empty if it is."""
    module = session.modules.get(name)
    if module is None or module.loaded is None:
        found = session.problems or [(reasons.SOURCE_UNAVAILABLE, "")]
        return [_of_process(code, detail, path) for code, detail in found]
    diagnostics = rejections(module)
    told = {diagnostic.function for diagnostic in diagnostics}
    bound = {qualname for binding in module.loaded.bindings for qualname, _ in binding.functions.values()}
    for row in module.rows:
        span = Span(row.line, 0, row.line, 0)
        if row.qualname in told:
            continue
        if row.status == OPEN:
            code = row.reason or reasons.OPEN_PARAMETER_TYPES
            text = reasons.message(code, function=row.qualname, parameters="the parameters", what="a global name")
            hint = reasons.TABLE[code].hint
        elif row.status == NATIVE and module.namespace is None and row.qualname not in bound:
            code, hint = reasons.CODE_CHANGED, reasons.TABLE[reasons.CODE_CHANGED].hint
            text = reasons.message(code, function=row.qualname)
        elif row.status == REJECTED:
            code = row.reason or reasons.INTERNAL_COMPILER_ERROR
            text, hint = f"'{row.qualname}' is not compiled", reasons.TABLE[code].hint
        else:
            continue
        diagnostics.append(Diagnostic(code, span, "FunctionDef", text, hint, row.qualname, path))
    return diagnostics


def write(session: Session, target: str) -> None:
    """Print the report to stderr if `target` is "text", else write it to the file of that name.  Raises OSError."""
    import sys

    found = data(session)
    if target == "text":
        if sys.stderr is not None:
            sys.stderr.write(text(found))
            sys.stderr.flush()
        return
    import json

    with open(target, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
        file.write("\n")


def text(found: dict[str, object]) -> str:
    """The report for people."""
    lines = ["pyvorin report"]
    functions: list[dict[str, object]] = found["functions"]  # type: ignore[assignment]
    rejected: list[dict[str, object]] = found["rejected"]  # type: ignore[assignment]
    problems: list[dict[str, object]] = found["problems"]  # type: ignore[assignment]
    width = max((len(str(row["name"])) for row in functions), default=0)
    for row in functions:
        fallbacks: list[dict[str, object]] = row["fallbacks"]  # type: ignore[assignment]
        left = "".join(f"  {item['count']} x {item['code']} (line {item['line']})" for item in fallbacks)
        within: list[str] = row["within"]  # type: ignore[assignment]
        callers = f"  compiled within {_listed(within)}" if within and not row["native_calls"] else ""
        lines.append(f"  {row['name']!s:{width}}  {row['status']:9}  {row['native_calls']} native calls{callers}{left}")
    if rejected:
        lines.append("not compiled:")
        lines += [f"  {row['file']}:{row['line']}: {row['code']}: {row['message']}" for row in rejected]
    if problems:
        lines.append("problems:")
        lines += [f"  {row['code']}: {row['detail']}" for row in problems]
    return "\n".join(lines) + "\n"


def _counted(module: Module) -> Iterator[tuple[Group, list[int]]]:
    """The groups of all artifacts of the module, and what their counters say."""
    for loaded in module.history:
        for binding, rows in zip(loaded.bindings, loaded.manifest.groups):
            yield rows, binding.group.read_counters()


def _calls(module: Module) -> dict[str, int]:
    """Native calls of the module's functions, by qualified name."""
    calls: dict[str, int] = {}
    for rows, counters in _counted(module):
        for entry in rows.entries:
            if entry.kind == NATIVE:
                calls[entry.qualname] = calls.get(entry.qualname, 0) + counters[entry.counter]
    return calls


def _exits(modules: list[Module]) -> dict[tuple[str, str], dict[tuple[str, int], int]]:
    """Exits by module, qualified name, and (code, line), be it in code of the module's or of others that have it inside."""
    exits: dict[tuple[str, str], dict[tuple[str, int], int]] = {}
    for module in modules:
        for rows, counters in _counted(module):
            for exit_ in rows.exits:
                count = counters[exit_.counter]
                if count:
                    found = exits.setdefault(_place(module, exit_.qualname), {})
                    place = (exit_.reason, exit_.line)
                    found[place] = found.get(place, 0) + count
    return exits


def _place(module: Module, qualname: str) -> tuple[str, str]:
    """The module of a function that code of *module* has, and its own name there."""
    other, own = module_and_name(qualname)
    return other or module.name, own


def _function(
    module: Module, row: FunctionRow, calls: int, within: list[str], exits: dict[tuple[str, int], int]
) -> dict[str, object]:
    return {
        "name": f"{module.name}.{row.qualname}",
        "file": module.path,
        "line": row.line,
        "status": _status(module, row),
        "native_calls": calls,
        "within": within,
        "fallbacks": [{"code": code, "line": line, "count": count} for (code, line), count in sorted(exits.items())],
        "compile_ms": round(module.compile_ms, 3),
        "load_ms": round(module.load_ms, 3),
        "origin": module.origin,
    }


def _callers(modules: list[Module]) -> dict[tuple[str, str], set[str]]:
    """By module and qualified name, the native functions in whose code a function is compiled, as a callee: those of other
    modules with the name of these."""
    callers: dict[tuple[str, str], set[str]] = {}
    for module in modules:
        for group in module.loaded.manifest.groups if module.loaded is not None else ():
            users = {entry.qualname for entry in group.entries if entry.kind == NATIVE}
            for name in group.within:
                place = _place(module, name)
                prefix = "" if place[0] == module.name else f"{module.name}."
                callers.setdefault(place, set()).update(prefix + user for user in users if prefix or user != name)
    return callers


def _listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


MOST_NAMED = 3


def _status(module: Module, row: FunctionRow) -> str:
    if module.loaded is not None and any(row.qualname in binding.given_back for binding in module.loaded.bindings):
        return FALLBACK
    return OBSERVED if row.status == OPEN else row.status


def _refusal(module: Module, diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "name": f"{module.name}.{diagnostic.function}",
        "file": module.path,
        "line": diagnostic.span.line,
        "column": diagnostic.span.column,
        "code": diagnostic.code,
        "node_type": diagnostic.node_type,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }


def _of_process(code: str, detail: str, path: str) -> Diagnostic:
    reason = reasons.TABLE[code]
    return Diagnostic(code, Span(1, 0, 1, 0), "", detail or reason.message, reason.hint, "", path)
