"""Random expressions whose parts have effects: calls of functions that change their arguments, `pop`, assignments inside."""

from __future__ import annotations

import random

LISTS = {"int": "list[int]", "float": "list[float]", "str": "list[str]"}
ITEMS = {**{ty: item for item, ty in LISTS.items()}, "array[d]": "float", "array[q]": "int"}
"""Containers whose items can be assigned, and the types of these."""
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
MAX_LOOP_DEPTH = 2


class Helper:
    """A function that may be called: its name, the types of its parameters, of its result, and how deep its loops are."""

    def __init__(self, name: str, parameters: list[tuple[str, str]], returns: str, cost: int) -> None:
        self.name = name
        self.parameters = parameters
        self.returns = returns
        self.cost = cost


class Expressions:
    """The variables of one function, and the text of expressions over them; `depth` is how deep one is nested already."""

    def __init__(self, rng: random.Random, features: frozenset[str], helpers: list[Helper]) -> None:
        self.rng = rng
        self.features = features
        self.helpers = helpers
        self.variables: dict[str, str] = {}
        self.unbound: dict[str, str] = {}
        self.fixed: set[str] = set()
        """Variables that are not assigned: what ends a loop or a recursion."""
        self.loop_depth = 0
        self.cost = 0
        self.counter = 0
        self.in_comprehension = False

    def pick(self, *options: str) -> str:
        return self.rng.choice(options)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def has(self, feature: str) -> bool:
        return feature in self.features

    def fresh(self, stem: str = "v") -> str:
        self.counter += 1
        return f"{stem}{self.counter}"

    def of(self, ty: str) -> list[str]:
        return [name for name, other in self.variables.items() if other == ty]

    def variable(self, ty: str) -> str:
        if self.unbound and self.has("unbound") and self.chance(0.1):
            names = [name for name, other in self.unbound.items() if other == ty]
            if names:
                return self.pick(*names)
        names = self.of(ty)
        return self.pick(*names) if names and self.chance(0.9) else self.literal(ty)

    def literal(self, ty: str) -> str:
        if ty == "int":
            if self.chance(0.04):
                return self.pick("2**31", "4611686018427387904", "9223372036854775807", "-9223372036854775807")
            return str(self.rng.randint(-3, 9))
        if ty == "float":
            return self.pick("0.0", "0.5", "1.5", "-2.0", "3.0", "-0.0")
        if ty == "bool":
            return self.pick("True", "False")
        if ty == "str":
            return self.pick("''", "'a'", "'bc'", "'\\xe9'", "'\\u20acx'")
        if ty.startswith("list["):
            items = [self.literal(ty[5:-1]) for _ in range(self.rng.randint(0, 3))]
            return f"[{', '.join(items)}]"
        if ty == "Watched":
            return "watched"
        return "None"

    def expression(self, ty: str, depth: int = 0) -> str:
        """An expression of the type."""
        if depth > 3 or self.chance(0.15 + 0.1 * depth):
            return self.variable(ty)
        if self.chance(0.3):
            called = self.call(ty, depth)
            if called:
                return called
        if self.has("ternary") and self.chance(0.08):
            return f"({self.expression(ty, depth + 1)} if {self.condition(depth + 1)} else {self.expression(ty, depth + 1)})"
        if self.has("boolean") and self.chance(0.07):
            return f"({self.expression(ty, depth + 1)} {self.pick('and', 'or')} {self.expression(ty, depth + 1)})"
        if self.has("walrus") and not self.in_comprehension and ty in ("int", "float") and self.chance(0.06):
            name = self.pick(*[n for n in self.of(ty) if n not in self.fixed] or [self.fresh()])
            text = f"({name} := {self.expression(ty, depth + 1)})"
            self.variables[name] = ty
            return text
        if ty in LISTS and self.chance(0.3):
            return self.item(ty, depth)
        if ty == "int":
            return self.int_(depth)
        if ty == "float":
            return self.float_(depth)
        if ty == "bool":
            return self.condition(depth + 1)
        if ty == "str" and self.has("text") and self.chance(0.5):
            return self.text(depth)
        if ty == "str":
            return (
                f"({self.expression('str', depth + 1)} + {self.variable('str')})"
                if not self.loop_depth
                else self.variable("str")
            )
        if ty.startswith("list["):
            return self.list_(ty, depth)
        return self.variable(ty)

    def text(self, depth: int) -> str:
        """An f-string, or a method: inside loops of numbers only, and nothing that grows."""
        kinds = ("int", "float", "bool") if self.loop_depth else ("int", "float", "bool", "str")
        if self.chance(0.3):
            of = self.variable("str")
            return self.pick(f"{of}.lower()", f"{of}.strip()", f"{of}.replace('a', '')", f"{of}.split()[0]")
        if self.chance(0.3):
            values = ", ".join(self.expression(self.pick(*kinds), depth + 1) for _ in range(2))
            return self.pick(f"('%s %s' % ({values}))", f"'{{}}-{{!r:>3}}'.format({values})")
        fields = []
        for _ in range(self.rng.randint(1, 3)):
            field = self.expression(self.pick(*kinds), depth + 1)
            if not any(character in field for character in "'\"\\{}:="):
                fields.append(f"{{{field}{self.pick('', '', '!r', ':>4', '!s:5', ':d')}}}")
        return f'f"{self.pick(" ", "-").join(fields)}"'

    def call(self, ty: str, depth: int) -> str | None:
        fitting = [h for h in self.helpers if h.returns == ty and h.cost + self.loop_depth <= MAX_LOOP_DEPTH]
        if not fitting:
            return None
        helper = self.rng.choice(fitting)
        return self.call_of(helper, depth)

    def call_of(self, helper: Helper, depth: int = 0) -> str:
        self.cost = max(self.cost, self.loop_depth + helper.cost)
        arguments = []
        for name, ty in helper.parameters:
            if name == "depth":
                arguments.append(f"{self.variable('int')} % 3")
            elif ty.startswith("list["):
                names = self.of(ty)
                arguments.append(self.pick(*names) if names else self.literal(ty))
            else:
                arguments.append(self.expression(ty, depth + 1))
        return f"{helper.name}({', '.join(arguments)})"

    def item(self, ty: str, depth: int) -> str:
        """An item of a list, read or taken out."""
        names = self.of(LISTS[ty])
        arrays = [name for name, other in self.variables.items() if other.startswith("array") and ITEMS[other] == ty]
        if arrays and (not names or self.chance(0.4)):
            name = self.pick(*arrays)
            return f"{name}[{self.index(name, depth + 1)}]"
        if not names:
            rows = self.of(f"list[{LISTS[ty]}]")
            return f"{self.pick(*rows)}[0][-1]" if rows else self.variable(ty)
        name = self.pick(*names)
        if self.has("pop") and self.chance(0.3):
            return f"{name}.pop({self.pick('', '', '0', '-1', self.variable('int'))})"
        return f"{name}[{self.index(name, depth + 1)}]"

    def index(self, name: str, depth: int = 1) -> str:
        if self.chance(0.3):
            return f"{self.expression('int', depth + 1)} % len({name})"
        if self.chance(0.1):
            return self.expression("int", depth + 1)
        return self.pick("0", "0", "-1", "1", f"len({name}) // 2", f"len({name}) - 1")

    def int_(self, depth: int) -> str:
        def n() -> str:
            return self.expression("int", depth + 1)

        kind = self.rng.randint(0, 15)
        if kind < 6:
            return f"({n()} {self.pick('+', '+', '-')} {n()})"
        if kind < 8:
            return f"({n()} * {n()} % 10007)" if self.loop_depth or self.chance(0.8) else f"({n()} * {n()})"
        if kind == 8:
            return f"({n()} {self.pick('//', '%')} {self.pick('2', '3', '7', n())})"
        if kind == 9:
            return f"{self.pick('-', '~', 'abs')}({n()})"
        if kind == 10:
            return f"{self.pick('min', 'max')}({n()}, {n()})"
        if kind == 11:
            return f"({n()} {self.pick('&', '|', '^')} {n()})"
        if kind == 12:
            return f"len({self.any_list()})"
        if kind == 13 and self.has("reduction") and self.loop_depth < MAX_LOOP_DEPTH:
            return self.reduction("int", depth)
        if kind == 14:
            return (
                f"int({self.expression('float', depth + 1)})" if self.chance(0.5) else f"ord({self.variable('str')}[0])"
            )
        return self.item("int", depth)

    def float_(self, depth: int) -> str:
        def x() -> str:
            return self.expression("float", depth + 1)

        kind = self.rng.randint(0, 9)
        if kind < 4:
            return f"({x()} {self.pick('+', '-', '*')} {x()})"
        if kind == 4:
            return f"({x()} / {x()})"
        if kind == 5:
            return f"({self.expression('int', depth + 1)} * 0.5)"
        if kind == 6:
            return f"{self.pick('-', 'abs')}({x()})"
        if kind == 7:
            return f"float({self.expression('int', depth + 1)})"
        if kind == 8 and self.has("reduction") and self.loop_depth < MAX_LOOP_DEPTH:
            return self.reduction("float", depth)
        return self.item("float", depth)

    def any_list(self) -> str:
        names = [name for name, ty in self.variables.items() if ty.startswith("list[")]
        return self.pick(*names) if names else "'ab'"

    def condition(self, depth: int = 0) -> str:
        if depth > 3:
            return self.variable("bool")

        def c() -> str:
            return self.condition(depth + 1)

        ty = self.pick("int", "int", "float") if self.has("float") else "int"

        def n() -> str:
            return self.expression(ty, depth + 1)

        kind = self.rng.randint(0, 13)
        if kind < 5:
            return f"({n()} {self.pick(*COMPARISONS)} {n()})"
        if kind < 7:
            return f"({n()} {self.pick(*COMPARISONS)} {n()} {self.pick(*COMPARISONS)} {n()})"
        if kind == 7:
            return f"(not {c()})"
        if kind < 10:
            return f"({c()} {self.pick('and', 'or')} {c()})"
        if kind == 10:
            names = self.of("list[int]")
            return (
                f"({self.expression('int', depth + 1)} {self.pick('in', 'not in')} {self.pick(*names)})"
                if names
                else c()
            )
        if kind == 11:
            return f"bool({self.any_list()})" if depth else self.any_list()
        if kind == 12:
            called = self.call("bool", depth)
            return called or c()
        called = self.call("none", depth)
        return f"({called} is {self.pick('', 'not ')}None)" if called else c()

    # Comprehensions

    def source(self, depth: int) -> tuple[str, str]:
        """Something short to iterate over, and the type of its items."""
        lists = [(name, ITEMS[ty]) for name, ty in self.variables.items() if ty in ITEMS]
        if lists and self.chance(0.7):
            return self.rng.choice(lists)
        return f"range({self.pick('2', '3', 'len(' + self.any_list() + ')')})", "int"

    def opaque_source(self) -> str:
        """An iterator that native code knows nothing of."""
        source = self.list_("list[int]", 2)
        return self.pick(f"watched.each({source})", f"watched.each({source})", f"iter({source})", f"map(abs, {source})")

    def generator(self, ty: str, depth: int) -> str:
        saved, inside = dict(self.variables), self.in_comprehension
        self.loop_depth += 1
        self.cost = max(self.cost, self.loop_depth)
        self.in_comprehension = True
        source, item = self.source(depth)
        if "watched" in self.variables and self.has("opaque") and not inside and self.chance(0.6):
            source, item = self.opaque_source(), "int"
        name = self.fresh("q")
        self.variables[name] = item
        # A name that is assigned in an inner scope would be another variable.
        condition = f" if {self.condition(max(depth, 2))}" if self.chance(0.4) else ""
        value = self.expression(ty, max(depth, 2))
        self.loop_depth -= 1
        self.variables, self.in_comprehension = saved, inside
        return f"{value} for {name} in {source}{condition}"

    def reduction(self, ty: str, depth: int) -> str:
        if self.chance(0.3):
            return f"sum({self.pick(*self.of(LISTS[ty]) or [self.literal(LISTS[ty])])})"
        if ty == "int" and self.chance(0.3):
            return f"int({self.pick('any', 'all')}({self.generator('bool', depth)}))"
        return f"{self.pick('sum', 'sum', 'max', 'min')}({self.generator(ty, depth)})"

    def list_(self, ty: str, depth: int) -> str:
        item = ty[5:-1]
        kind = self.rng.randint(0, 4)
        if kind < 2 and self.has("comprehension") and self.loop_depth < MAX_LOOP_DEPTH and item in LISTS:
            return f"[{self.generator(item, depth)}]"
        names = self.of(ty)
        if kind == 2 and names:
            return f"{self.pick(*names)}[{self.pick('', '1', '-2')}:{self.pick('', '2', '-1')}]"
        if kind == 3 and names:
            return self.pick(*names)
        return f"[{', '.join(self.expression(item, depth + 2) for _ in range(self.rng.randint(0, 3)))}]"
