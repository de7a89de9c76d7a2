"""Product of two square matrices held as flat lists of floats.

Stresses the inner product with two index computations, three loops deep.
"""


def setup():
    n = 48
    a = [float((i * 31 + 7) % 17) * 0.25 for i in range(n * n)]
    b = [float((i * 13 + 5) % 23) * 0.5 for i in range(n * n)]
    return a, b, n


def run(a, b, n):
    product = [0.0] * (n * n)
    for i in range(n):
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += a[i * n + k] * b[k * n + j]
            product[i * n + j] = total
    return product
