"""The tables on standard output."""

from __future__ import annotations

import statistics

from harness.measure import EngineResult, ProgramResult
from harness.samples import geometric_mean


def render(rows: list[list[str]]) -> str:
    """Rows as text columns, the first left-aligned, the others right-aligned; the first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(lines)


def seconds(value: float) -> str:
    """A time with three significant digits in a fitting unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def throughput(results: list[ProgramResult]) -> str:
    """Steady speed: per program and engine the median time of a run, the ratio to the baseline and its quartiles."""
    rows = [["program", "engine", "time/run", "ratio", "spread", "native", "result"]]
    for program in results:
        for result in program.engines:
            if not result.runs:
                outcome = "FAILED" if result.error else "absent"
                rows.append([program.name, result.engine.name, "-", "-", "-", result.native, outcome])
                continue
            ratio, spread = None, None
            if result is not program.baseline:
                ratio, spread = program.ratio(result), program.spread(result)
            rows.append([
                program.name,
                result.engine.name,
                seconds(statistics.median(result.wall)),
                f"{ratio:.2f}x" if ratio is not None else "-",
                f"{spread[0]:.2f}..{spread[1]:.2f}" if spread is not None else "-",
                result.native,
                _agreement(program, result),
            ])  # fmt: skip
    return render(rows)


def _agreement(program: ProgramResult, result: EngineResult) -> str:
    if result.engine.foreign:
        return "same" if program.agrees(result) else "other"
    return "same" if program.same else "DIFFERS"


def start_up(results: list[ProgramResult]) -> str:
    """Milliseconds from the start of the process to the first result, medians."""
    rows = [["program", "engine", "cold", "warm"]]
    for program in results:
        for result in program.engines:
            if result.absent:
                continue
            rows.append([program.name, result.engine.name, *(_milliseconds(t) for t in (result.cold, result.warm))])
    return render(rows)


def summary(results: list[ProgramResult]) -> list[str]:
    """One line per engine beside the baseline: the geometric mean over the programs, all of them, native or not."""
    lines = []
    for i, engine in enumerate(results[0].engines[1:], 1):
        ratios = [ratio for program in results if (ratio := program.ratio(program.engines[i])) is not None]
        if ratios:
            mean = geometric_mean(ratios)
            slower = sum(1 for ratio in ratios if ratio < 1.0)
            lines.append(
                f"{engine.engine.name}: geometric mean {mean:.2f}x over {len(ratios)} programs, {slower} of them below 1x"
            )
    return lines


def _milliseconds(times: list[float]) -> str:
    return f"{statistics.median(times) * 1e3:.1f} ms" if times else "-"
