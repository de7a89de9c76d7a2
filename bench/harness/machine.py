"""What a reader of the figures must know about the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from harness.engines import ROOT


def describe() -> dict[str, object]:
    """Processor, load, kernel and project revision; empty text where the machine does not say."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "affinity": sorted(os.sched_getaffinity(0)),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "load": list(os.getloadavg()),
        "system": platform.platform(),
        "revision": _revision(),
    }


def _processor() -> str:
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _revision() -> str:
    """The project's commit, with "-dirty" after it if tracked files differ from it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
