"""Multiply and add on each element of an array('d'), in place.

Stresses reading and writing through the buffer protocol; a compiler may use vector instructions.  The values converge to
2.0, so that they are ordinary numbers after any number of runs.
"""

from array import array

MUTATES = True


def setup():
    return array("d", (i * 0.25 for i in range(50_000))), 0.5, 1.0


def run(a, c, d):
    for i in range(len(a)):
        a[i] = a[i] * c + d
