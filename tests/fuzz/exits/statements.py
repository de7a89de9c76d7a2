"""Random statements with effects: stores, swaps, growing and shrinking lists, loops over them, tests that change something."""

from __future__ import annotations

import random

from .expressions import ITEMS, LISTS, MAX_LOOP_DEPTH, Helper
from .tables import Tables

Lines = list[str]
SCALARS = ("int", "int", "int", "float", "bool", "str")


class Statements(Tables):
    """Adds statements; every method returns lines without the indentation of their block."""

    def __init__(
        self, rng: random.Random, features: frozenset[str], helpers: list[Helper], returns: str, most: int
    ) -> None:
        super().__init__(rng, features, helpers)
        self.returns = returns
        self.most = most
        """After so many statements no more are added that contain others."""
        self.size = 0
        self.loops = 0
        """How many loops of this function are around, of which a jump is allowed."""
        self.protected = False
        """Whether nothing is to jump out of what a `finally` protects."""

    def block(self, depth: int, most: int = 3) -> Lines:
        before = dict(self.variables)
        lines: Lines = []
        for _ in range(self.rng.randint(1, most)):
            lines += self.statement(depth)
            if lines[-1].startswith(("break", "continue", "return", "raise")):
                break
        self.unbound |= {name: ty for name, ty in self.variables.items() if name not in before}
        self.variables = before
        return [f"    {line}" for line in lines]

    def statement(self, depth: int) -> Lines:
        self.size += 1
        kinds = [self.effect] * 6 + [self.assign] * 3 + [self.store] * 4 + [self.augment] * 4 + [self.several] * 3
        kinds += [self.augment_item] * 3 + [self.method] * 4 + [self.call_] * 4 + [self.check] * self.has("assert")
        kinds += [self.detour] * 2 * self.has("detour")
        kinds += [self.change_table] * 6 * self.has("table")
        kinds += [self.leave] * 2 + [self.delete] * self.has("unbound")
        if depth < 4 and self.size < self.most:
            kinds += [self.if_] * 4 + [self.try_] * 4 * self.has("try")
            if self.loop_depth < MAX_LOOP_DEPTH:
                kinds += [self.for_] * 8 + [self.while_] * 4
            kinds += [self.manage] * 4 * self.has("opaque")
        return self.rng.choice(kinds)(depth)

    # Simple statements

    def scalar(self) -> str:
        ty = self.pick(*SCALARS)
        return ty if ty in ("int", "bool") or self.has(ty) else "int"

    def assignable(self, ty: str) -> list[str]:
        return [name for name in self.of(ty) if name not in self.fixed]

    def assign(self, depth: int) -> Lines:
        ty = (
            self.scalar()
            if self.chance(0.75)
            else self.pick("list[int]", "list[float]" if self.has("float") else "list[int]")
        )
        value = self.expression(ty)
        names = self.assignable(ty)
        name = self.pick(*names) if names and self.chance(0.6) else self.fresh()
        self.variables[name] = ty
        self.unbound.pop(name, None)
        return [f"{name} = {value}"]

    def place(self) -> tuple[str, str]:
        """An item of a container as a target, and its type."""
        lists = [(name, ITEMS[ty]) for name, ty in self.variables.items() if ty in ITEMS]
        if not lists:
            return self.fresh(), "int"
        name, ty = self.rng.choice(lists)
        return f"{name}[{self.index(name)}]", ty

    def store(self, depth: int) -> Lines:
        target, ty = self.place()
        return [f"{target} = {self.expression(ty)}"]

    def augment(self, depth: int) -> Lines:
        ty = self.pick("int", "int", "float", "str")
        names = self.assignable(ty)
        if not names:
            return self.assign(depth)
        name = self.pick(*names)
        if ty == "str":
            return (
                [f"{name} += {self.variable('str')}"] if not self.loop_depth else [f"{name} = {self.variable('str')}"]
            )
        if ty == "int" and self.chance(0.3):
            return [f"{name} {self.pick('*= 3', '%= 1009', '//= 2', '^= 5')}"]
        return [f"{name} {self.pick('+=', '+=', '-=')} {self.expression(ty)}"]

    def augment_item(self, depth: int) -> Lines:
        target, ty = self.place()
        if "[" not in target:
            return self.assign(depth)
        if ty == "str":
            return (
                [f"{target} += {self.literal('str')}"]
                if not self.loop_depth
                else [f"{target} = {self.variable('str')}"]
            )
        operator = self.pick("+=", "-=", "+=", "*=" if ty == "float" or not self.loop_depth else "-=")
        return [f"{target} {operator} {self.expression(ty)}"]

    def several(self, depth: int) -> Lines:
        """Several targets in one statement, or one after the other."""
        one, ty = self.place()
        kind = self.rng.randint(0, 4)
        names = self.assignable(ty)
        other = self.pick(*names) if names and self.chance(0.5) else self.place_of(ty)
        if kind == 0 and "[" in one and "[" in other:
            return [f"{one}, {other} = {other}, {one}"]
        if kind == 1:
            text = f"{one} = {other} = {self.expression(ty)}"
        elif kind == 2:
            text = f"{other}, {one} = {self.expression(ty)}, {self.expression(ty)}"
        elif kind == 3:
            new = self.fresh()
            text = f"{one}, ({new}, {other}) = {self.expression(ty)}, ({self.expression('int')}, {self.expression(ty)})"
            self.variables[new] = "int"
        else:
            text = f"{one}, {other} = {self.expression(ty)}, {self.expression(ty)}"
        if "[" not in one:
            self.variables[one] = ty
        if "[" not in other:
            self.variables[other] = ty
        return [text]

    def place_of(self, ty: str) -> str:
        names = self.of(LISTS[ty]) if ty in LISTS else []
        if not names:
            return self.fresh()
        name = self.pick(*names)
        return f"{name}[{self.index(name)}]"

    def bounded(self, name: str, line: str) -> Lines:
        """What makes a list longer, unless that is long already: loops over it, or over what it may be the same as, end."""
        if not self.loop_depth and self.chance(0.5) and not self.has("recursion"):
            return [line]
        return [f"if len({name}) < {self.pick('5', '8', '12')}:", f"    {line}"]

    def effect(self, depth: int) -> Lines:
        lists = [(name, ty[5:-1]) for name, ty in self.variables.items() if ty in LISTS.values()]
        rows = self.of("list[list[int]]")
        if rows and self.chance(0.2):
            return self.bounded(rows[0], f"{rows[0]}.append({self.pick(*self.of('list[int]') or ['[]'])})")
        if not lists:
            return self.assign(depth)
        name, ty = self.rng.choice(lists)
        return self.bounded(name, f"{name}.append({self.expression(ty)})")

    def method(self, depth: int) -> Lines:
        lists = [(name, ty[5:-1]) for name, ty in self.variables.items() if ty in LISTS.values()]
        if not lists:
            return self.assign(depth)
        name, ty = self.rng.choice(lists)
        kind = self.rng.randint(0, 9)
        if kind < 2:
            return self.bounded(name, f"{name}.insert({self.expression('int', 2)}, {self.expression(ty, 1)})")
        if kind == 2:
            return self.bounded(name, f"{name}.extend([{self.expression(ty, 1)}, {self.variable(ty)}])")
        if kind == 3:
            return self.bounded(name, f"{name} += [{self.expression(ty, 1)}]")
        if kind < 7:
            line = f"{name}.pop({self.pick('', '', '0', '-1', self.expression('int', 2))})"
            return [line] if self.chance(0.3) else [f"if {self.pick(name, f'len({name}) > 1')}:", f"    {line}"]
        if kind == 7:
            return [f"{name}.reverse()"]
        if kind == 8:
            return [f"{name}.sort()"]
        return [f"{name}.clear()"] if self.chance(0.3) else [f"{name}.append({name}.pop())"]

    def call_(self, depth: int) -> Lines:
        fitting = [h for h in self.helpers if h.cost + self.loop_depth <= MAX_LOOP_DEPTH]
        return [self.call_of(self.rng.choice(fitting))] if fitting else self.effect(depth)

    def check(self, depth: int) -> Lines:
        message = self.pick("", ", 'no'", f", {self.expression('int', 1)}")
        return [f"assert {self.condition()} or {self.condition(2)}{message}"]

    def delete(self, depth: int) -> Lines:
        names = [name for name in self.variables if name.startswith("v") and name not in self.fixed]
        if not names:
            return self.assign(depth)
        name = self.pick(*names)
        self.unbound[name] = self.variables.pop(name)
        return [f"del {name}"]

    def leave(self, depth: int) -> Lines:
        test = f"if {self.condition(1)}:"
        if self.loops and self.chance(0.7):
            return (
                [test, f"    {self.pick('break', 'continue')}"]
                if self.chance(0.85)
                else [self.pick("break", "continue")]
            )
        if self.protected or (self.chance(0.4) and self.has("raise")):
            error = self.pick("ValueError", "KeyError", "IndexError")
            return [test, f"    raise {error}({self.expression('int', 1)})"]
        return [test, f"    return {self.expression(self.returns, 1)}" if self.returns != "none" else "    return"]

    def definition(self) -> Lines:
        """An import, or something that captures variables, and is kept."""
        kind, value, seen = self.rng.randint(0, 6), self.expression("int", 2), self.variable("int")
        name = self.fresh("d")
        if kind == 0:
            return [
                f"from math import {self.pick('floor', 'absent')} as {name}, ceil",
                f"watched.note({name}(ceil({seen})))",
            ]
        if kind == 1:
            return [f"import {self.pick('math', 'absent', 'os.path')} as {name}", f"watched.note({name}.__name__)"]
        if kind == 2:
            return [f"watched.keep(lambda: {seen})"]
        if kind == 3:
            return [f"watched.keep((q * {seen} for q in {self.any_list()}).__next__)"]
        if kind == 4:
            made = [
                f"class {name}:",
                f"    first = {value}",
                "    def get(self):",
                f"        return {name}.first + {seen}",
            ]
            return [*made, f"watched.keep({name}().get)"]
        decorator = [f"@watched.{self.pick('keep', 'absent')}"] * self.chance(0.3)
        again = f" + {name}(q - 1)" if kind == 5 and not decorator else ""
        made = [*decorator, f"def {name}(q={value} % 5):", f"    return {seen}{again} if q > 0 else 0"]
        return [*made, f"watched.keep({name})"]

    def detour(self, depth: int) -> Lines:
        """Something for which native code leaves, always."""
        if self.chance(0.3):
            return self.definition()
        kind, value = self.rng.randint(0, 13), self.expression("int", 2)
        names = self.assignable("int")
        name = self.pick(*names) if names else self.fresh()
        if kind < 3:
            return [f"watched.note({value}, {self.variable('int')})"]
        if kind == 3:
            self.variables[name] = "int"
            return [f"{name} = watched.note({value})"]
        if kind == 4:
            return [f"watched.total += {value}"]
        if kind == 5:
            return [f"watched.{self.pick('total', 'absent', 'name')} = {value}"] + ["watched.absent"] * self.chance(0.2)
        if kind == 6:
            return [f"watched.note(*{self.any_list()}, {value})"]
        if kind == 7:
            lists = self.of("list[int]")
            return (
                [f"{self.pick(*lists)}.sort(key=lambda q: q % 3 + watched.total)"]
                if lists
                else [f"watched.note({value})"]
            )
        if kind == 8:
            new = self.fresh()
            return [f"{new}, *rest = watched.note((1, {value}, 3))", f"watched.note({new}, rest)"]
        if depth > 2 or self.size >= self.most - 3:
            return [f"watched.note({value}, [q + 1 for q in {self.any_list()}])"]
        if kind == 9:
            return ["try:", *self.block(depth + 1, 2), "finally:", f"    watched.note({value})"] + [
                f"    {self.pick('break', 'continue')}"
            ] * (self.loops > 0 and self.chance(0.3))
        if kind == 10:
            return [
                f"match {value}:",
                "    case 0 | 1 as small:",
                *[f"    {line}" for line in self.block(depth + 1, 2)],
                "    case big:",
                *[f"    {line}" for line in self.block(depth + 1, 2)],
            ]
        if kind == 11:
            # What a generator goes over must not bind names.
            over = self.fresh() if ":=" in value else value
            before = [f"{over} = {value}"] if over != value else []
            return [*before, f"for each in (q for q in watched.note((1, 2, {over}))):", *self.loop_body(depth)]
        return [f"with watched{self.pick('', ' as entered', ', watched')}:", *self.block(depth + 1)]

    def manage(self, depth: int) -> Lines:
        """A `with`, in which everything may happen."""
        entered = self.fresh("m")
        first = self.pick("watched", "watched", f"watched as {entered}", f"watched as {entered}, watched")
        if entered in first:
            self.variables[entered] = "int"
        return [f"with {first}:", *self.block(depth + 1, 3)]

    # Compound statements

    def if_(self, depth: int) -> Lines:
        lines = [f"if {self.condition()}:", *self.block(depth + 1)]
        if self.chance(0.25):
            lines += [f"elif {self.condition()}:", *self.block(depth + 1)]
        if self.chance(0.4):
            lines += ["else:", *self.block(depth + 1)]
        return lines

    def try_(self, depth: int) -> Lines:
        final = self.chance(0.3)
        calm = final and self.chance(0.3)
        loops, self.loops = self.loops, 0 if calm else self.loops
        protected, self.protected = self.protected, self.protected or calm
        lines = ["try:", *self.block(depth + 1)]
        if not final or self.chance(0.5):
            for _ in range(self.rng.choice((1, 1, 2))):
                kind = self.pick("IndexError", "ZeroDivisionError", "(KeyError, ValueError)", "Exception", "TypeError")
                if self.chance(0.3):
                    used = self.pick("b = len(e.args)", "b = len(e.args)", "b -= 1")
                    lines += [f"except {kind} as e:", f"    {used}", *self.block(depth + 1, 1)]
                else:
                    lines += [f"except {kind}:", *self.block(depth + 1, 2)]
                    if self.chance(0.15):
                        lines.append("    raise")
            if self.chance(0.25):
                lines += ["else:", *self.block(depth + 1, 2)]
        self.loops, self.protected = loops, protected
        if final:
            lines += ["finally:", *self.block(depth + 1, 2)]
        return lines

    def for_(self, depth: int) -> Lines:
        saved = dict(self.variables)
        head, names = self.iteration()
        self.variables.update(names)
        lines = [head, *self.loop_body(depth)]
        self.unbound |= {name: ty for name, ty in self.variables.items() if name not in saved}
        self.variables = saved
        if self.chance(0.3):
            lines += ["else:", *self.block(depth + 1, 2)]
        return lines

    def loop_body(self, depth: int) -> Lines:
        self.loop_depth += 1
        self.loops += 1
        self.cost = max(self.cost, self.loop_depth)
        lines = self.block(depth + 1, 4)
        self.loop_depth -= 1
        self.loops -= 1
        return lines

    def iteration(self) -> tuple[str, dict[str, str]]:
        if self.has("table") and self.chance(0.4):
            return self.table_iteration()
        if self.has("opaque") and self.chance(0.4):
            return self.opaque_iteration()
        one, other = self.fresh("i"), self.fresh("x")
        rows = self.of("list[list[int]]")
        kind = self.rng.randint(0, 11)
        if kind < 2:
            stop = self.pick("2", "3", "4", f"len({self.any_list()})", f"{self.variable('int')} % 5")
            source = self.pick(
                f"range({stop})", f"range({stop})", f"range(1, {stop})", f"range(5, {self.literal('int')}, -2)"
            )
            return f"for {one} in {source}:", {one: "int"}
        if kind == 2 and rows:
            return f"for {other} in {self.pick(*rows)}:", {other: "list[int]"}
        if kind == 3:
            return f"for {other} in {self.variable('str')}:", {other: "str"}
        if kind == 4:
            return f"for {other} in ({self.expression('int', 2)}, {self.expression('int', 2)}, 5):", {other: "int"}
        source, ty = self.source(1)
        if kind == 5 and source.startswith("x"):
            source, ty = self.list_("list[int]", 2), "int"
        if kind == 6:
            return f"for {one}, {other} in enumerate({source}{self.pick('', ', 3')}):", {one: "int", other: ty}
        if kind == 7:
            second, second_type = self.source(1)
            return f"for {one}, {other} in zip({source}, {second}):", {one: ty, other: second_type}
        if kind == 8:
            return f"for {other} in reversed({source}):", {other: ty}
        if kind == 9:
            third = self.fresh("y")
            second, second_type = self.source(1)
            names = {one: "int", other: ty, third: second_type}
            return f"for {one}, ({other}, {third}) in enumerate(zip({source}, {second})):", names
        return f"for {other} in {source}:", {other: ty}

    def opaque_iteration(self) -> tuple[str, dict[str, str]]:
        """The head of a loop over an iterator that native code knows nothing of."""
        one, other = self.fresh("i"), self.fresh("x")
        items = self.opaque_source()
        if self.chance(0.3):
            start = self.pick("", "", ", 2", f", {self.expression('int', 3)}")
            return f"for {one}, {other} in enumerate({items}{start}):", {one: "int", other: "int"}
        return f"for {other} in {items}:", {other: "int"}

    def while_(self, depth: int) -> Lines:
        fuel = self.fresh("k")
        self.fixed.add(fuel)
        test = self.condition()
        head = f"while ({fuel} := {fuel} - 1) > 0 and {test}:" if self.has("walrus") and self.chance(0.5) else ""
        if head:
            body = self.loop_body(depth)
        else:
            head, body = f"while {fuel} > 0 and {test}:", [f"    {fuel} -= 1", *self.loop_body(depth)]
        lines = [f"{fuel} = {self.rng.randint(2, 6)}", head, *body]
        if self.chance(0.3):
            lines += ["else:", *self.block(depth + 1, 2)]
        return lines
