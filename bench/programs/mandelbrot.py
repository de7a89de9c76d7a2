"""Points of a grid that stay in the Mandelbrot set.

Stresses float arithmetic in a while loop whose length varies from point to point.
"""


def setup():
    return 60, 60, 100


def iterations(cr, ci, limit):
    zr = zi = 0.0
    count = 0
    while count < limit and zr * zr + zi * zi <= 4.0:
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
        count += 1
    return count


def run(width, height, limit):
    total = 0
    for y in range(height):
        ci = 2.4 * y / height - 1.2
        for x in range(width):
            total += iterations(3.0 * x / width - 2.2, ci, limit)
    return total
