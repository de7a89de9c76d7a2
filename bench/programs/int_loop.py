"""A loop over whole numbers with additions, products and remainders.

Stresses integer arithmetic that must notice when it leaves 64 bits.
"""


def setup():
    return (200_000,)


def run(count):
    total = 0
    for i in range(count):
        total += i * i % 7 + (i & 3)
    return total
