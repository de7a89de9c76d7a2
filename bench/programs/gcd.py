"""Greatest common divisors of many pairs.

Stresses calls of a short function with a loop, and parallel assignment.
"""


def setup():
    return (150,)


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def run(limit):
    total = 0
    for a in range(1, limit):
        for b in range(1, limit):
            total += gcd(a * 12, b * 18)
    return total
