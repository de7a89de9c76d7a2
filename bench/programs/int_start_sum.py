"""Sum of floats that starts from the int 0.

Stresses an accumulator that changes its type in the first iteration; for an empty list the result is the int 0.
"""


def setup():
    return [i * 0.01 for i in range(100_000)], []


def total(values):
    s = 0
    for value in values:
        s += value
    return s


def run(values, nothing):
    return total(values), total(nothing)
