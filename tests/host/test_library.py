"""What native code relies on in the standard library is changed while the program runs: it has to print the same.

Each program runs in CPython alone and with Pyvorin, cold and warm; native code was entered before the changes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scripts import require_same_output

RANDOM = """
import random
from random import randrange
from unittest import mock
def draw(n: int):
    s = 0.0
    for i in range(n):
        s = s * 0.5 + random.random() + randrange(10) + random.randint(2, 5) + random.uniform(1.0, 2.0)
    xs = [1, 2, 3, 4]
    random.shuffle(xs)
    return s, xs, random.choice(xs), random.getrandbits(7)
def show():
    for _ in range(4):
        random.seed(5)
        print(draw(3), random.getstate()[1][-1])
show()
"""
CHANGES = {
    "random: the module's functions": RANDOM
    + """
for name in ("random", "randint", "uniform", "shuffle", "choice", "getrandbits", "randrange"):
    with mock.patch(f"random.{name}", lambda *a: 3):
        show()
    show()
other = random.Random(99)
with mock.patch("random.random", other.random):
    show()
show()
""",
    "random: the class": RANDOM
    + """
for name in ("_randbelow", "randrange", "random", "getrandbits"):
    old = vars(random.Random).get(name)
    setattr(random.Random, name, lambda self, *a: 1)
    show()
    if old is None:
        delattr(random.Random, name)
    else:
        setattr(random.Random, name, old)
    show()
""",
    "random: the hidden instance": RANDOM
    + """
for name in ("_randbelow", "getrandbits", "random", "randrange"):
    setattr(random._inst, name, lambda *a: 1)
    show()
    delattr(random._inst, name)
    show()
""",
    "functions in C": """
import time, zlib
from unittest import mock
from bisect import bisect
def clock(n: int):
    return [time.time() > 5.0 for _ in range(n)]
def check(data: bytes):
    return zlib.crc32(data)
def place(xs: list[int], x: int):
    return bisect(xs, x)
def show():
    for _ in range(4):
        print(clock(2), check(b"abc"), place([1, 3, 5], 4))
show()
for name in ("time.time", "zlib.crc32", "bisect.bisect"):
    with mock.patch(name, lambda *a: 1):
        show()
    show()
bisect = lambda xs, x: 77
show()
""",
    "types in C": """
import collections, datetime, re
from datetime import date
from unittest import mock
NUMBER = re.compile(r"(\\d)(x)?")
START = date(2024, 1, 1)
def numbers(lines: list[str]):
    found = []
    for line in lines:
        m = NUMBER.search(line)
        if m:
            found.append((m.group(1), m.end()))
    return found
def days(n: int):
    total = 0.0
    for i in range(n):
        d = date(2024, 3, i + 1)
        total += (d - START).days + (datetime.date(2024, 2, 1) - d).total_seconds() + datetime.timedelta(hours=i).seconds
    return total, d.isoformat()
def counted(words: list[str]):
    counts = collections.OrderedDict()
    for word in words:
        counts[word] = counts.get(word, 0) + 1
        counts.move_to_end(word)
    return counts
class Other(date):
    def isoformat(self):
        return "other"
def show():
    for _ in range(4):
        print(numbers(["a1", "b", "2x"]), days(5), counted(["a", "b", "a"]))
show()
changes = {
    "re.Match": int, "re.Pattern": str, "datetime.date": Other, "datetime.timedelta": lambda hours: START - date(2023, 1, 1),
    "collections.OrderedDict": type("OrderedDict", (collections.OrderedDict,), {}),
}
for name, value in changes.items():
    with mock.patch(name, value):
        show()
    show()
date = Other
show()
""",
    "random: changed before anything is native": """
import random
def draw(n: int):
    return [random.randrange(10) for i in range(n)]
random.Random._randbelow = lambda self, n: n - 1
print(draw(4), draw(4))
""",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_program_sees_what_it_has_changed(tmp_path: Path, change: str) -> None:
    require_same_output(tmp_path, CHANGES[change])
