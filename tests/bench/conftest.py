"""Puts the benchmarks' scripts on the path, as running them does."""

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"

for directory in (BENCH, BENCH / "apps" / "flights"):
    if str(directory) not in sys.path:
        sys.path.append(str(directory))
