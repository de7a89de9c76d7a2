"""The error of strict mode: everything that keeps a module from being fully native, in one exception."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.core.diagnostics import Diagnostic
    from pyvorin.host.session import Session


class StrictModeError(Exception):
    """Importing the module was refused because not all of its functions are native.

    module: its dotted name.  diagnostics: one for each refusal, with code, span, node type, message and hint.

    Not an ImportError: a program that tries one module and takes another when it is missing must not go on silently.
    """

    def __init__(self, module: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(module, diagnostics)
        self.module = module
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        count = len(self.diagnostics)
        head = f"module {self.module!r} is not fully native: {count} {'refusal' if count == 1 else 'refusals'}"
        return "\n".join([head, *(_entry(diagnostic) for diagnostic in self.diagnostics)])


def _entry(diagnostic: Diagnostic) -> str:
    node = f" [{diagnostic.node_type}]" if diagnostic.node_type else ""
    hint = f"\n    hint: {diagnostic.hint}" if diagnostic.hint else ""
    return f"  {diagnostic.concise()}{node}{hint}"


StrictModeError.__module__ = "pyvorin"


def enforce(session: Session, name: str, path: str) -> None:
    """Raise StrictModeError if something keeps the module from being fully native."""
    from pyvorin.host import report

    diagnostics = report.refusals(session, name, path)
    if diagnostics:
        raise StrictModeError(name, diagnostics)
