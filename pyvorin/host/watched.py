"""Whether a tool watches the calls of this thread: as native code asks it (`compiler/lower/watching.py`)."""

from __future__ import annotations

import sys

OWN = "pyvorin"
"""The name under which the watch of the main script is registered (`watch_monitoring.py`)."""
TOOLS = 6
"""The ids that `sys.monitoring` gives away."""


def is_watched() -> bool:
    """Whether a debugger, a profiler or a measure of coverage would see what Python code does now."""
    if sys.getprofile() is not None:
        return True
    trace = sys.gettrace()
    if trace is not None:
        main_script = sys.modules.get("pyvorin.host.main_script")
        if main_script is None or not any(trace is tracer for tracer in main_script.tracers):
            return True
    if sys.version_info >= (3, 12):
        tools = [sys.monitoring.get_tool(number) for number in range(TOOLS)]
        return tools.count(None) + tools.count(OWN) < TOOLS
    return False
