"""Ordered sum of a list of floats.

Stresses reading a list's elements and unboxing them: one addition per element, in the order of the list.
"""


def setup():
    return ([i * 0.37 - 1000.0 for i in range(100_000)],)


def run(values):
    total = 0.0
    for value in values:
        total += value
    return total
