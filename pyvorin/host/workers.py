"""Starts, feeds, limits and stops the compile worker: CompileRequest out, CompileResult in, over one pair of pipes.

The worker is nobody's child as far as the program can see: a launcher forks it and is reaped at once, so `os.wait()` never finds
it.  It has a session of its own, no descriptor of the program's but the pipes, and ends when they close.  The program never waits
for it unless it was asked to, uses no thread, and loses nothing but a compile when the worker crashes, hangs or is killed.
"""

from __future__ import annotations

import os
import sys

from pyvorin import messages
from pyvorin.core import reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvorin.core.config import Settings
    from pyvorin.messages import CompileRequest, CompileResult

MOST_FAILURES = 3
"""Workers that may end without an answer before no more are started."""

GRACE_SECONDS = 5.0
"""Beyond its own limit, after which a worker that does not even stop itself is killed."""

_FIRST_DESCRIPTOR = 10
_CHUNK = 1 << 16


class Unavailable(Exception):
    """No worker can be started; the text says why."""


class Failure:
    """A request that was not answered: its id, the reason code and the detail."""

    __slots__ = ("code", "detail", "id")

    def __init__(self, id: int, code: str, detail: str) -> None:
        self.id = id
        self.code = code
        self.detail = detail


class Workers:
    """One worker process at most, started when there is something for it to do.

    problem: why no worker will be started any more, as (reason code, detail); None while there is nothing against it.
    """

    __slots__ = (
        "_answers",
        "_failures",
        "_incoming",
        "_outgoing",
        "_pid",
        "_reader",
        "_requests",
        "_settings",
        "_started",
        "_writer",
        "problem",
    )

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._failures = 0
        self._answers: list[CompileResult | Failure] = []
        self.problem: tuple[str, str] | None = None
        self._requests: list[CompileRequest] = []
        self._reader: int | None = None
        self._writer: int | None = None
        self._pid: int | None = None
        self._forget_process()

    @property
    def is_waiting(self) -> bool:
        """Whether a request is unanswered."""
        return bool(self._requests)

    def send(self, request: CompileRequest) -> bool:
        """Queue a request, and start the worker if there is none.  False if there will be none: see `problem`."""
        if self.problem is not None:
            return False
        try:
            line = request.to_json()
            if not self._requests:
                self._read()  # a worker may have been killed while it had nothing to do, which loses nothing
            if self._writer is None:
                self._start()
        except (Unavailable, OSError, NotImplementedError, messages.MessageError) as error:
            self._stop()
            self.problem = (reasons.COMPILER_UNAVAILABLE, str(error))
            return False
        if not self._requests:
            self._started = _now()
        self._requests.append(request)
        self._outgoing += line.encode("ascii") + b"\n"
        self._write()
        return True

    def poll(self) -> list[CompileResult | Failure]:
        """What has been answered, or lost, since the last call.  Does not wait."""
        self._write()
        self._read()
        answers, self._answers = self._answers, []
        return answers

    def wait(self, id: int, seconds: float | None = None) -> list[CompileResult | Failure]:
        """Wait until the request is answered or lost, or so many seconds; returns all that came since the last call."""
        import select

        end = None if seconds is None else _now() + seconds
        while self._reader is not None and any(request.id == id for request in self._requests):
            left = 1.0 if end is None else end - _now()
            if left <= 0:
                break
            writers = [self._writer] if self._outgoing and self._writer is not None else []
            select.select([self._reader], writers, [], min(left, 1.0))
            # What has come stays in _answers if the next round is interrupted.
            self._write()
            self._read()
        return self.poll()

    def close(self) -> None:
        """Let the worker go.  What it has not answered is dropped."""
        self._requests.clear()
        self._stop()

    def after_fork(self) -> None:
        """In a forked child: the worker is the parent's."""
        self._requests.clear()
        self._stop()
        self._failures = 0

    # The process.

    def _start(self) -> None:
        executable = sys.executable
        if not executable or not os.path.isabs(executable):
            raise Unavailable("sys.executable names no interpreter")
        code = bootstrap()
        requests_read, requests_write = _high_pipe()
        try:
            results_read, results_write = _high_pipe()
        except OSError:
            os.close(requests_read)
            os.close(requests_write)
            raise
        actions = [
            (os.POSIX_SPAWN_DUP2, requests_read, 0),
            (os.POSIX_SPAWN_DUP2, results_write, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        try:
            options = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
            launcher = os.posix_spawn(
                executable, [executable, *options, "-c", code], _environment(), file_actions=actions, setsid=True
            )
        except BaseException:
            os.close(requests_write)
            os.close(results_read)
            raise
        finally:
            os.close(requests_read)
            os.close(results_write)
        try:
            os.waitpid(launcher, 0)
        except ChildProcessError:
            pass  # the program ignores SIGCHLD, or another of its threads was faster
        except BaseException:  # raised by a signal handler of the program
            os.close(requests_write)
            os.close(results_read)
            raise
        os.set_blocking(requests_write, False)
        os.set_blocking(results_read, False)
        self._writer, self._reader = requests_write, results_read
        self._outgoing = bytearray(_configuration(self._settings) + b"\n")

    def _stop(self) -> None:
        reader, writer = self._reader, self._writer
        self._forget_process()
        for descriptor in (reader, writer):
            if descriptor is not None:
                try:
                    os.close(descriptor)
                except OSError:
                    pass

    def _forget_process(self) -> None:
        self._reader = self._writer = self._pid = None
        self._incoming = b""
        self._outgoing = bytearray()
        self._started = 0.0

    # The pipes.

    def _write(self) -> None:
        while self._outgoing and self._writer is not None:
            try:
                written = _write_quietly(self._writer, bytes(self._outgoing[:_CHUNK]))
            except BlockingIOError:
                return
            except OSError:
                self._outgoing.clear()  # the worker is gone; reading says so too
                return
            del self._outgoing[:written]

    def _read(self) -> None:
        while self._reader is not None:
            try:
                content = os.read(self._reader, _CHUNK)
            except BlockingIOError:
                if self._requests and _now() - self._started > self._settings.compile_timeout + GRACE_SECONDS:
                    self._kill()
                    self._lose()
                return
            except OSError:
                content = b""
            if not content:
                self._lose()
                return
            *lines, self._incoming = (self._incoming + content).split(b"\n")
            for line in lines:
                self._answer(line)

    def _answer(self, line: bytes) -> None:
        if line.startswith(b"pid "):
            self._pid = int(line[4:])
            return
        try:
            result = messages.CompileResult.from_json(line)
        except messages.MessageError:
            self._kill()
            self._lose()
            return
        self._requests = [request for request in self._requests if request.id != result.id]
        self._started = _now()
        self._failures = 0
        self._answers.append(result)

    def _kill(self) -> None:
        """End the worker by force.  Its number is its own as long as its end of the pipe is open."""
        if self._pid is not None:
            try:
                os.kill(self._pid, 9)
            except OSError:
                pass

    def _lose(self) -> None:
        """The worker has ended.  The request that it worked on is given up, the others go to the next worker."""
        elapsed = _now() - self._started
        pending, self._requests = self._requests, []
        self._stop()
        if not pending:
            return
        self._failures += 1
        timeout = self._settings.compile_timeout
        if elapsed >= timeout:
            code, words = reasons.COMPILER_TIMEOUT, {"seconds": f"{timeout:g}"}
        else:
            code, words = reasons.COMPILER_CRASHED, {"detail": f"the process ended after {elapsed:.1f} seconds"}
        self._answers.append(Failure(pending[0].id, code, reasons.message(code, **words)))
        if self._failures >= MOST_FAILURES:
            self.problem = (reasons.COMPILER_UNAVAILABLE, f"{self._failures} workers in a row ended without an answer")
        for request in pending[1:]:
            if not self.send(request):
                code, detail = self.problem or (reasons.COMPILER_UNAVAILABLE, "")
                self._answers.append(Failure(request.id, code, detail))


def bootstrap() -> str:
    """The program that the worker's interpreter runs.

    Not `-m` nor a script: with either, a file `ast.py` in the program's directory would replace the standard library's.  What
    is not the standard library's comes last on the path, and only the directories that Pyvorin and llvmlite lie in.
    """
    paths = [os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))]
    for package in ("llvmlite", "platformdirs"):
        place = _directory_of(package)
        if place is None:
            raise Unavailable(f"{package} is not installed for {sys.executable}")
        if place not in paths:
            paths.append(place)
    return (
        "import os, sys\n"
        "if os.fork(): os._exit(0)\n"  # the launcher; what follows runs in the worker, which nobody waits for
        f"sys.path += {paths!r}\n"
        "from pyvorin.compiler.worker import main\n"
        "main()\n"
    )


