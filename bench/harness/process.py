"""A measured process seen from the parent: one fresh interpreter that runs one program when asked."""

from __future__ import annotations

import contextlib
import json
import math
import select
import subprocess
import time
from typing import Any

from harness.catalogue import Program
from harness.engines import Engine

MARGIN = 1.25
"""How much longer than the minimum a repetition is planned, so that a faster phase of the machine does not undercut it."""


class ChildFailed(Exception):
    """The measured process died, hung or answered nonsense."""


class Repetition:
    """One timed repetition: seconds per run by wall clock and by processor time, and the checksums."""

    __slots__ = ("cpu", "fresh", "runs", "timed", "wall")

    def __init__(self, runs: int, wall: float, cpu: float, timed: str | None, fresh: str | None) -> None:
        self.runs = runs
        self.wall = wall
        self.cpu = cpu
        self.timed = timed
        self.fresh = fresh


class Child:
    """A running measured process.

    `more` are arguments after the program's own.  `first_result` is the seconds from before the process was started until
    its first result was computed; `checksum` is that of the first result.
    """

    def __init__(
        self, engine: Engine, program: Program, timeout: float, more: tuple[str, ...] = (), **variables: str
    ) -> None:
        self.engine = engine
        self.runs = 1
        self._timeout = timeout
        started = time.monotonic()
        self._process = subprocess.Popen(
            engine.command(program.script, *program.arguments, *more),
            env=engine.environment(**{**program.variables, **variables}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            hello = self._answer()
        except ChildFailed:
            self.kill()
            raise
        # time.monotonic() counts from the same moment in every process of a Linux machine.
        self.first_result: float = hello["ready"] - started
        self.checksum: str = hello["checksum"]

    def soak(self, seconds: float) -> None:
        """Runs the program for that long, untimed: caches, clock frequency and any just-in-time compiler settle."""
        self._ask({"soak": seconds})

    def calibrate(self, minimum: float) -> None:
        """Sets `runs` so that one repetition takes at least `minimum` seconds of wall time."""
        while True:
            wall = self._ask({"repeat": self.runs})["wall"]
            if wall >= minimum:
                return
            self.runs = next_runs(self.runs, wall, minimum)

    def repeat(self, minimum: float) -> Repetition:
        """One repetition of at least `minimum` seconds; a shorter one is not used, and taken again with more runs."""
        while True:
            answer = self._ask({"repeat": self.runs})
            if answer["wall"] >= minimum:
                wall, cpu = answer["wall"] / self.runs, answer["cpu"] / self.runs
                return Repetition(self.runs, wall, cpu, answer["timed"], answer["fresh"])
            self.runs = next_runs(self.runs, answer["wall"], minimum)

    def close(self) -> None:
        """Lets the process leave by itself, so that Pyvorin writes its report.

        Raises:
            ChildFailed: it does not, or with another status than 0.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # A process that has died leaves a request that was not sent in the buffer; its exit status says so.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            status = self._process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ChildFailed(f"{self.engine.name}: did not end") from None
        self._process.stdout.close()
        if status != 0:
            raise ChildFailed(f"{self.engine.name}: exit status {status}")

    def kill(self) -> None:
        """Ends the process if it still runs; its end is waited for."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ChildFailed(f"{self.engine.name}: {error}") from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        # The child writes one whole line per request, so what is readable is the line or the end of the stream.
        readable, _, _ = select.select([self._process.stdout], [], [], self._timeout)
        if not readable:
            raise ChildFailed(f"{self.engine.name}: no answer within {self._timeout:g} s")
        line = self._process.stdout.readline()
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ChildFailed(f"{self.engine.name}: died, or answered {line[:80]!r}")
        return answer


def next_runs(runs: int, wall: float, minimum: float) -> int:
    """More runs for a repetition that took `wall` seconds and should take `minimum`: at least one more, at most a
    hundredfold, because a very short time says little about the next."""
    wanted = math.ceil(runs * MARGIN * minimum / wall) if wall > 0.0 else runs * 100
    return max(runs + 1, min(wanted, runs * 100))
