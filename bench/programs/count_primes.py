"""Primes below a limit by trial division.

Stresses remainders of whole numbers, an early return, and calls.
"""


def setup():
    return (8_000,)


def is_prime(n):
    if n < 2:
        return False
    if n % 2 == 0:
        return n == 2
    divisor = 3
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 2
    return True


def run(limit):
    count = 0
    for n in range(limit):
        if is_prime(n):
            count += 1
    return count
