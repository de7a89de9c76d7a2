"""Random arguments as text: ordinary ones of the wanted type, extreme ones, and wrong ones."""

from __future__ import annotations

import random
from collections.abc import Callable

from .scope import element_of, is_table, table_parts, tuple_items

EDGE_INTS = ("0", "1", "-1", "2147483647", "-2147483648", "2147483648", "9007199254740992", "9007199254740993",
             "4611686018427387904", "9223372036854775806", "9223372036854775807", "-9223372036854775807",
             "-9223372036854775808")  # fmt: skip
LARGE_INTS = ("9223372036854775808", "-9223372036854775809", "18446744073709551616", "2**70", "-2**100", "10**30")
EDGE_FLOATS = ("nan", "inf", "-inf", "0.0", "-0.0", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "-1e308",
               "1e16", "9007199254740993.0", "9.223372036854775e18", "9.223372036854776e18", "-9.223372036854776e18", "0.1",
               "2.675", "0.5", "1.5", "2.5")  # fmt: skip
EDGE_STRS = (
    "''",
    "'\\x00'",
    "'\\xff'",
    "'caf\\xe9'",
    "'\\u20ac uro'",
    "'\\U0001f40d'",
    "'a\\U0001f40d\\xe9\\u20ac'",
    "'\\ud800'",
    "'aaaaaaaaab'",
)
ODD = {
    "int": (*LARGE_INTS, "True", "IntSub(3)", "OddInt(3)", "2.0", "None", "'1'", "Indexable(2)", "[1]"),
    "float": ("1", "2**60 + 1", "True", "FloatSub(1.5)", "None", "'1.5'", "1j"),
    "bool": ("0", "1", "2", "None", "''", "[]", "nan"),
    "str": ("StrSub('abc')", "b'abc'", "None", "['a', 'b']", "('a', 'b')", "7"),
    "list": (
        "ListSub([1, 2])",
        "LyingList([1, 2, 3])",
        "(1, 2, 3)",
        "None",
        "'abc'",
        "range(3)",
        "array('d', [1.0, 2.5])",
        "{1: 2}",
        "5",
    ),
    "tuple": ("[1, 2.0]", "(1,)", "()", "(1, 2.0, True, 4)", "None"),
    "dict": ("DictSub({'a': 1})", "[('a', 1)]", "None", "{1, 2}", "{OddKey('a'): 1, OddKey(1, True): 2}", "5"),
    "set": ("frozenset({1})", "[1, 2]", "None", "{1: 2}", "{OddKey('a'), OddKey(1, True)}"),
    "range": ("[0, 1, 2]", "range(0)", "(3, 4)", "None", "5"),
    "array": (
        "[1, 2]",
        "array('f', [1.5])",
        "array('d')",
        "array('q', [1])",
        "None",
        "(1.0,)",
        "array('b', [-1])",
        "bytearray(b'ab')",
    ),
}
ODD_ELEMENTS = ("None", "True", "2**70", "2.5", "7", "'s'", "IntSub(4)", "OddInt(2)", "FloatSub(0.5)", "nan", "[1.0]")


ODD_KEYS = (
    "None",
    "True",
    "1.0",
    "2**70",
    "nan",
    "(1, 'a')",
    "StrSub('a')",
    "IntSub(1)",
    "OddKey('a')",
    "OddKey(1, True)",
    "b'a'",
)

Maker = Callable[[str], str]


