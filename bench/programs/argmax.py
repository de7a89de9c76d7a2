"""Position of the largest element by enumerate.

Stresses unpacking the pairs of enumerate and reading the list by index beside it.
"""


def setup():
    return ([float(i * 7919 % 100_003) for i in range(80_000)],)


def run(values):
    best = 0
    for i, value in enumerate(values):
        if value > values[best]:
            best = i
    return best
