"""Points on a sphere, made, normalised and compared: the shape of pyperformance's `float`.

Stresses making instances, attributes that are floats, methods that change their object.
"""

from math import cos, sin, sqrt


class Point:
    def __init__(self, i):
        self.x = x = sin(i)
        self.y = cos(i) * 3
        self.z = (x * x) / 2

    def normalise(self):
        x, y, z = self.x, self.y, self.z
        norm = sqrt(x * x + y * y + z * z)
        self.x /= norm
        self.y /= norm
        self.z /= norm

    def maximise(self, other):
        if self.x < other.x:
            self.x = other.x
        if self.y < other.y:
            self.y = other.y
        if self.z < other.z:
            self.z = other.z
        return self


def setup():
    return (20000,)


def run(n):
    points = [Point(i * 1.0) for i in range(n)]
    for point in points:
        point.normalise()
    best = points[0]
    for point in points:
        best = best.maximise(point)
    return best.x, best.y, best.z
