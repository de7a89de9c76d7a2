"""Five bodies under gravity: planets around the sun, positions and velocities in lists.

Stresses nested loops over small lists of floats that the function made itself, reads and writes by index, square roots.
"""

from math import pi, sqrt

SOLAR_MASS = 4 * pi * pi
DAYS_PER_YEAR = 365.24


def setup():
    positions = [
        0.0, 0.0, 0.0,
        4.841431442464721, -1.1603200440274284, -0.10362204447112311,
        8.34336671824458, 4.124798564124305, -0.4035234171143214,
        12.894369562139131, -15.111151401698631, -0.22330757889265573,
        15.379697114850917, -25.919314609987964, 0.17925877295037118,
    ]  # fmt: skip
    velocities = [
        0.0, 0.0, 0.0,
        0.606326392995832, 2.81198684491626, -0.02521836165988763,
        -1.0107743461787924, 1.8256623712304119, 0.008415761376584154,
        1.0827910064415354, 0.8687130181696082, -0.010832637401363636,
        0.979090732243898, 0.5946989986476762, -0.034755955550407814,
    ]  # fmt: skip
    masses = [
        SOLAR_MASS, 0.03769367487038949, 0.011286326131968767, 0.0017237240570597112, 0.0020336868699246304
    ]  # fmt: skip
    return positions, velocities, masses, 0.01, 500


def energy(x, v, mass):
    total = 0.0
    for i in range(len(mass)):
        k = 3 * i
        total += 0.5 * mass[i] * (v[k] * v[k] + v[k + 1] * v[k + 1] + v[k + 2] * v[k + 2])
        for j in range(i + 1, len(mass)):
            m = 3 * j
            dx = x[k] - x[m]
            dy = x[k + 1] - x[m + 1]
            dz = x[k + 2] - x[m + 2]
            total -= mass[i] * mass[j] / sqrt(dx * dx + dy * dy + dz * dz)
    return total


def run(positions, velocities, mass, step, steps):
    x = positions[:]
    v = velocities[:]
    bodies = len(mass)
    for _ in range(steps):
        for i in range(bodies):
            k = 3 * i
            for j in range(i + 1, bodies):
                m = 3 * j
                dx = x[k] - x[m]
                dy = x[k + 1] - x[m + 1]
                dz = x[k + 2] - x[m + 2]
                square = dx * dx + dy * dy + dz * dz
                pull = step / (square * sqrt(square))
                mine = mass[i] * pull
                other = mass[j] * pull
                v[k] -= dx * other
                v[k + 1] -= dy * other
                v[k + 2] -= dz * other
                v[m] += dx * mine
                v[m + 1] += dy * mine
                v[m + 2] += dz * mine
        for k in range(3 * bodies):
            x[k] += step * v[k]
    return energy(x, v, mass)
