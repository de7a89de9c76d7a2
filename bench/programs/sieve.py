"""The sieve of Eratosthenes in a list of bool.

Stresses writing into a list that the function made, with a stride.
"""


def setup():
    return (100_000,)


def run(limit):
    is_prime = [True] * (limit + 1)
    is_prime[0] = is_prime[1] = False
    i = 2
    while i * i <= limit:
        if is_prime[i]:
            for k in range(i * i, limit + 1, i):
                is_prime[k] = False
        i += 1
    count = 0
    for flag in is_prime:
        if flag:
            count += 1
    return count
