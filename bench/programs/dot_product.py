"""Dot product of two lists by zip.

Stresses iterating over two lists at once.
"""


def setup():
    return [i * 0.5 for i in range(60_000)], [1.0 / (i + 1) for i in range(60_000)]


def run(xs, ys):
    total = 0.0
    for x, y in zip(xs, ys):
        total += x * y
    return total
