"""The compile worker's process: reads requests, runs the pipeline on them under limits, answers results.

Descriptor 0 brings lines, the first with the settings, then one CompileRequest each; descriptor 1 takes one line with the
process's number and then one CompileResult each.  When the program closes its end, what it has asked for is still compiled, as
the next process will want it, but for GRACE_SECONDS at most: a script that ends first is warm the next time.

Limits are the process's own, so they hold whatever the compiler does: memory by RLIMIT_AS, time by an alarm whose default
action ends the process in the midst of native code.  The program sees the pipe close, and goes on without.
"""

from __future__ import annotations

import os
import signal
import time

from pyvorin import messages
from pyvorin.core import reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from queue import SimpleQueue

    from pyvorin.cache.index import Index
    from pyvorin.cache.key import Environment, Key
    from pyvorin.cache.store import Store
    from pyvorin.core.config import Settings

GRACE_SECONDS = 5.0
"""How long compiling may go on for nobody but the cache."""

IDLE_SECONDS = 3.0
"""After so long without a request, what was kept as it was is compiled for all that is known by now: longer than the program
takes to ask for it, if it comes by (`host/intake.py`)."""
NOTHING = b""
"""In place of a line, when none has come for a while."""

_LOCK_SECONDS = 0.02
_NICENESS = 5


def main() -> None:
    """Serve the program that started this process until it goes."""
    requests, results = _private_pipes()
    inbox = Inbox(requests)
    first = inbox.next()
    if first is None:
        return
    settings = _settings(first)
    _limit(settings)
    _send(results, b"pid %d\n" % os.getpid())
    worker = Worker(settings)
    while True:
        line = inbox.next(IDLE_SECONDS if worker.lags else None)
        inbox.limit(settings.compile_timeout)
        if line is None:
            worker.tidy()
            worker.catch_up()
            return
        if line == NOTHING:
            worker.catch_up()
            inbox.limit(None)
            continue
        answer = worker.answer(line)
        inbox.limit(None)
        if answer is not None:
            _send(results, answer.to_json().encode("ascii") + b"\n")


class Worker:
    """Answers requests under one set of settings."""

    def __init__(self, settings: Settings) -> None:
        from pyvorin.cache.location import Location

        self._settings = settings
        self._location = Location.of_settings(settings.cache_dir, settings.trusted)
        self._lagging: dict[str, messages.CompileRequest] = {}
        """The last requests for modules of which not all is compiled for what is known, by module key."""

    @property
    def lags(self) -> bool:
        """Whether there is something to be done when there is time."""
        return bool(self._lagging)

    def catch_up(self) -> None:
        """Compile what was not compiled for all that is known.  The program asks for it in a while (`host/intake.py`)."""
        for request in list(self._lagging.values()):
            self._answer(request)

    def answer(self, line: bytes) -> messages.CompileResult | None:
        """The result for one request; None for a line that is none, which nobody waits for."""
        try:
            request = messages.CompileRequest.from_json(line)
        except messages.MessageError:
            return None
        return self._answer(request)

    def _answer(self, request: messages.CompileRequest) -> messages.CompileResult:
        start = time.perf_counter()
        try:
            result = self._compile(request)
        except SyntaxError as error:
            result = _failure(request, reasons.SYNTAX_ERROR, f"line {error.lineno}: {error.msg}")
        except MemoryError:
            result = _failure(request, reasons.COMPILER_CRASHED, "out of memory")
        except Exception:
            # The one place where an error of the compiler becomes a refusal.
            import traceback

            result = _failure(request, reasons.INTERNAL_COMPILER_ERROR, traceback.format_exc(limit=-12))
        result.compile_ms = (time.perf_counter() - start) * 1000
        return result

    def tidy(self) -> None:
        """Keep the cache within its limits; done by at most one worker a day."""
        from pyvorin.cache import upkeep

        upkeep.sweep_if_due(self._location, time.time())

    def _compile(self, request: messages.CompileRequest) -> messages.CompileResult:
        from pyvorin.cache.key import Environment

        environment = Environment.of_this_process(request.settings)
        if environment is None:
            return _failure(request, reasons.UNSUPPORTED_CPU, "")
        key = environment.module_key(request.module, request.source, request.flags)
        store = self._store(environment)
        with _lock(store, key):
            index = None if request.static_only else _known(store, key, request)
            anew = index is not None and index.lags
            if index is not None and not anew:
                text = _manifest(store, index)
                if text is not None and _fits(text, request):
                    return messages.CompileResult(id=request.id, ok=True, artifact=index.artifact, manifest=text)
            from pyvorin.compiler import pipeline

            self._lagging.pop(key.digest, None)
            result = pipeline.compile_module(request, store, anew)
            if result.lags:
                self._lagging[key.digest] = request
            if result.ok and result.artifact is not None and result.code is None and not request.static_only:
                from pyvorin.cache.index import Index

                store.put_index(key, Index(result.artifact, request.signatures, lags=result.lags))
        return result

    def _store(self, environment: Environment) -> Store:
        from pyvorin.cache.store import Store

        return Store(self._location, environment.directory)


