"""Fibonacci numbers by double recursion.

Stresses calls: a call, a comparison and an addition each, 832,040 calls in a run.
"""


def setup():
    return (27,)


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def run(n):
    return fib(n)