class Arguments:
    """Makes the text of arguments from a source of randomness."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def ordinary(self, ty: str, name: str = "") -> str:
        """A value of the type, of moderate size."""
        rng = self._rng
        if name == "depth":
            return str(rng.randint(-1, 8))
        if ty == "num":
            ty = rng.choice(("int", "float"))
        if ty == "int":
            return str(rng.choice((rng.randint(-20, 20), rng.randint(-5, 5), rng.randint(-(10**6), 10**6))))
        if ty == "float":
            return repr(
                rng.choice(
                    (float(rng.randint(-10, 10)), rng.randint(-15, 15) / 2, rng.uniform(-100, 100), rng.gauss(0, 1))
                )
            )
        if ty == "bool":
            return rng.choice(("True", "False"))
        if ty == "str":
            return ascii("".join(rng.choice("ab cd01z") for _ in range(rng.choice((0, 1, 3, 5, 8)))))
        if ty == "range":
            return f"range({rng.randint(-4, 4)}, {rng.randint(-4, 9)}, {rng.choice((1, 1, 2, 3, -1))})"
        if ty.startswith("opt["):
            return "None" if rng.random() < 0.4 else self.ordinary(ty[4:-1])
        if ty.startswith("tuple["):
            return f"({', '.join(self.ordinary(item) for item in tuple_items(ty))},)"
        if ty.startswith("array["):
            return self._array(ty, "ordinary")
        if is_table(ty):
            return self._table(ty, [self.ordinary])
        count = 0 if rng.random() < 0.1 else rng.randint(1, 7)
        return f"[{', '.join(self.ordinary(element_of(ty)) for _ in range(count))}]"

    def extreme(self, ty: str, name: str = "") -> str:
        """A value of the type at one of its edges."""
        rng = self._rng
        if name == "depth":
            return rng.choice(("0", "-1", "9", "-9223372036854775808", "True"))
        if ty == "num":
            ty = rng.choice(("int", "float"))
        if ty == "int":
            return rng.choice(LARGE_INTS if rng.random() < 0.05 else EDGE_INTS)
        if ty == "float":
            return rng.choice(EDGE_FLOATS)
        if ty == "str":
            return rng.choice(EDGE_STRS)
        if ty == "range":
            return rng.choice(("range(0)", "range(2**63 - 3, 2**63 + 2)", "range(-2**63, -2**63 + 4)", "range(2**70, 2**70 + 3)",
                               "range(5, -5, -2)", "range(2**63 - 1, 2**63 - 9, -3)", "range(3, 3)",
                               "range(0, 10, 2**64)"))  # fmt: skip
        if ty.startswith("opt["):
            return "None" if rng.random() < 0.4 else self.extreme(ty[4:-1])
        if ty.startswith("tuple["):
            return f"({', '.join(self.extreme(item) for item in tuple_items(ty))},)"
        if ty.startswith("array["):
            return self._array(ty, "extreme")
        if is_table(ty):
            return self._table(ty, [self.ordinary, self.extreme])
        if ty.startswith("list["):
            kind = rng.random()
            if kind < 0.25:
                return "[]"
            items = [rng.choice((self.ordinary, self.extreme))(element_of(ty)) for _ in range(rng.randint(1, 6))]
            if kind < 0.5:
                items[rng.randrange(len(items))] = rng.choice(ODD_ELEMENTS)
            return f"[{', '.join(items)}]"
        return self.ordinary(ty, name)

    def wrong(self, ty: str, name: str = "") -> str:
        """A value that is not of the type, or of a subclass of it."""
        if name == "depth":
            return self._rng.choice(("None", "2.0", "IntSub(3)", "'3'"))
        if ty.startswith("opt["):
            ty = ty[4:-1]
        if ty == "num":
            ty = "float"
        return self._rng.choice(ODD[ty.split("[")[0]])

    def _table(self, ty: str, makers: list[Maker]) -> str:
        """A display of a dict or a set; where extremes are wanted sometimes with a key or a value of another type."""
        rng, parts = self._rng, table_parts(ty)
        count = 0 if rng.random() < 0.15 else rng.randint(1, 6)
        items = []
        for _ in range(count):
            item = [rng.choice(makers)(part) for part in parts]
            if parts[0] == "int" and rng.random() < 0.6:
                item[0] = str(rng.randint(-2, 5))
            if len(makers) > 1 and rng.random() < 0.08:
                item[0] = rng.choice(ODD_KEYS)
            if len(makers) > 1 and len(item) > 1 and rng.random() < 0.08:
                item[1] = rng.choice(ODD_ELEMENTS)
            items.append(": ".join(item))
        return f"{{{', '.join(items)}}}" if items or len(parts) == 2 else "set()"

    def _array(self, ty: str, how: str) -> str:
        rng, code = self._rng, ty[6:-1]
        count = rng.choice((0, 1, 2, 4, 4, 6))
        if code == "d":
            items = [getattr(self, how)("float") for _ in range(count)]
        else:
            low, high = {"q": (-(2**63), 2**63 - 1), "i": (-(2**31), 2**31 - 1), "B": (0, 255)}[code]
            span = (low, high) if how == "extreme" else (max(low, -50), min(high, 50))
            items = [str(rng.choice((*span, rng.randint(*span)))) for _ in range(count)]
        return f"array('{code}', [{', '.join(items)}])"
