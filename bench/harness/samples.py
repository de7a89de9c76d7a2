"""Statistics of repeated timings.

All functions take plain sequences of positive numbers, and say what they raise.  Times are seconds per run.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

SIGMAS = 3.0


def three_sigma(times: Sequence[float]) -> tuple[list[float], list[float]]:
    """The times within three sample standard deviations of their mean, and those outside, each in order.

    One value among n can be at most (n - 1) / sqrt(n) sample deviations away from the mean, so the filter cannot
    drop anything from fewer than eleven times: with seven to ten repetitions the median alone bears the outliers.

    Raises:
        statistics.StatisticsError: there are no times.
    """
    if len(times) < 2:
        return [statistics.fmean(times)], []
    centre = statistics.fmean(times)
    reach = SIGMAS * statistics.stdev(times, centre)
    kept = [time for time in times if abs(time - centre) <= reach]
    dropped = [time for time in times if abs(time - centre) > reach]
    return kept, dropped


def ratio_of_medians(baseline: Sequence[float], other: Sequence[float]) -> float:
    """How many times faster `other` is than `baseline`, both filtered by `three_sigma` first."""
    return statistics.median(three_sigma(baseline)[0]) / statistics.median(three_sigma(other)[0])


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile; linear interpolation between neighbours.

    Raises:
        statistics.StatisticsError: there are no values.
    """
    if len(values) < 2:
        middle = statistics.median(values)
        return middle, middle, middle
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def paired_ratios(baseline: Sequence[float], other: Sequence[float]) -> list[float]:
    """Ratio of each round's two times.  The two were taken one after the other, so a slow phase of the machine is
    in both, and the spread of the ratios is what the measurement itself is unsure about.

    Raises:
        ValueError: different numbers of times.
    """
    if len(baseline) != len(other):
        raise ValueError("paired times must come in pairs")
    return [b / o for b, o in zip(baseline, other)]


def geometric_mean(ratios: Sequence[float]) -> float:
    """The mean that fits ratios: a ratio and its inverse cancel.

    Raises:
        ValueError: no ratios, or one that is not positive.
    """
    if not ratios:
        raise ValueError("geometric mean of no ratios")
    return math.exp(math.fsum(math.log(ratio) for ratio in ratios) / len(ratios))
