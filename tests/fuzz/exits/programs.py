"""Random programs with effects, from a seed: small functions that change their arguments, and larger ones that use them.

`generate(seed)` gives the same program for ever.  Lists grow only as long as they are short, and every `while` has a counter,
so that programs end; CPython is the judge of everything else.
"""

from __future__ import annotations

import random

from tests.fuzz.generate import Program

from .expressions import ITEMS, LISTS, Helper
from .statements import Statements
from .tables import PARAMETERS

FEATURES = ("annotations", "array", "assert", "boolean", "comprehension", "detour", "float", "pop", "raise", "recursion",
            "reduction", "rows", "str", "ternary", "try", "unbound", "walrus")  # fmt: skip
LIKELIHOOD = {
    "annotations": 0.8,
    "detour": 0.25,
    "comprehension": 0.35,
    "reduction": 0.35,
    "recursion": 0.3,
    "unbound": 0.3,
    "float": 0.6,
}
TEXT = 0.4
"""How likely f-strings and methods of str are; drawn apart, so that a program without them is what its seed has always given."""
TABLE = 0.4
"""As TEXT, for a dict and a set."""
OPAQUE = 0.25
"""As TEXT, for loops over iterators of the program's, and managers."""
SIZES = (5, 5, 5, 9, 9, 14, 22)
"""How many statements a function may have before none are added that contain others; what is long to compile is seldom."""
CALLS = 5
"""Calls of each of the larger functions."""
ODD = {"int": ("True", "2.5", "2**70", "None", "'s'", "9223372036854775807"), "float": ("3", "True", "None", "'s'", "nan"),
       "str": ("None", "7", "StrSub('q')")}  # fmt: skip


def generate(seed: int) -> Program:
    """The program of a seed."""
    rng = random.Random(seed * 7919 + 5)
    features = frozenset(name for name in FEATURES if rng.random() < LIKELIHOOD.get(name, 0.5))
    if random.Random(f"text {seed}").random() < TEXT:
        features |= {"text"}
    if random.Random(f"table {seed}").random() < TABLE:
        features |= {"table"}
    if random.Random(f"opaque {seed}").random() < OPAQUE:
        features |= {"opaque", "detour"}
    size = random.Random(f"size {seed}").choice(SIZES)
    helpers: list[Helper] = []
    chunks: list[str] = [WATCHED] if "detour" in features else []
    calls: list[str] = []
    for index in range(rng.randint(2, 4)):
        source, helper = _small(rng, features, f"g{seed}_{index}")
        chunks.append(source)
        helpers.append(helper)
    for index in range(rng.choice((1, 1, 2))):
        source, helper = _large(rng, features, helpers, f"f{seed}_{index}", size)
        chunks.append(source)
        calls += [_call(rng, helper, number) for number in range(CALLS)]
        helpers.append(helper)
    return Program(f"p{seed}", "\n\n".join(chunks) + "\n", calls)


WATCHED = '''
import sys


class Watched:
    """Tells what is done to it, and who has done it."""

    def __init__(self):
        self.total = 0

    def note(self, *values):
        frame = sys._getframe(1)
        print(frame.f_code.co_name, frame.f_lineno, values)
        return values[0]

    def __enter__(self):
        self.total += 1
        print("enter", self.total, sys._getframe(1).f_lineno)
        return self.total

    def __exit__(self, kind, value, traceback):
        print("exit", kind, traceback and traceback.tb_lineno, sys._getframe(1).f_lineno)
        return kind is ValueError or (kind is not None and self.total % 3 == 0)

    def each(self, items):
        for item in [*items]:
            self.total += 1
            print("item", item, sys._getframe(1).f_lineno)
            if self.total % 13 == 12:
                raise KeyError(item)
            yield item
        print("no more", sys._getframe(1).f_lineno)

    kept = ()

    def keep(self, function):
        self.kept = (*self.kept[-3:], function)
        print("kept", [kept() for kept in self.kept], sys._getframe(1).f_lineno)
        return len(self.kept)

    def __getattr__(self, name):
        print("missing", name)
        raise AttributeError(name)
'''
"""What no native code has a form for, so that it makes detours."""