def _known(store: Store, key: Key, request: messages.CompileRequest) -> Index | None:
    """What was compiled before, perhaps by another process, if it was for all that this request names."""
    index = store.get_index(key)
    if index is None or index.artifact is None:
        return None
    wished = {name: found for name, found in request.signatures.items() if name != messages.NATIVE}
    if any(wanted not in index.signatures.get(name, ()) for name, found in wished.items() for wanted in found):
        return None
    return index


def _manifest(store: Store, index: Index) -> str | None:
    artifact = store.get_artifact(index.artifact or "")
    if artifact is None:
        return None
    with artifact:
        return artifact.manifest_text


def _fits(manifest: str, request: messages.CompileRequest) -> bool:
    """Whether the code was made along with the program's other modules as they are, as far as they are loaded."""
    from pyvorin.cache import outline

    others = outline.read(manifest).others
    return all(digest == request.others.get(name, ("", digest))[1] for name, digest in others.items())


def _lock(store: Store, key: Key):  # type: ignore[no-untyped-def]
    """The lock of this module's key: two processes that need the same module do the work once."""
    while True:
        lock = store.try_lock(key)
        if lock is not None:
            return lock
        time.sleep(_LOCK_SECONDS)


def _failure(request: messages.CompileRequest, code: str, detail: str) -> messages.CompileResult:
    return messages.CompileResult(id=request.id, ok=False, error=[code, detail])


# The process.


def _private_pipes() -> tuple[int, int]:
    """The two pipes under numbers of their own; 0 and 1 lead nowhere, so that no stray print reaches the program."""
    requests, results = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    highest = max(requests, results, null)
    for descriptor in range(3, highest + 1):
        if descriptor not in (requests, results):
            _close(descriptor)
    # What the program had open and inheritable.
    os.closerange(highest + 1, os.sysconf("SC_OPEN_MAX"))
    return requests, results


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        pass


def _settings(line: bytes) -> Settings:
    import json

    from pyvorin.core.config import Settings

    data = json.loads(line)
    settings = Settings(data["settings"])
    settings.trusted = data["trusted"]
    return settings


def _limit(settings: Settings) -> None:
    import resource

    size = settings.compile_memory_mb << 20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > size:
        resource.setrlimit(resource.RLIMIT_AS, (size, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # The program may have blocked signals, and a mask is inherited.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.chdir("/")
    if not settings.wait:
        os.nice(_NICENESS)


class Inbox:
    """The lines that arrive, read by a thread, so that the program does not find the pipe full; and the alarm, which the end
    of the lines brings forward."""

    def __init__(self, descriptor: int) -> None:
        import queue
        import threading

        self._descriptor = descriptor
        self._lines: SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._end: float | None = None
        self._stop_at: float | None = None
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, seconds: float | None = None) -> bytes | None:
        """The next line, waited for; None after the last; NOTHING if none comes for so many seconds."""
        import queue

        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return NOTHING

    def limit(self, seconds: float | None) -> None:
        """Let the process end if it is not done after so many seconds; None: it is done."""
        with self._lock:
            self._stop_at = None if seconds is None else time.monotonic() + seconds
            self._set_alarm()

    def _set_alarm(self) -> None:
        ends = [end for end in (self._stop_at, self._end) if end is not None]
        signal.setitimer(signal.ITIMER_REAL, max(0.001, min(ends) - time.monotonic()) if ends else 0)

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                content = os.read(self._descriptor, 1 << 16)
            except OSError:
                content = b""
            if not content:
                with self._lock:
                    self._end = time.monotonic() + GRACE_SECONDS
                    self._set_alarm()
                self._lines.put(None)
                return
            *lines, rest = (rest + content).split(b"\n")
            for line in lines:
                self._lines.put(line)


def _send(descriptor: int, content: bytes) -> None:
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    except OSError:
        pass  # the program has gone; what is compiled serves the next one
