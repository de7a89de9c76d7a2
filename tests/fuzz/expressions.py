"""Random expressions of a wanted type.

Values may become large but not explosive: inside loops a product of two variables is reduced, and strings and lists grow
by single elements only; otherwise a program could square an integer a thousand times.
"""

from __future__ import annotations

from collections.abc import Callable

from . import texts
from .scope import Scope, element_of, tuple_items

INTS = ("0", "1", "2", "3", "-1", "7", "10", "255", "-8", "63", "64", "1000003", "2147483647", "-2147483648", "4294967296",
        "9007199254740993", "4611686018427387904", "9223372036854775807", "-9223372036854775807 - 1",
        "9223372036854775808")  # fmt: skip
FLOATS = ("0.0", "-0.0", "0.5", "1.0", "-1.5", "2.0", "3.25", "0.1", "1e-3", "1e16", "9007199254740992.0", "1e300", "-1e300",
          "5e-324", "9.3e18")  # fmt: skip
STRINGS = ("''", "'a'", "'b'", "'ab'", "'xyz'", "'aab a'", "'\\xe9'", "'\\u20ac1'", "'\\U0001f40da'", "'0'")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


class Expressions(Scope):
    """Adds to a scope the text of expressions; `depth` is how deep an expression may still nest."""

    def expr(self, ty: str, depth: int = 3) -> str:
        """An expression that, most of the time, has the type `ty`."""
        if ty == "num":
            ty = self.rng.choice(("int", "float"))
        if ty.startswith("opt["):
            return "None" if self.chance(0.2) else self.expr(ty[4:-1], depth)
        if ty == "none":
            return "None"
        if self.has("unbound") and self.unbound and self.chance(0.03):
            matching = [name for name, other in self.unbound.items() if other == ty]
            if matching:
                return self.rng.choice(matching)
        if depth <= 0 or self.chance(0.15):
            return self.leaf(ty)
        if self.has("ternary") and self.chance(0.06):
            return f"({self.expr(ty, depth - 1)} if {self.expr('bool', depth - 1)} else {self.expr(ty, depth - 1)})"
        if self.has("boolean_values") and self.chance(0.05):
            return f"({self.expr(ty, depth - 1)} {self.rng.choice(('or', 'and'))} {self.expr(ty, depth - 1)})"
        if self.has("calls") and self.chance(0.08):
            called = self.call_of(ty)
            if called:
                return called
        if ty.startswith("tuple["):
            return f"({', '.join(self.expr(item, depth - 1) for item in tuple_items(ty))},)"
        if ty.startswith("list["):
            return self.list_expr(ty, depth)
        if ty.startswith("array[") or ty == "range":
            return self.leaf(ty)
        productions: dict[str, Callable[[int], str]] = {
            "int": self.int_expr, "float": self.float_expr, "bool": self.bool_expr, "str": self.str_expr,
        }  # fmt: skip
        return productions[ty](depth)

    def leaf(self, ty: str) -> str:
        """A variable or a literal of the type."""
        accepted = {"int": ("int", "int", "bool"), "float": ("float", "num"), "bool": ("bool",)}.get(ty, (ty,))
        if self.has("mixed_int_float") and ty == "float":
            accepted += ("int",)
        names = self.of_type(*accepted)
        if names and self.chance(0.8):
            return self.rng.choice(names)
        return self.literal(ty)

    def literal(self, ty: str) -> str:
        pick = self.rng.choice
        if ty == "int":
            return pick(INTS) if self.chance(0.3) and not self.loop_depth else str(self.rng.randint(-9, 20))
        if ty == "float":
            return pick(FLOATS) if self.has("float") or self.chance(0.5) else "2.5"
        if ty == "bool":
            return pick(("True", "False"))
        if ty == "str":
            return pick(STRINGS)
        if ty == "range":
            return f"range({self.rng.randint(-3, 4)}, {self.rng.randint(0, 9)})"
        if ty.startswith("tuple["):
            return f"({', '.join(self.literal(item) for item in tuple_items(ty))},)"
        if ty.startswith("list["):
            return f"[{', '.join(self.leaf(element_of(ty)) for _ in range(self.rng.randint(0, 4)))}]"
        if ty.startswith("array["):
            names = self.of_type(ty)
            return pick(names) if names else "None"
        return "None"

    def call_of(self, ty: str) -> str | None:
        """A call of an earlier function that returns the type, unless that could take too long here."""
        fitting = [c for c in self.callees if (c.returns == ty or c.returns == "num") and c.cost + self.loop_depth <= 3]
        if not fitting:
            return None
        callee = self.rng.choice(fitting)
        self.cost = max(self.cost, self.loop_depth + callee.cost)
        required = len(callee.parameters) - callee.defaults
        count = self.rng.randint(required, len(callee.parameters))
        arguments = []
        by_name = False
        for name, parameter in callee.parameters[:count]:
            text = self.argument_of(name, parameter)
            by_name = by_name or (self.has("keywords") and self.chance(0.2))
            arguments.append(f"{name}={text}" if by_name else text)
        return f"{callee.name}({', '.join(arguments)})"

    def argument_of(self, name: str, ty: str) -> str:
        """An argument for a parameter; a recursion depth and, in loops, any int stay small."""
        if name == "depth":
            return f"{self.leaf('int')} % 7"
        if ty in ("int", "num") and self.loop_depth:
            return f"({self.expr('int', 1)}) % {self.rng.choice((5, 97, 1024))}"
        return self.expr(ty, 1)

    # int

    def int_expr(self, depth: int) -> str:
        pick, sub = self.rng.choice, depth - 1
        if self.has("texts") and self.chance(0.25):
            return texts.number(self, sub)
        kinds = ["arith"] * 6 + ["division"] * 3 + ["bits"] * 2 + ["unary", "index", "index", "len", "minmax"]
        kinds += ["shift"] * 2 * self.has("shift") + ["pow"] * self.has("pow") + ["round"] * self.has("round")
        kinds += ["convert"] * 2 * self.has("explicit_conversions") + ["reduce"] * 3 * self.has("reductions")
        kinds += ["math"] * self.has("math") + ["tuple"] * self.has("tuple")
        kind = pick(kinds)
        if kind == "arith":
            return self.int_arithmetic(sub)
        if kind == "division":
            divisor = self.expr("int", sub) if self.chance(0.4) else self.nonzero()
            if self.chance(0.15):
                return f"divmod({self.expr('int', sub)}, {divisor})[{pick((0, 1))}]"
            return f"({self.expr('int', sub)} {pick(('//', '%'))} {divisor})"
        if kind == "bits":
            return f"({self.expr('int', sub)} {pick('&|^')} {self.expr(pick(('int', 'int', 'bool')), sub)})"
        if kind == "unary":
            return f"{pick('-+~')}{self.parenthesised('int', sub)}"
        if kind == "shift":
            if self.chance(0.2) and not self.loop_depth:
                return f"({self.expr('int', sub)} {pick(('<<', '>>'))} {pick(('-1', '63', '62', '64', '70', '200'))})"
            base = self.expr("int", sub)
            operator = pick((">>", ">>", f"& {(1 << self.rng.randint(4, 40)) - 1} <<"))
            return f"(({base}) {operator} ({self.leaf('int')} & {pick((3, 7, 31))}))"
        if kind == "pow":
            exponent = pick(("2", "3", "0", "-1", "-2", f"({self.leaf('int')} % 5)"))
            return f"((({self.expr('int', sub)}) % {pick((7, 1000))}) ** {exponent})"
        if kind == "round":
            return f"round({self.expr(pick(('float', 'int')), sub)})"
        if kind == "convert":
            return pick((f"int({self.expr(pick(('float', 'bool', 'int')), sub)})", f"ord({self.char(sub)})",
                         f"int({pick(('float', 'bool', 'int'))}({self.leaf('int')}))"))  # fmt: skip
        if kind == "minmax":
            count = self.rng.randint(2, 3)
            others = ("int", "int", "bool") + ("float",) * self.has("mixed_int_float")
            return f"{pick(('min', 'max'))}({', '.join(self.expr(pick(others), sub) for _ in range(count))})"
        if kind == "math":
            return pick(
                (f"math.{pick(('floor', 'ceil', 'trunc'))}({self.expr('float', sub)})", f"abs({self.expr('int', sub)})")
            )
        return self.from_container("int", kind, sub)

    def int_arithmetic(self, sub: int) -> str:
        op = self.rng.choice("++--*")
        if op == "*" and self.loop_depth:
            if self.chance(0.5):
                return f"({self.expr('int', sub)} * {self.rng.randint(-3, 9)})"
            return f"(({self.expr('int', sub)} * {self.expr('int', sub)}) % {self.rng.choice((10007, 1 << 32, (1 << 61) - 1))})"
        return f"({self.expr('int', sub)} {op} {self.expr('int', sub)})"

    def nonzero(self) -> str:
        return str(self.rng.choice((-7, -3, -2, -1, 2, 3, 5, 7, 10, 1000)))

    def parenthesised(self, ty: str, depth: int) -> str:
        return f"({self.expr(ty, depth)})"

    def from_container(self, ty: str, kind: str, sub: int) -> str:
        """An int or a float taken out of a container, or computed from one."""
        pick = self.rng.choice
        sources = [(n, t) for n, t in self.iterables() if element_of(t) == ty]
        if kind == "tuple":
            tuples = [(n, tuple_items(t)) for n, t in self.variables.items() if t.startswith("tuple[")]
            places = [f"{n}[{i}]" for n, items in tuples for i, item in enumerate(items) if item == ty]
            return pick(places) if places else self.leaf(ty)
        if kind == "len" and ty == "int" and self.iterables():
            return f"len({pick(self.iterables())[0]})"
        if not sources:
            return self.leaf(ty)
        name, _ = pick(sources)
        if kind == "index":
            return f"{name}[{self.index_into(name)}]"
        if kind == "reduce":
            reduction = pick(("sum", "min", "max"))
            if self.has("genexp") and self.chance(0.6):
                return f"{reduction}({self.generator(ty, sub)})"
            return (
                f"sum({name}, {self.literal(ty)})"
                if reduction == "sum" and self.chance(0.2)
                else f"{reduction}({name})"
            )
        return self.leaf(ty)

    def index_into(self, name: str) -> str:
        """An index that is mostly in range."""
        if self.has("out_of_range") and self.chance(0.2):
            return self.expr("int", 1)
        return self.rng.choice(
            (f"{self.leaf('int')} % len({name})", "0", "-1", f"len({name}) - 1", f"-len({name})", f"len({name}) // 2")
        )

    # float, bool, str

    def float_expr(self, depth: int) -> str:
        pick, sub = self.rng.choice, depth - 1
        kinds = ["arith"] * 6 + ["division"] * 2 + ["unary", "index", "index", "minmax"]
        kinds += (
            ["pow"] * self.has("pow") + ["round"] * self.has("round") + ["convert"] * self.has("explicit_conversions")
        )
        kinds += (
            ["math"] * 3 * self.has("math") + ["reduce"] * 3 * self.has("reductions") + ["tuple"] * self.has("tuple")
        )
        kind = pick(kinds)
        other = "num" if self.has("mixed_int_float") and self.chance(0.3) else "float"
        if kind == "arith":
            return f"({self.expr('float', sub)} {pick('++--**')} {self.expr(other, sub)})"
        if kind == "division":
            divisor = self.expr(other, sub) if self.chance(0.5) else pick(("2.0", "-3.0", "0.5", "7"))
            left = self.expr("float", sub) if self.chance(0.7) else self.expr("int", sub)
            return f"({left} {pick(('/', '/', '//', '%'))} {divisor})" if left != "None" else "1.5"
        if kind == "unary":
            return pick((f"-{self.parenthesised('float', sub)}", f"abs({self.expr('float', sub)})"))
        if kind == "minmax":
            return f"{pick(('min', 'max'))}({self.expr('float', sub)}, {self.expr(other, sub)})"
        if kind == "pow":
            exponent = pick(("2", "2.0", "0.5", "-1", "3", "-0.5", f"({self.leaf('float')})"))
            return f"({self.parenthesised('float', sub)} ** {exponent})"
        if kind == "round":
            return f"round({self.expr('float', sub)}, {pick(('0', '1', '2', '-1', '3'))})"
        if kind == "convert":
            return f"float({self.expr(pick(('int', 'float', 'bool')), sub)})"
        if kind == "math":
            return self.math_call(sub)
        return self.from_container("float", kind, sub)

    def math_call(self, sub: int) -> str:
        pick = self.rng.choice
        if self.chance(0.2):
            return pick(("math.pi", "math.e", "math.inf", "math.nan", "math.tau"))
        if self.chance(0.25):
            name = pick(("atan2", "pow", "hypot", "fmod", "copysign"))
            return f"math.{name}({self.expr('float', sub)}, {self.expr('float', sub)})"
        name = pick(("sqrt", "sqrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "atan", "asin", "acos", "fabs",
                     "sinh", "tanh",
                     "log1p", "expm1", "degrees", "radians"))  # fmt: skip
        argument = self.expr("float", sub)
        return f"math.{name}(abs({argument}))" if self.chance(0.4) else f"math.{name}({argument})"

    def bool_expr(self, depth: int) -> str:
        pick, sub = self.rng.choice, depth - 1
        if self.has("texts") and self.chance(0.35):
            return texts.truth(self, sub)
        kinds = ["compare"] * 6 + ["not", "and", "or", "truth", "xor"] + ["chained"] * 2 * self.has("chained")
        kinds += (
            ["is_none"] * self.has("optional") + ["in"] * 2 + ["any"] * self.has("genexp") + ["math"] * self.has("math")
        )
        kind = pick(kinds)
        ty = pick(("int", "int", "float", "num") + ("str",) * self.has("str"))
        if kind == "compare":
            other = pick(("int", "float")) if ty in ("int", "float") and self.has("mixed_int_float") else ty
            return f"({self.expr(ty, sub)} {pick(COMPARISONS)} {self.expr(other, sub)})"
        if kind == "chained":
            return f"({self.expr(ty, sub)} {pick(COMPARISONS)} {self.expr(ty, sub)} {pick(COMPARISONS)} {self.expr(ty, sub)})"
        if kind == "not":
            return f"(not {self.expr(pick(('bool', 'int', 'float')), sub)})"
        if kind in ("and", "or"):
            return f"({self.expr('bool', sub)} {kind} {self.expr('bool', sub)})"
        if kind == "truth":
            return f"bool({self.expr(pick(('int', 'float', 'str', 'list[int]')), sub)})"
        if kind == "xor":
            return f"({self.expr('bool', sub)} {pick('^&|')} {self.expr('bool', sub)})"
        if kind == "is_none":
            names = [n for n, t in self.variables.items() if t.startswith("opt[")]
            return f"({pick(names)} is {pick(('', 'not '))}None)" if names else self.leaf("bool")
        if kind == "math":
            return f"math.{pick(('isnan', 'isinf', 'isfinite'))}({self.expr('float', sub)})"
        if kind == "any" and self.iterables():
            if self.has("comprehension") or self.chance(0.7):
                return f"{pick(('any', 'all'))}({self.generator('bool', sub)})"
            return f"{pick(('any', 'all'))}({pick(self.iterables())[0]})"
        if kind == "in":
            return self.membership(sub)
        return self.leaf("bool")

    def membership(self, sub: int) -> str:
        containers = [(n, t) for n, t in self.iterables() if element_of(t) in ("int", "float", "str", "bool")]
        if not containers:
            return self.leaf("bool")
        name, ty = self.rng.choice(containers)
        return f"({self.expr(element_of(ty), sub)} {self.rng.choice(('in', 'not in'))} {name})"

    def char(self, sub: int) -> str:
        names = self.of_type("str")
        if names and self.chance(0.7):
            name = self.rng.choice(names)
            return f"{name}[{self.index_into(name)}]"
        return self.rng.choice((f"chr({self.leaf('int')} & 1023)", "'q'", "'\\u20ac'", "'\\U0001f40d'"))

    def str_expr(self, depth: int) -> str:
        pick, sub = self.rng.choice, depth - 1
        if self.has("texts") and self.chance(0.75):
            return texts.text(self, sub)
        kind = pick(["concat"] * 3 + ["char"] * 3 + ["slice"] * self.has("slice") + ["minmax", "leaf"])
        if kind == "concat":
            right = self.char(sub) if self.loop_depth else self.expr("str", sub)
            left = self.leaf("str") if not self.loop_depth else self.char(sub)
            return f"({left} + {right})"
        if kind == "char":
            return self.char(sub)
        if kind == "slice":
            names = self.of_type("str")
            return f"{pick(names)}[{self.slice_bounds()}]" if names else self.literal("str")
        if kind == "minmax":
            return f"{pick(('min', 'max'))}({self.leaf('str')}, {self.leaf('str')})"
        return self.leaf("str")

    # containers

    def slice_bounds(self) -> str:
        def bound() -> str:
            return self.rng.choice(("", "", str(self.rng.randint(-6, 6)), self.leaf("int")))

        step = self.rng.choice(("", "", "", ":", ":2", ":-1", ":-2", f":{self.nonzero()}"))
        return f"{bound()}:{bound()}{step}"

    def list_expr(self, ty: str, depth: int) -> str:
        element, sub = element_of(ty), depth - 1
        if element == "str" and self.has("texts") and self.chance(0.5):
            return texts.texts(self, sub)
        names = self.of_type(ty)
        kinds = (
            ["leaf"] + ["literal"] * 2 * self.has("list_literals") + ["comprehension"] * 4 * self.has("comprehension")
        )
        if names:
            kinds += ["slice"] * self.has("slice") + ["concat"] * (not self.loop_depth)
        kind = self.rng.choice(kinds)
        if kind == "literal":
            return f"[{', '.join(self.expr(element, sub) for _ in range(self.rng.randint(0, 4)))}]"
        if kind == "comprehension":
            return f"[{self.generator(element, sub)}]"
        if kind == "slice":
            return f"{self.rng.choice(names)}[{self.slice_bounds()}]"
        if kind == "concat":
            return f"({self.rng.choice(names)} + {self.leaf(ty)})"
        return self.leaf(ty)

    def generator(self, element: str, sub: int) -> str:
        """`EXPR for X in ITERABLE if COND`: the inside of a comprehension or of a generator expression."""
        saved, saved_iterated = dict(self.variables), list(self.iterated)
        clauses = []
        self.loop_depth += 1
        try:
            for _ in range(2 if self.loop_depth == 1 and self.chance(0.15) else 1):
                targets, source = self.iteration("q")
                self.cost = max(self.cost, self.loop_depth)
                condition = f" if {self.expr('bool', min(sub, 1))}" if self.chance(0.4) else ""
                clauses.append(f" for {targets} in {source}{condition}")
            return f"{self.expr(element, min(sub, 2))}{''.join(clauses)}"
        finally:
            self.loop_depth -= 1
            self.variables, self.iterated = saved, saved_iterated

    def iteration(self, stem: str) -> tuple[str, str]:
        """Targets and a short iterable for a `for`; the targets' names become readable."""
        pick = self.rng.choice
        sources = self.iterables()
        kinds = ["range"] * 3 + (["plain"] * 5 + ["enumerate", "zip", "reversed"] if sources else [])
        kind = pick(kinds)
        name = self.fresh(stem)
        if kind == "range":
            source = self.short_range()
            self.variables[name] = "int"
            return name, source
        source, ty = pick(sources)
        self.iterated.append(source)
        if kind == "plain":
            self.variables[name] = element_of(ty)
            return name, source
        if kind == "reversed":
            self.variables[name] = element_of(ty)
            return name, f"reversed({source})"
        if kind == "enumerate":
            start = pick(("", "", ", 1", f", {self.leaf('int')}"))
            position = self.fresh("i")
            self.variables[position], self.variables[name] = "int", element_of(ty)
            return f"{position}, {name}", f"enumerate({source}{start})"
        other, other_type = pick(sources)
        partner = self.fresh(stem)
        self.variables[name], self.variables[partner] = element_of(ty), element_of(other_type)
        if self.chance(0.2):
            position = self.fresh("i")
            self.variables[position] = "int"
            return f"{position}, ({name}, {partner})", f"enumerate(zip({source}, {other}))"
        return f"{name}, {partner}", f"zip({source}, {other})"

    def short_range(self) -> str:
        """A range of few numbers, wherever they lie."""
        small = self.rng.randint(0, 6)
        base = self.leaf("int")
        names = self.iterables()
        options = [
            f"range({small})",
            f"range({base} % {small + 1})",
            f"range({-small}, {small}, {self.rng.choice((1, 2, 3))})",
        ]
        if self.has("range"):
            down = self.rng.choice((-1, -2, -3))
            options += [f"range({base}, {base} + {small})", f"range({base}, {base} - {small * 2}, {down})",
                        f"range(10, {small}, {self.nonzero()})", f"reversed(range({small}))"]  # fmt: skip
        if names:
            options += [f"range(len({self.rng.choice(names)[0]}))"] * 3
        return self.rng.choice(options)
