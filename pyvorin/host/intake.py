"""What was asked of the compiler and is not answered yet: sends requests, takes answers in without waiting, or waits.

Loaded at the first miss only.  While something is outstanding, each garbage collection is an occasion to look for answers,
beside those that the session knows by itself: no thread and no signal is needed, and a program that only computes is not
interrupted.
"""

from __future__ import annotations

import gc
import sys

from pyvorin.host.workers import Failure, Workers
from pyvorin.messages import NATIVE, OPTIMISE_SHIFT, CompileRequest, CompileResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvorin.core.config import Settings
    from pyvorin.host.module import Module

    Received = Callable[[Module, CompileResult | Failure], None]


QUIET_SECONDS, WAITING_SECONDS = 1.0, 0.2
"""So long nothing new must have been asked for before large functions are compiled for all that was seen (`compiler/keeping.py`);
the second where the program waits for its specialisations."""


class Intake:
    """The outstanding requests of one process, by id, and the modules that are to be asked for once more.

    received: called with each answer and its module, which has no request by then.
    occasion: called at garbage collections, from wherever the program is at that moment.
    """

    __slots__ = ("_lagging", "_modules", "_next_id", "_occasion", "_received", "_settings", "workers")

    def __init__(self, settings: Settings, received: Received, occasion: Callable[[], None]) -> None:
        self._settings = settings
        self._received = received
        self._occasion = occasion
        self._modules: dict[int, Module] = {}
        self._lagging: dict[Module, float] = {}
        """With the time from which on."""
        self._next_id = 1
        self.workers = Workers(settings)

    def request(self, module: Module, others: dict[str, list[str]]) -> tuple[str, str] | None:
        """Ask for the module with all signatures seen so far; (reason code, detail) if there is nobody to ask.

        others: the modules of the program that may be compiled along, as in `CompileRequest`.
        """
        number = self._next_id
        self._next_id += 1
        module.stale = False
        self._lagging.pop(module, None)
        wished = {**module.signatures, NATIVE: module.natives()}
        request = CompileRequest(
            id=number,
            module=module.name,
            path=module.path,
            source=module.text,
            flags=sys.flags.optimize << OPTIMISE_SHIFT,
            settings=dict(self._settings.key_data()),
            signatures={name: list(found) for name, found in wished.items() if found},
            others=others,
        )
        if not self.workers.send(request):
            return self.workers.problem
        module.request = number
        self._modules[number] = module
        self._attend()
        return None

    def collect(self) -> None:
        """Take what has been answered meanwhile."""
        if self._modules:
            for answer in self.workers.poll():
                self._take(answer)
            self._rest()

    def due(self) -> list[Module]:
        """The modules that it is time to ask for once more: no new signature has been seen for a while."""
        if not self._lagging:
            return []
        from time import monotonic

        now = monotonic()
        found = [module for module, when in self._lagging.items() if when <= now]
        for module in found:
            del self._lagging[module]
        self._rest()
        return found

    def wait(self, module: Module, seconds: float | None = None) -> None:
        """Wait until the module has no request, not even one that an answer has led to; no longer than so many seconds."""
        while module.request is not None:
            number = module.request
            for answer in self.workers.wait(number, seconds):
                self._take(answer)
            if seconds is not None:
                break
            if module.request == number:
                # Its answer was lost in an exception that a signal handler of the program raised.
                self._modules.pop(number, None)
                module.request = None
        self._rest()

    def close(self) -> None:
        """Expect no more answers."""
        self.workers.close()
        self._forget()

    def after_fork(self) -> None:
        """In a forked child: the answers go to the parent."""
        self.workers.after_fork()
        self._forget()

    def _take(self, answer: CompileResult | Failure) -> None:
        module = self._modules.pop(answer.id, None)
        if module is not None:
            module.request = None
            module.lags = isinstance(answer, CompileResult) and answer.lags
            self._received(module, answer)
            if module.lags and module.request is None:
                from time import monotonic

                self._lagging[module] = monotonic() + (WAITING_SECONDS if self._settings.wait else QUIET_SECONDS)
                self._attend()

    def _forget(self) -> None:
        for module in self._modules.values():
            module.request = None
        self._modules.clear()
        self._lagging.clear()
        self._rest()

    def _attend(self) -> None:
        if self._on_collection not in gc.callbacks:
            gc.callbacks.append(self._on_collection)

    def _rest(self) -> None:
        if not self._modules and not self._lagging and self._on_collection in gc.callbacks:
            gc.callbacks.remove(self._on_collection)

    def _on_collection(self, phase: str, details: dict[str, int]) -> None:
        if phase == "stop":
            self._occasion()
