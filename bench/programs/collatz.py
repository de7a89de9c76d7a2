"""The longest Collatz sequence of the numbers below a limit.

Stresses integer division and parity tests in a loop of unpredictable length.
"""


def setup():
    return (3_000,)


def steps(n):
    count = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count


def run(limit):
    best = longest = 0
    for n in range(1, limit):
        length = steps(n)
        if length > longest:
            best, longest = n, length
    return best, longest
