"""Forty methods of a line or two that call each other.

Stresses calls of methods, attributes of one object, and inlining.
"""


class Machine:
    def __init__(self, seed):
        self.a = seed
        self.b = seed * 2 + 1
        self.c = 0

    def m0(self, x):
        return x ^ self.b

    def m1(self, x):
        return x - self.c

    def m2(self, x):
        return x + self.a

    def m3(self, x):
        return (x * 3) & 1023

    def m4(self, x):
        return (x * 3) & 1023

    def m5(self, x):
        return x ^ self.b

    def m6(self, x):
        return x + self.a

    def m7(self, x):
        return x + self.a

    def m8(self, x):
        return self.m0(self.m3(x) & 127)

    def m9(self, x):
        return self.m5(x) + 1

    def m10(self, x):
        return self.m5(self.m6(x) & 127)

    def m11(self, x):
        if x & 1:
            return self.m8(x)
        return self.m5(x - 1)

    def m12(self, x):
        if x & 1:
            return self.m5(x)
        return self.m6(x - 1)

    def m13(self, x):
        self.c = (self.c + x) & 255
        return self.m5(x)

    def m14(self, x):
        if x & 1:
            return self.m10(x)
        return self.m7(x - 1)

    def m15(self, x):
        self.c = (self.c + x) & 255
        return self.m11(x)

    def m16(self, x):
        return self.m9(x >> 1)

    def m17(self, x):
        y = self.m14(x & 511)
        return y ^ 17

    def m18(self, x):
        if x & 1:
            return self.m13(x)
        return self.m11(x - 1)

    def m19(self, x):
        return self.m18(x) + 1

    def m20(self, x):
        self.c = (self.c + x) & 255
        return self.m16(x)

    def m21(self, x):
        return self.m17(x >> 1)

    def m22(self, x):
        y = self.m17(x & 511)
        return y ^ 22

    def m23(self, x):
        y = self.m19(x & 511)
        return y ^ 23

    def m24(self, x):
        self.c = (self.c + x) & 255
        return self.m18(x)

    def m25(self, x):
        return self.m21(x) + 1

    def m26(self, x):
        y = self.m19(x & 511)
        return y ^ 26

    def m27(self, x):
        return self.m23(x >> 1)

    def m28(self, x):
        self.c = (self.c + x) & 255
        return self.m27(x)

    def m29(self, x):
        if x & 1:
            return self.m23(x)
        return self.m26(x - 1)

    def m30(self, x):
        if x & 1:
            return self.m23(x)
        return self.m25(x - 1)

    def m31(self, x):
        if x & 1:
            return self.m30(x)
        return self.m25(x - 1)

    def m32(self, x):
        return self.m29(x >> 1)

    def m33(self, x):
        return self.m30(x >> 1)

    def m34(self, x):
        return self.m29(x) + 1

    def m35(self, x):
        if x & 1:
            return self.m27(x)
        return self.m32(x - 1)

    def m36(self, x):
        return self.m32(x >> 1)

    def m37(self, x):
        self.c = (self.c + x) & 255
        return self.m32(x)

    def m38(self, x):
        y = self.m32(x & 511)
        return y ^ 38

    def m39(self, x):
        self.c = (self.c + x) & 255
        return self.m31(x)


def setup():
    return (2000,)


def run(n):
    machine = Machine(7)
    total = 0
    for i in range(n):
        total = (total + machine.m39(i) + machine.m38(i ^ total)) & 0xFFFFFF
    return total