def _directory_of(package: str) -> str | None:
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return os.path.dirname(os.path.dirname(os.path.abspath(spec.origin)))


def _environment() -> dict[bytes, bytes]:
    return {name: value for name, value in os.environb.items() if not name.startswith(b"PYVORIN")}


def _configuration(settings: Settings) -> bytes:
    """The first line for the worker: the settings, which it cannot read from its stripped environment."""
    import json

    return json.dumps({"settings": settings.to_data(), "trusted": settings.trusted}).encode("ascii")


def _high_pipe() -> tuple[int, int]:
    """A pipe whose ends are not in the way of 0, 1 and 2, which the program may have closed."""
    import fcntl

    ends = os.pipe()
    high: list[int] = []
    try:
        for end in ends:
            high.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_DESCRIPTOR))
    except OSError:
        for end in high:
            os.close(end)
        raise
    finally:
        for end in ends:
            os.close(end)
    return high[0], high[1]


def _write_quietly(descriptor: int, content: bytes) -> int:
    """`os.write`, with the error instead of the signal when nobody reads: the program may have SIGPIPE at its default."""
    import signal

    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        try:
            return os.write(descriptor, content)
        except BrokenPipeError:
            if signal.SIGPIPE not in previous:
                signal.sigtimedwait({signal.SIGPIPE}, 0)
            raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def _now() -> float:
    import time

    return time.monotonic()
