"""Rays through spheres and a floor.

Stresses small objects that live for a statement, objects in objects, a method call on one of two classes.
"""


class Vector:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def dot(self, o):
        return self.x * o.x + self.y * o.y + self.z * o.z

    def scale(self, k):
        return Vector(self.x * k, self.y * k, self.z * k)

    def sub(self, o):
        return Vector(self.x - o.x, self.y - o.y, self.z - o.z)

    def add(self, o):
        return Vector(self.x + o.x, self.y + o.y, self.z + o.z)


class Ray:
    def __init__(self, point, vector):
        self.point = point
        self.vector = vector


class Sphere:
    def __init__(self, centre, radius):
        self.centre = centre
        self.radius = radius

    def hit(self, ray):
        cp = self.centre.sub(ray.point)
        v = cp.dot(ray.vector)
        d = self.radius * self.radius - (cp.dot(cp) - v * v)
        if d < 0.0:
            return -1.0
        return v - d**0.5


class Halfspace:
    def __init__(self, base, normal):
        self.base = base
        self.normal = normal

    def hit(self, ray):
        v = ray.vector.dot(self.normal)
        if v != 0.0:
            return self.base.sub(ray.point).dot(self.normal) / v
        return -1.0


def trace(objects, eye, n):
    total = 0.0
    for y in range(n):
        for x in range(n):
            r = Ray(eye, Vector(x * 0.01 - 0.5, y * 0.01 - 0.5, 1.0))
            best = 1e9
            for o in objects:
                t = o.hit(r)
                if 0.0 < t < best:
                    best = t
            total += best
    return total


def setup():
    return (60,)


def run(n):
    spheres = [Sphere(Vector(i * 0.3, 0.2, 5.0 + i), 1.0) for i in range(4)]
    floor = Halfspace(Vector(0.0, -1.0, 0.0), Vector(0.0, 1.0, 0.0))
    return trace([*spheres, floor], Vector(0.0, 0.0, -1.0), n)
