"""Iterative Fibonacci numbers and factorials far beyond 64 bits.

Stresses functions whose integers overflow at every call: they have to be as fast as without Pyvorin.
"""


def setup():
    return 200, 30


def run(n, m):
    return fibonacci(n), factorial(m)


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def factorial(n):
    result = 1
    for i in range(2, n + 1):
        result *= i
    return result
