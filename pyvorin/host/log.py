"""What the session tells the log.  Loaded only if there is one: the setting `log`."""

from __future__ import annotations

from pyvorin.core import events, reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType

    from pyvorin.core.config import Settings
    from pyvorin.host.module import Module


class Log:
    """The log of one session, which begins with what was wrong with its settings."""

    __slots__ = ()

    def __init__(self, settings: Settings) -> None:
        events.enable()
        for problem in settings.problems:
            events.emit(events.SETTINGS, "", 0, problem)

    def problem(self, code: str, detail: str) -> None:
        """Something concerns the whole process."""
        text = reasons.TABLE[code].message
        text = text.format(detail=detail) if "{detail}" in text else text
        events.emit(events.FALLBACK, "", 0, f"{code} {text}")

    def internal_error(self, error: Exception) -> None:
        """The session itself failed."""
        events.emit(events.FALLBACK, "", 0, f"internal error: {type(error).__name__}: {error}")

    def failed(self, module: Module, code: str, detail: str) -> None:
        """There is no native code for the module, for a reason that is not in its source."""
        events.emit(events.FALLBACK, module.path, 0, f"{code} {detail}")

    def compiled(self, module: Module, told: list[list[object]]) -> None:
        """The compiler's own events.  Refusals are in the manifest too, and told whenever it is loaded."""
        for stage, line, text in told:
            if stage != events.FALLBACK:
                events.emit(str(stage), module.path, line, str(text))  # type: ignore[arg-type]

    def loaded(self, module: Module, digest: str) -> None:
        """An artifact was loaded."""
        events.emit(events.LOAD, module.path, 0, f"{digest[:12]} loaded in {module.load_ms:.1f} ms")
        if module.loaded is not None:
            for row in module.loaded.manifest.rejects:
                _say(module, events.FALLBACK, row.line, f"{row.reason} {row.message}")

    def native(self, module: Module, patched: list[tuple[str, FunctionType]]) -> None:
        """Functions have an entry of ours from now on: those of them that it runs as native code."""
        if module.loaded is not None:
            for qualname, function in patched:
                if module.loaded.is_native(qualname):
                    _say(module, events.OK, function.__code__.co_firstlineno, f"'{qualname}' native execution")


def _say(module: Module, stage: str, line: int, text: str) -> None:
    """An event that later artifacts of the module repeat, once."""
    if (stage, line, text) not in module.told:
        module.told.add((stage, line, text))
        events.emit(stage, module.path, line, text)