XS_V = (("xs", "list[int]"), ("v", "int"))
FS_W = (("fs", "list[float]"), ("w", "float"))
DEEP = (("depth", "int"), *XS_V)
SMALL = (
    ("int", XS_V, "if len(xs) < {cap}:|    xs.append(v)|return v{op}"),
    ("int", XS_V, "xs[v % len(xs)] += {k}|return xs[0]{op}"),
    ("int", XS_V, "if v > {k}:|    return xs.pop()|xs.insert(0, v)|if len(xs) > {cap}:|    xs.pop()|return len(xs)"),
    ("int", (("xs", "list[int]"), ("ys", "list[int]")),
     "for y in ys:|    if len(xs) < {cap}:|        xs.append(y{op})|return len(xs)"),
    ("bool", XS_V, "if len(xs) < {cap}:|    xs.append(v)|return v > {k}"),
    ("bool", XS_V, "xs[-1] = v|return xs[0] < v or v == {k}"),
    ("float", FS_W, "if len(fs) < {cap}:|    fs.append(w)|return w * {k}"),
    ("float", FS_W, "fs[0] = w|return fs[-1] / (w - {k})"),
    ("none", XS_V, "if v < {k}:|    return|xs[0], xs[-1] = xs[-1], v{op}"),
    ("none", XS_V, "if v == {k}:|    raise KeyError(v)|xs[0] = v"),
    ("list[int]", XS_V, "xs[-1] += v|return xs"),
    ("int", DEEP, "if len(xs) < 12:|    xs.append(depth)|if depth <= 0:|    return v{op}|"
     "return {name}(depth - 1, xs, v + xs[0]) - {name}(depth - 1, xs, {k})"),
    ("int", DEEP, "for x in xs:|    if depth > 0 and x > {k}:|        xs[0] = {name}(depth - 1, xs, x - 1)|return v + len(xs)"),
    ("str", (("ss", "list[str]"), ("s", "str")), "if len(ss) < {cap}:|    ss.append(s)|return ss[0]"),
)  # fmt: skip
"""Functions with effects: result, parameters, lines with a bar between them."""


def _small(rng: random.Random, features: frozenset[str], name: str) -> tuple[str, Helper]:
    fitting = [
        shape
        for shape in SMALL
        if ("float" in features or shape[0] != "float")
        and ("str" in features or shape[0] != "str")
        and ("recursion" in features or shape[1][0][0] != "depth")
    ]
    returns, parameters, text = rng.choice(fitting)
    parts = {
        "cap": rng.choice((4, 7, 11)),
        "k": rng.randint(-1, 5),
        "op": rng.choice(("", " + 1", " * 3 - 1")),
        "name": name,
    }
    cost = int("for " in text)
    helper = Helper(name, list(parameters), returns, cost + (parameters[0][0] == "depth"))
    body = [f"    {line}" for line in text.format(**parts).split("|")]
    return "\n".join([_signature(rng, features, helper), *body]), helper


def _signature(rng: random.Random, features: frozenset[str], helper: Helper) -> str:
    if "annotations" not in features:
        return f"def {helper.name}({', '.join(name for name, _ in helper.parameters)}):"
    parameters = ", ".join(f"{name}: {ty}" for name, ty in helper.parameters)
    returns = "None" if helper.returns == "none" else helper.returns
    return f"def {helper.name}({parameters}){f' -> {returns}' if rng.random() < 0.8 else ''}:"


