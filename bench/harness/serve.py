"""The measured process's side of the protocol: runs a subject as the parent asks, one JSON line for each request.

Requests on standard input, answers on standard output:

    (at start)                 {"ready": t, "checksum": c}    monotonic seconds when the first result was there
    {"soak": seconds}          {"runs": n}                    runs for at least that long
    {"repeat": count}          {"wall": s, "cpu": s, "timed": c, "fresh": c}
    end of input               leaves

`timed` is the checksum of the last timed result, `fresh` that of one more run; null where the subject has none.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any, TextIO


class Subject:
    """What is measured."""

    def first(self) -> str:
        """Runs once, or as often as it takes to be sure of the results, and returns the checksum."""
        raise NotImplementedError

    def run(self, count: int) -> None:
        """Runs *count* times; this alone is timed."""
        raise NotImplementedError

    def timed(self) -> str | None:
        """The checksum of what the last timed run gave."""
        raise NotImplementedError

    def fresh(self) -> str | None:
        """The checksum of one more run, equal to that of `first`."""
        raise NotImplementedError


def serve(subject: Subject, requests: TextIO, answers: TextIO) -> None:
    """Answers until the requests end."""
    checksum = subject.first()
    _answer(answers, {"ready": time.monotonic(), "checksum": checksum})
    for line in requests:
        request = json.loads(line)
        if "soak" in request:
            _answer(answers, {"runs": _soak(subject, request["soak"])})
        else:
            gc.collect()
            cpu = time.process_time()
            wall = time.perf_counter()
            subject.run(request["repeat"])
            wall = time.perf_counter() - wall
            cpu = time.process_time() - cpu
            timed = subject.timed()
            _answer(answers, {"wall": wall, "cpu": cpu, "timed": timed, "fresh": subject.fresh()})


def _soak(subject: Subject, seconds: float) -> int:
    end = time.perf_counter() + seconds
    runs = 0
    while True:
        subject.run(1)
        runs += 1
        if time.perf_counter() >= end:
            return runs


def _answer(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def serve_standard_streams(subject: Subject) -> None:
    """`serve` on the process's own streams; what the subject prints is then lost, unless it keeps it."""
    serve(subject, sys.stdin, sys.__stdout__ or sys.stdout)
