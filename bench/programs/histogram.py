"""Histogram of floats in bins of equal width.

Stresses converting floats to whole numbers and counting in a list that the function made.
"""


def setup():
    return [(i * 7919 % 100_003) * 0.01 for i in range(50_000)], 0.0, 10.0, 80


def run(values, low, width, bins):
    counts = [0] * bins
    for value in values:
        place = int((value - low) / width)
        if place < 0:
            place = 0
        elif place >= bins:
            place = bins - 1
        counts[place] += 1
    return counts
