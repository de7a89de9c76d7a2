"""Fast Fourier transform of lists of floats: recursive, real and imaginary parts in lists of their own.

Stresses slices with a step, recursion that returns a tuple of lists, and math.
"""

import math


def setup():
    n = 1024
    return ([math.sin(i * 0.1) + (i * 7919 % 100) * 0.01 for i in range(n)],)


def transform(real, imaginary):
    n = len(real)
    if n == 1:
        return real[:], imaginary[:]
    even_real, even_imaginary = transform(real[0::2], imaginary[0::2])
    odd_real, odd_imaginary = transform(real[1::2], imaginary[1::2])
    half = n // 2
    out_real = [0.0] * n
    out_imaginary = [0.0] * n
    for k in range(half):
        angle = -2.0 * math.pi * k / n
        c = math.cos(angle)
        s = math.sin(angle)
        r = c * odd_real[k] - s * odd_imaginary[k]
        i = c * odd_imaginary[k] + s * odd_real[k]
        out_real[k] = even_real[k] + r
        out_imaginary[k] = even_imaginary[k] + i
        out_real[k + half] = even_real[k] - r
        out_imaginary[k + half] = even_imaginary[k] - i
    return out_real, out_imaginary


def run(values):
    real, imaginary = transform(values, [0.0] * len(values))
    return [math.sqrt(x * x + y * y) for x, y in zip(real, imaginary)]
