"""Writes docs/supported.md, which is generated from the tables of nodes and primitives.

    python -m pyvorin.compiler.documentation docs

A test fails when the file differs from what this would write.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterable

from pyvorin.compiler.frontend import collections_, endless, itertools_, reduction
from pyvorin.compiler.frontend.call import CLASS_METHODS, FUNCTIONS, HIDDEN, MACROS
from pyvorin.compiler.frontend.comprehension import SPELLED_OUT
from pyvorin.compiler.frontend.expr import MODULE_CONSTANTS, OPERATORS
from pyvorin.compiler.frontend.mapping import METHODS
from pyvorin.compiler.frontend.nodes import EXPRESSIONS, SHOWN, STATEMENTS
from pyvorin.compiler.frontend.source import ITERABLES, VIEWS
from pyvorin.compiler.primitives import table
from pyvorin.compiler.primitives.keys import KINDS
from pyvorin.compiler.primitives.registry import Primitive, is_pattern_variable
from pyvorin.core import documentation
from pyvorin.core.library import MODULES

_SYMBOLS = {
    "add": "a + b",
    "sub": "a - b",
    "mul": "a * b",
    "truediv": "a / b",
    "floordiv": "a // b",
    "mod": "a % b",
    "pow": "a ** b",
    "lshift": "a << b",
    "rshift": "a >> b",
    "and": "a & b",
    "or": "a \\| b",
    "xor": "a ^ b",
    "matmul": "a @ b",
    "neg": "-a",
    "pos": "+a",
    "invert": "~a",
    "eq": "a == b",
    "ne": "a != b",
    "lt": "a < b",
    "le": "a <= b",
    "gt": "a > b",
    "ge": "a >= b",
    "is": "a is b",
    "contains": "a in b",
    "not": "not a",
    "getitem": "a[i]",
    "getslice": "a[i:j:k]",
    "setitem": "a[i] = b",
    "delitem": "del a[i]",
    "setslice": "a[i:j:k] = b",
    "delslice": "del a[i:j:k]",
}
"""How the primitives behind operators are written in a program; augmented assignment is the operator's own."""


_KEY = re.compile(rf"(, |[(])({'|'.join(KINDS)})(?=[,)])")
"""The first operand that is a key, which all operations of dicts and sets take of the same types."""


def supported_page() -> str:
    """The text of docs/supported.md."""
    operators = [name for name in _SYMBOLS if table.knows(name)]
    functions = [name for name in table.names() if hasattr(builtins, name) and name not in _SYMBOLS]
    written = sorted({*MACROS, *ITERABLES, *SPELLED_OUT} - set(functions))
    called = sorted({*itertools_.MAKERS, *endless.MAKERS, *collections_.MAKERS, *FUNCTIONS, reduction.FOLDED})
    methods = [name for name in table.names() if name.startswith(".")]
    classes = sorted({*table.THROUGH_CLASS, *CLASS_METHODS})
    modules = [n for n in table.names() if n.partition(".")[0] in MODULES and n not in HIDDEN.values()]
    parts = [
        documentation.HEAD.format(module="pyvorin.compiler.documentation", source="pyvorin/compiler"),
        "# What is compiled\n",
        "Everything else runs in CPython, with a reason ([reasons.md](reasons.md)). In each row: the types of the operands, the "
        "type of the result, and the reasons for which a call may leave native code there, so that CPython runs it. A capital "
        "letter is any type; `boxed` says that the operation works on the object itself. A `bool` is taken for an `int`, and an "
        "`int` for a `float`, where Python does so; a `number`, which is an `int` or a `float`, is taken wherever one of "
        "these is; a `char` is a `str` of length 1, and a `key` a `str`, `int`, "
        "`float`, `bool`, `None` or a `tuple` of these.\n",
        "## Statements\n",
        _listed(STATEMENTS),
        "## Expressions\n",
        _listed(EXPRESSIONS),
        "Generator expressions exist as the argument of a builtin that consumes them, generators in the head of a loop, too, "
        "also such as consume themselves; "
        "lambdas and functions inside functions where they are only called, or a builtin's key. Not compiled, among others: "
        + ", ".join(dict.fromkeys(text for node, text in SHOWN.items() if node is not ast.GeneratorExp))
        + ".\n",
        "## Operators\n",
        _rows((_SYMBOLS[name], name) for name in operators),
        "## Builtin functions\n",
        f"As loops of the primitives below: {_code(written)}.\n",
        _rows((f"{name}()", name) for name in functions),
        "## Methods\n",
        "In terms of others, of a dict, a `defaultdict` or a `Counter`: "
        f"{_code(sorted({f'.{name}()' for name, _ in METHODS}))}; where a loop goes over it, "
        f"{_code(sorted(f'.{name}()' for name in VIEWS))}.\n",
        _rows((f"{name}()", name) for name in methods),
        f"Through their class: {_code(f'{name}()' for name in classes)}.\n",
        _rows((f"{name}()", name) for name in classes if table.knows(name)),
        "## Modules\n",
        f"The constants {_code(sorted(MODULE_CONSTANTS))}, and functions. Those of `random` are methods of its hidden object.\n",
        f"As loops and in terms of primitives: {_code(f'{name}()' for name in called)}; those of `itertools` where something "
        "consumes them.\n",
        _rows((f"{name}()", name) for name in modules),
    ]
    return "\n".join(parts)


def _listed(nodes: Iterable[type[ast.AST]]) -> str:
    return _code([node.__name__ for node in nodes]) + " (the classes of the module `ast`).\n"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rows(names: Iterable[tuple[str, str]]) -> str:
    lines = ["| | types | may leave with |", "|---|---|---|"]
    for shown, name in names:
        rows = [
            (_types(o), ", ".join(o.exits)) for o in table.overloads(name) if "vec" not in o.signature and not o.derived
        ]
        for types, exits in dict.fromkeys(rows):
            lines.append(f"| `{shown}` | {types} | {exits} |")
            shown = "″"
    return "\n".join(lines) + "\n"


def _types(overload: Primitive) -> str:
    if any(param.name in ("dict", "set") for param in overload.params):
        return "`" + _KEY.sub(r"\1key", overload.signature, count=1) + "`"
    if overload.result.name != "R":
        return f"`{overload.signature}`"
    # The result is computed by a rule.
    return "scalars of NumPy" if is_pattern_variable(overload.params[0]) else f"`{overload.signature[:-1]}item`"


PAGES = {"supported.md": supported_page}
"""OPERATORS is what `_SYMBOLS` must cover; a test compares them."""


def uncovered() -> list[str]:
    """The operators' primitives that the page does not know how to write."""
    return sorted(set(OPERATORS.values()) - set(_SYMBOLS))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m pyvorin.compiler.documentation DIRECTORY")
    documentation.write(sys.argv[1], PAGES)
