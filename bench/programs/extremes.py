"""Smallest and largest of a list, starting from None.

Stresses a local that is None first and a float later.
"""


def setup():
    return ([(i * 7919 % 100_003) * 0.5 - 20_000.0 for i in range(100_000)],)


def run(values):
    low = None
    high = None
    for value in values:
        if low is None or value < low:
            low = value
        if high is None or value > high:
            high = value
    return low, high
