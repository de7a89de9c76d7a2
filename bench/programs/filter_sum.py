"""Sum of the floats of a list that pass a test.

Stresses a loop with a branch that is taken for about half of the elements, in no pattern.
"""


def setup():
    state = 12345
    values = []
    for _ in range(100_000):
        state = state * 48271 % 2147483647
        values.append(state / 2147483647.0)
    return values, 0.5


def run(values, limit):
    total = 0.0
    for value in values:
        if value > limit:
            total += value * 1.2
    return total