def _large(
    rng: random.Random, features: frozenset[str], helpers: list[Helper], name: str, size: int
) -> tuple[str, Helper]:
    returns = rng.choice(["int"] * 4 + ["bool", "none", "list[int]"] + ["float"] * 2 * ("float" in features))
    parameters = [("xs", "list[int]"), ("ys", "list[int]"), ("n", "int"), ("m", "int")]
    parameters += [("fs", "list[float]"), ("w", "float")] * ("float" in features)
    parameters += [("ss", "list[str]"), ("s", "str")] * ("str" in features)
    parameters += [("rows", "list[list[int]]")] * ("rows" in features)
    parameters += PARAMETERS * ("table" in features)
    parameters += [("watched", "Watched")] * ("detour" in features)
    if "array" in features and "annotations" not in features:
        parameters += [("ad", "array[d]"), ("aq", "array[q]")]
    recursive = "recursion" in features and rng.random() < 0.5
    if recursive:
        parameters.insert(0, ("depth", "int"))
    writer = Statements(rng, features, list(helpers), returns, size)
    writer.variables = dict(parameters)
    writer.fixed.add("depth")
    helper = Helper(name, parameters, returns, 1)
    lines: list[str] = []
    if rng.random() < 0.8:
        lines += ["a = 0", "b = n"]
        writer.variables |= {"a": "int", "b": "int"}
    if recursive:
        value = f" {writer.expression(returns, 1)}" if returns != "none" else ""
        lines += ["if depth <= 0:", f"    return{value}"]
    for _ in range(rng.randint(2, 5)):
        lines += writer.statement(0)
    if recursive:
        writer.helpers = []
        arguments = ["depth - 1" if p == "depth" else writer.expression(ty, 3) for p, ty in parameters]
        result = writer.fresh("r")
        lines.append(f"{result} = {name}({', '.join(arguments)})")
        writer.variables[result] = returns
        writer.helpers = list(helpers)
        lines += writer.statement(0)
    if returns != "none":
        lines.append(f"return {writer.expression(returns, 1)}")
    helper.cost = max(1, writer.cost) + recursive
    return "\n".join([_signature(rng, features, helper), *(f"    {line}" for line in lines)]), helper


def _call(rng: random.Random, helper: Helper, number: int) -> str:
    """The first call is an ordinary one; later ones have odd items, and arguments that are the same object."""
    texts = [_argument(rng, name, ty, number) for name, ty in helper.parameters]
    if number and rng.random() < 0.35:
        places = {name: index for index, (name, _) in enumerate(helper.parameters)}
        texts[places["xs"]] = f"(same := {texts[places['xs']]})"
        texts[places["ys"]] = "same"
        if "rows" in places and rng.random() < 0.5:
            texts[places["rows"]] = f"[same, {_argument(rng, 'ys', 'list[int]', 0)}, same]"
    return f"{helper.name}({', '.join(texts)})"


def _argument(rng: random.Random, name: str, ty: str, number: int) -> str:
    if name == "depth":
        return str(rng.randint(0, 2))
    if ty == "int":
        if number and rng.random() < 0.1:
            return rng.choice(("9223372036854775800", "-9223372036854775807", "2**33", "True"))
        return str(rng.randint(-3, 9))
    if ty == "float":
        return str(rng.randint(-4, 8) / 2)
    if ty == "Watched":
        return "Watched()"
    if ty == "str":
        return rng.choice(("''", "'ab'", "'xyz'", "'\\u20aca'"))
    if ty.startswith("array"):
        return f"array({ty[6:-1]!r}, {_argument(rng, '', LISTS[ITEMS[ty]], 0)})"
    if name in ("d", "t"):
        keys = [_argument(rng, "", "int", 0) for _ in range(rng.choice((0, 2, 3, 4, 5)))]
        values = [_argument(rng, "", "int", 0) for _ in keys]
        if number and keys and rng.random() < 0.3:
            place = rng.randrange(len(keys))
            odd = rng.choice(("True", "2.5", "None", "OddKey(1)", "'s'"))
            keys[place], values[place] = rng.choice(((odd, values[place]), (keys[place], odd)))
        if name == "t":
            return f"{{{', '.join(keys)}}}" if keys else "set()"
        return f"{{{', '.join(f'{key}: {value}' for key, value in zip(keys, values))}}}"
    item = ty[5:-1]
    items = [_argument(rng, "", item, 0) for _ in range(rng.choice((2, 3, 3, 4, 5) if rng.random() < 0.8 else (0, 1)))]
    if number and items and item in ODD and rng.random() < 0.3:
        items[rng.randrange(len(items))] = rng.choice(ODD[item])
    return f"[{', '.join(items)}]"
