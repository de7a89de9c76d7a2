"""How the values of one column are distributed."""

from __future__ import annotations

import math

# Lehmer's generator with the multiplier of Park and Miller's 1993 revision ("minimal standard").
LEHMER_MULTIPLIER = 48271
LEHMER_MODULUS = 2147483647


def mean(values: list[float]) -> float:
    """Arithmetic mean, summed in order.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("mean of no values")
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def variance(values: list[float]) -> float:
    """Sample variance, one pass by Welford's recurrence; 0.0 for fewer than two values."""
    count = 0
    centre = 0.0
    squares = 0.0
    for value in values:
        count += 1
        delta = value - centre
        centre += delta / count
        squares += delta * (value - centre)
    return squares / (count - 1) if count > 1 else 0.0


def deviation(values: list[float]) -> float:
    return math.sqrt(variance(values))


def skewness(values: list[float]) -> float:
    """Third standardised moment; 0.0 where all values are equal."""
    centre = mean(values)
    second = 0.0
    third = 0.0
    for value in values:
        delta = value - centre
        second += delta * delta
        third += delta * delta * delta
    if second == 0.0:
        return 0.0
    count = len(values)
    return (third / count) / (second / count) ** 1.5


def extremes(values):
    """Smallest and largest value, (None, None) if there are none."""
    low = None
    high = None
    for value in values:
        if low is None or value < low:
            low = value
        if high is None or value > high:
            high = value
    return low, high


def nth_smallest(values: list[float], n: int) -> float:
    """The value at position n of the sorted values, by Hoare's selection with the median of three as pivot.

    Raises:
        IndexError: n is no position of the values.
    """
    if not 0 <= n < len(values):
        raise IndexError("no such position")
    work = values[:]
    left = 0
    right = len(work) - 1
    while left < right:
        first, middle, last = work[left], work[(left + right) // 2], work[right]
        pivot = max(min(first, middle), min(max(first, middle), last))
        i = left
        j = right
        while i <= j:
            while work[i] < pivot:
                i += 1
            while pivot < work[j]:
                j -= 1
            if i <= j:
                work[i], work[j] = work[j], work[i]
                i += 1
                j -= 1
        if n <= j:
            right = j
        elif n >= i:
            left = i
        else:
            break
    return work[n]


def percentile(values: list[float], percent: float) -> float:
    """Percentile with linear interpolation between the two nearest values."""
    place = (len(values) - 1) * percent / 100.0
    below = int(place)
    low = nth_smallest(values, below)
    if place == below:
        return low
    high = nth_smallest(values, below + 1)
    return low + (high - low) * (place - below)


def histogram(values: list[float], low: float, width: float, bins: int) -> list[int]:
    """Counts per bin of equal width; what lies outside is counted in the first and the last bin."""
    counts = [0] * bins
    for value in values:
        place = math.floor((value - low) / width)
        if place < 0:
            place = 0
        elif place >= bins:
            place = bins - 1
        counts[place] += 1
    return counts


def outliers(values: list[float], limit: float = 3.0) -> int:
    """How many values are more than `limit` standard deviations away from the mean."""
    centre = mean(values)
    reach = limit * deviation(values)
    return sum(1 for value in values if abs(value - centre) > reach)


def clip(values: list[float], low: float, high: float) -> list[float]:
    return [min(max(value, low), high) for value in values]


def bootstrap_means(values: list[float], rounds: int, draws: int, seed: int = 1) -> list[float]:
    """Means of `rounds` samples of `draws` values each, drawn with replacement."""
    size = len(values)
    state = seed
    means = []
    for _ in range(rounds):
        total = 0.0
        for _ in range(draws):
            state = state * LEHMER_MULTIPLIER % LEHMER_MODULUS
            total += values[state % size]
        means.append(total / draws)
    return means


def entropy(counts: list[int]) -> float:
    """Shannon entropy of a histogram, in bits."""
    total = sum(counts)
    result = 0.0
    for count in counts:
        if count:
            share = count / total
            result -= share * math.log2(share)
    return result
