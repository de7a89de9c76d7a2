"""Random statements: the body of one function, as lines of source."""

from __future__ import annotations

from collections.abc import Callable

from .expressions import COMPARISONS
from .pairs import Pairs
from .scope import SCALARS, element_of, tuple_items

Lines = list[str]
MAX_LOOP_DEPTH = 3
MAX_GROWTH = 40
"""The length to which a list grows at most where nothing else bounds it."""


class Statements(Pairs):
    """Adds statements to expressions.  Every method returns lines without the indentation of their block."""

    returns = "int"

    def block(self, budget: int) -> Lines:
        """One to `budget` statements.  What is first assigned in them is readable only inside, and may be unbound after."""
        before = dict(self.variables)
        lines: Lines = []
        for _ in range(self.rng.randint(1, max(1, budget))):
            lines += self.statement(budget)
            if (
                lines
                and lines[-1].lstrip().startswith(("break", "continue", "return", "raise"))
                and not self.has("dead_code")
            ):
                break
        for name, ty in self.variables.items():
            if name not in before:
                self.unbound[name] = ty
        self.variables = before
        return lines

    def statement(self, budget: int) -> Lines:
        kinds: list[Callable[[int], Lines]] = [self.assign] * 6 + [self.augment] * 4
        compound = budget > 1
        kinds += [self.if_] * 3 * (self.has("if") and compound)
        kinds += [self.for_] * 4 * (self.has("for") and compound and self.loop_depth < MAX_LOOP_DEPTH)
        kinds += [self.while_] * 2 * (self.has("while") and compound and self.loop_depth < MAX_LOOP_DEPTH)
        kinds += [self.accumulate] * 3 * (compound and self.loop_depth < MAX_LOOP_DEPTH - 1)
        kinds += [self.unpack] * 2 * self.has("unpack") + [self.append] * 3 * self.has("append")
        kinds += [self.augment_list, self.augment_list, self.alias] * (self.has("mutate") and self.has("list"))
        kinds += [self.new_table, *[self.change_table] * 4] * self.has("dict")
        kinds += [self.pairs] * 3 * (self.has("pairs") and self.loop_depth < MAX_LOOP_DEPTH)
        kinds += [self.store] * 2 * self.has("mutate") + [self.assert_] * self.has("assert")
        kinds += [self.none_first] * (self.has("none_first") and compound) + [self.early_return] * self.has(
            "early_types"
        )
        kinds += [self.raise_] * self.has("raise") + [self.leave_loop] * 2 * (self.loop_depth > 0)
        kinds += [self.dead] * self.has("dead_code")
        return self.rng.choice(kinds)(budget)

    # simple statements

    def variable_type(self) -> str:
        options = ["int"] * 4 + ["float"] * 4 + ["bool"] + ["str"] * 2 * self.has("str")
        if self.has("list"):
            options += ["list[int]", "list[float]", "list[float]"] + ["list[str]"] * self.has("str")
            options += ["list[list[float]]"] * self.has("nested")
        options += ["tuple[int, float]", "tuple[float, int, bool]"] * self.has("tuple") + [
            "opt[int]",
            "opt[float]",
        ] * self.has("optional")
        return self.rng.choice(options)

    def assign(self, budget: int) -> Lines:
        ty = self.variable_type()
        rebind = self.of_local(ty)
        if rebind and self.chance(0.5):
            name = self.rng.choice(rebind)
            if ty.startswith("list") and self.loop_depth and not self.has("comprehension"):
                return [f"{name} = {self.leaf(ty)}"]
        else:
            name = self.fresh()
        value = self.expr(ty)
        self.variables[name] = ty
        self.unbound.pop(name, None)
        if self.chance(0.08):
            other = self.fresh()
            self.variables[other] = ty
            return [f"{name} = {other} = {value}"]
        if self.has("annotations") and self.chance(0.1) and ty in SCALARS:
            return [f"{name}: {ty} = {value}"]
        return [f"{name} = {value}"]

    def augment(self, budget: int) -> Lines:
        names = self.of_local("int", "float", "num", "bool", "str")
        if not names:
            return self.assign(budget)
        name = self.rng.choice(names)
        ty = self.variables[name]
        if ty == "str":
            return [f"{name} += {self.char(1)}"]
        if ty == "bool":
            return [f"{name} {self.rng.choice('&|^')}= {self.expr('bool', 2)}"]
        if ty == "int":
            op = self.rng.choice(("+=", "+=", "-=", "*=", "//=", "%=", "&=", "|=", "^="))
            if op == "*=":
                return [f"{name} *= {self.rng.randint(-3, 5)}"]
            if op in ("//=", "%=") and self.chance(0.8):
                return [f"{name} {op} {self.nonzero()}"]
            return [f"{name} {op} {self.expr('int', 2)}"]
        op = self.rng.choice(("+=", "+=", "-=", "*=", "/=", "%="))
        self.variables[name] = "float"
        return [f"{name} {op} {self.expr('float', 2)}"]

    def augment_list(self, budget: int) -> Lines:
        """`+=` and `*=` change the list itself, which aliases and the caller see."""
        names = self.of_local("list[int]", "list[float]", "list[str]", "list[bool]")
        if not names or self.loop_depth:
            return self.append(budget)
        name = self.rng.choice(names)
        if self.chance(0.3):
            return [f"{name} *= {self.rng.choice(('0', '1', '2', '-1', self.leaf('bool')))}"]
        ty = self.variables[name]
        return [f"{name} += {self.leaf(ty) if self.chance(0.7) else self.expr(ty, 1)}"]

    def alias(self, budget: int) -> Lines:
        """A second name for a list."""
        lists = [n for n, t in self.variables.items() if t.startswith("list[")]
        if not lists:
            return self.assign(budget)
        source, name = self.rng.choice(lists), self.fresh()
        if source in self.iterated or source in self.parameters:
            self.iterated.append(name)  # what is appended to the alias is appended to what a loop iterates over
        self.variables[name] = self.variables[source]
        return [f"{name} = {source}"]

    def of_local(self, *types: str) -> list[str]:
        """Variables that may be rebound: not what a loop iterates over, not the depth that ends a recursion."""
        return [
            name for name, ty in self.variables.items() if ty in types and name not in self.iterated and name != "depth"
        ]

    def unpack(self, budget: int) -> Lines:
        tuples = [n for n, t in self.variables.items() if t.startswith("tuple[")]
        if tuples and self.chance(0.4):
            source = self.rng.choice(tuples)
            items = tuple_items(self.variables[source])
            names = [self.fresh() for _ in items]
            self.variables.update(zip(names, items))
            return [f"{', '.join(names)} = {source}"]
        ty = self.rng.choice(("int", "float"))
        names = self.of_local(ty)
        if len(names) >= 2 and self.chance(0.6):
            one, other = self.rng.sample(names, 2)
            if self.chance(0.5):
                return [f"{one}, {other} = {other}, {one}"]
            return [f"{one}, {other} = {self.expr(ty, 2)}, {self.expr(ty, 2)}"]
        first, second, third = self.fresh(), self.fresh(), self.fresh()
        values = [self.expr(kind, 2) for kind in (ty, "float", "int")]
        self.variables.update({first: ty, second: "float", third: "int"})
        if self.chance(0.3):
            return [f"{first}, ({second}, {third}) = {values[0]}, ({values[1]}, {values[2]})"]
        return [f"{first}, {second}, {third} = {', '.join(values)}"]

    def append(self, budget: int) -> Lines:
        lists = [n for n, t in self.variables.items() if t.startswith("list[")]
        if not lists or (self.chance(0.3) and not self.loop_depth):
            name, ty = self.fresh(), self.rng.choice(("list[int]", "list[float]"))
            self.variables[name] = ty
            return [f"{name} = []", f"{name}.append({self.expr(element_of(ty), 2)})"]
        name = self.rng.choice(lists)
        line = f"{name}.append({self.expr(element_of(self.variables[name]), 2)})"
        if name in self.parameters and not self.has("mutate"):
            return self.assign(budget)
        unbounded = self.iterated or name in self.parameters or self.loop_depth > 1
        return [f"if len({name}) < {MAX_GROWTH}:", f"    {line}"] if unbounded else [line]

    def store(self, budget: int) -> Lines:
        targets = [n for n, t in self.variables.items() if t.startswith(("list[", "array["))]
        if not targets:
            return self.assign(budget)
        name = self.rng.choice(targets)
        element = element_of(self.variables[name])
        index = self.index_into(name)
        if element in ("int", "float") and self.chance(0.4):
            return [f"{name}[{index}] {self.rng.choice(('+=', '-='))} {self.expr(element, 2)}"]
        return [f"{name}[{index}] = {self.expr(element, 2)}"]

    def assert_(self, budget: int) -> Lines:
        message = self.rng.choice(("", ", 'no'", f", {self.leaf('int')}"))
        return [f"assert {self.expr('bool', 2)} or {self.rng.choice(('True', self.leaf('bool')))}{message}"]

    def raise_(self, budget: int) -> Lines:
        error = self.rng.choice(("ValueError", "TypeError", "KeyError", "IndexError", "ArithmeticError"))
        argument = self.rng.choice(("", "()", "('bad')", f"({self.leaf('int')})"))
        return [f"if {self.rare_condition()}:", f"    raise {error}{argument}"]

    def rare_condition(self) -> str:
        return f"{self.leaf('int')} {self.rng.choice(('==', '>'))} {self.rng.choice(('11', '1000', '9223372036854775807', '-3'))}"

    def early_return(self, budget: int) -> Lines:
        ty = self.rng.choice((self.returns, self.returns, "int", "float", "bool", "none", "str", "list[int]"))
        return [f"if {self.rare_condition()}:", f"    return {self.expr(ty, 2)}"]

    def leave_loop(self, budget: int) -> Lines:
        return [f"if {self.expr('bool', 1)}:", f"    {self.rng.choice(('break', 'continue'))}"]

    def dead(self, budget: int) -> Lines:
        if self.chance(0.5):
            return [f"if {self.rng.choice(('False', '0', 'None'))}:", *_indent(self.block(1))]
        return [self.rng.choice(("pass", "'a string'", "None", "..."))] if self.chance(0.5) else [self.expr("int", 1)]

    # compound statements

    def if_(self, budget: int) -> Lines:
        test = self.expr(
            self.rng.choice(("bool", "bool", "bool", "int", "float", "str" if self.has("str") else "bool")), 2
        )
        lines = [f"if {test}:", *_indent(self.block(budget - 1))]
        if self.chance(0.25):
            lines += [f"elif {self.expr('bool', 2)}:", *_indent(self.block(budget - 1))]
        if self.chance(0.5):
            lines += ["else:", *_indent(self.block(budget - 1))]
        return lines

    def for_(self, budget: int) -> Lines:
        saved, iterated = dict(self.variables), list(self.iterated)
        targets, source = self.iteration("x")
        self.enter_loop()
        body = self.block(budget - 1)
        self.loop_depth -= 1
        for name, ty in self.variables.items():
            if name not in saved:
                self.unbound[name] = ty
        self.variables, self.iterated = saved, iterated
        lines = [f"for {targets} in {source}:", *_indent(body)]
        if self.chance(0.15):
            lines += ["else:", *_indent(self.block(1))]
        return lines

    def while_(self, budget: int) -> Lines:
        fuel = self.fresh("k")
        ty = self.rng.choice(("int", "float"))
        condition = (
            f" and {self.expr(ty, 1)} {self.rng.choice(COMPARISONS)} {self.leaf(ty)}" if self.chance(0.5) else ""
        )
        self.enter_loop()
        body = self.block(budget - 1)
        self.loop_depth -= 1
        lines = [
            f"{fuel} = {self.rng.randint(0, 9)}",
            f"while {fuel} > 0{condition}:",
            f"    {fuel} -= {self.rng.choice((1, 1, 2))}",
            *_indent(body),
        ]
        if self.chance(0.15):
            lines += ["else:", *_indent(self.block(1))]
        return lines

    def enter_loop(self) -> None:
        self.loop_depth += 1
        self.cost = max(self.cost, self.loop_depth)

    def accumulate(self, budget: int) -> Lines:
        """The commonest loop of all: something starts as int 0 and takes in every element."""
        name = self.fresh("s")
        saved, iterated = dict(self.variables), list(self.iterated)
        targets, source = self.iteration("x")
        element = next(ty for n, ty in reversed(self.variables.items()) if n not in saved)
        self.enter_loop()
        term = self.expr(element if element in ("int", "float") else "int", 2)
        body = [f"{name} {self.rng.choice(('+=', '+=', '-='))} {term}"]
        if self.chance(0.4):
            body = [f"if {self.expr('bool', 1)}:", *_indent(body)]
        if self.chance(0.3):
            body += self.block(1)
        self.loop_depth -= 1
        self.variables, self.iterated = saved, iterated
        start = self.rng.choice(("0", "0", "0.0", "1", self.leaf("int")))
        self.variables[name] = "int" if element != "float" and start != "0.0" else "num"
        return [f"{name} = {start}", f"for {targets} in {source}:", *_indent(body)]

    def none_first(self, budget: int) -> Lines:
        """A best value that is None until the first element has been seen."""
        name = self.fresh("best")
        saved, iterated = dict(self.variables), list(self.iterated)
        targets, source = self.iteration("x")
        candidates = [n for n, ty in self.variables.items() if n not in saved and ty in ("int", "float")]
        self.variables, self.iterated = saved, iterated
        if not candidates or self.loop_depth >= MAX_LOOP_DEPTH:
            return self.assign(budget)
        self.cost = max(self.cost, self.loop_depth + 1)
        element = self.rng.choice(candidates)
        self.variables[name] = "opt[int]"
        compare = self.rng.choice("<>")
        return [
            f"{name} = None",
            f"for {targets} in {source}:",
            f"    if {name} is None or {element} {compare} {name}:",
            f"        {name} = {element}",
        ]


def _indent(lines: Lines) -> Lines:
    return ["    " + line for line in lines]
