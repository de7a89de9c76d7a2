"""Edit distance of two texts.

Stresses reading characters by index, comparing them, and dynamic programming over two rows.
"""


def setup():
    return "the quick brown fox jumps over the lazy dog " * 4, "a lazy fox quickly jumped over the brown dogs " * 4


def run(a, b):
    previous = list(range(len(b) + 1))
    for i in range(len(a)):
        current = [i + 1]
        for j in range(len(b)):
            cost = 0 if a[i] == b[j] else 1
            current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + cost))
        previous = current
    return previous[-1]
