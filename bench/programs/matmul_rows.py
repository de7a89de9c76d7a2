"""Product of two matrices that are lists of lists of floats.

Stresses reading by two indices, the rows of which the second one changes in the innermost loop.
"""


def setup():
    n = 48
    a = [[float((i * 31 + j * 7) % 17) * 0.25 for j in range(n)] for i in range(n)]
    b = [[float((i * 13 + j * 5) % 23) * 0.5 for j in range(n)] for i in range(n)]
    return a, b


def multiply(a, b):
    n = len(a)
    m = len(b[0])
    product = [[0.0] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            total = 0.0
            for k in range(len(b)):
                total += a[i][k] * b[k][j]
            product[i][j] = total
    return product


def run(a, b):
    square = multiply(a, b)
    return sum(square[i][i] for i in range(len(square))), square[3]
