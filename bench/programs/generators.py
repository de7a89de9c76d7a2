"""Generator expressions that feed sum, any, all, max.

Stresses consuming a generator without making one: with early exit in any and all.
"""


def setup():
    return (list(range(1, 30_001)),)


def run(values):
    squares = sum(value * value for value in values if value % 3 == 0)
    negative = any(value < 0 for value in values)
    positive = all(value > 0 for value in values)
    largest = max(value ^ 21_845 for value in values)
    return squares, negative, positive, largest
