"""Series of measurements, with itertools and operator.

Stresses loops over chain, islice, accumulate, groupby, combinations and product, and itemgetter as a key.
"""

from itertools import accumulate, chain, combinations, groupby, islice, product
from operator import itemgetter


def setup():
    first = [(number % 17, number * 7919 % 1000) for number in range(5_000)]
    second = [(number % 13, number * 104_729 % 1000) for number in range(5_000)]
    return first, second


def run(first, second):
    total = 0
    for key, value in chain(first, second):
        total += key * value
    sums = {}
    for key, group in groupby(sorted(islice(first, 3_000), key=itemgetter(0)), key=itemgetter(0)):
        sums[key] = sum(value for _, value in group)
    largest = 0
    for level in accumulate(value - 500 for _, value in second):
        if level > largest:
            largest = level
    pairs = 0
    for a, b in combinations(range(100), 2):
        if (a + b) % 7 == 0:
            pairs += a * b
    cells = 0
    for x, y, z in product(range(12), repeat=3):
        if x * x + y * y == z * z:
            cells += x
    return total, sums, largest, pairs, cells
