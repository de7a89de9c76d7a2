"""Random uses of dicts and sets: searches, stores, counting, views, comprehensions, whole dicts and sets."""

from __future__ import annotations

from .expressions import Expressions
from .scope import is_table, table_parts

Lines = list[str]
TABLES = ("dict[str, int]", "dict[int, int]", "dict[int, float]", "dict[str, float]", "set[int]", "set[str]")


class Mappings(Expressions):
    """Adds dicts and sets to expressions, where the feature `dict` is on."""

    def tables(self, prefix: str = "") -> list[str]:
        return [name for name, ty in self.variables.items() if is_table(ty) and ty.startswith(prefix)]

    def expr(self, ty: str, depth: int = 3) -> str:
        if is_table(ty):
            return self.table(ty, depth)
        if self.has("dict") and depth > 0 and self.chance(0.15):
            found = self.of_table(ty, depth - 1)
            if found is not None:
                return found
        return super().expr(ty, depth)

    def literal(self, ty: str) -> str:
        return self.display(ty, 0) if is_table(ty) else super().literal(ty)

    def table(self, ty: str, depth: int) -> str:
        """An expression for a dict or a set."""
        pick, names = self.rng.choice, self.of_type(ty)
        if names and self.chance(0.5):
            return pick(names)
        if names and depth > 0 and self.chance(0.4):
            one, other = pick(names), pick(names)
            if ty.startswith("set"):
                return f"({one} {pick('|&-^')} {other})"
            return pick((f"{one}.copy()", f"dict({one})", f"({one} | {other})"))
        if depth > 0 and self.has("comprehension") and not self.loop_depth and self.chance(0.4):
            return self.table_comprehension(ty)
        return self.display(ty, depth)

    def display(self, ty: str, depth: int) -> str:
        count = self.rng.randint(0, 4)
        if ty.startswith("set"):
            items = [self.key(table_parts(ty)[0]) for _ in range(count)]
            return f"{{{', '.join(items)}}}" if items else "set()"
        key, value = table_parts(ty)
        return f"{{{', '.join(f'{self.key(key)}: {self.leaf(value)}' for _ in range(count))}}}"

    def table_comprehension(self, ty: str) -> str:
        saved, iterated = dict(self.variables), list(self.iterated)
        targets, source = self.iteration("x")
        parts = [self.expr(part, 1) for part in table_parts(ty)]
        condition = f" if {self.expr('bool', 1)}" if self.chance(0.3) else ""
        self.variables, self.iterated = saved, iterated
        return f"{{{': '.join(parts)} for {targets} in {source}{condition}}}"

    def key(self, ty: str) -> str:
        """A key that others are likely to be equal to."""
        if ty == "str":
            return self.leaf("str") if self.chance(0.5) else self.rng.choice(("'a'", "'b'", "'ab'", "''"))
        return f"{self.leaf('int')} % 5" if self.chance(0.5) else self.leaf("int")

    def of_table(self, ty: str, depth: int) -> str | None:
        """A value of the type that is read from a dict or a set, or computed from one."""
        pick = self.rng.choice
        names = self.tables()
        if not names:
            return None
        name = pick(names)
        parts = table_parts(self.variables[name])
        key = self.key(parts[0])
        if ty == "bool":
            if self.chance(0.2):
                return f"({name} {pick(('==', '!='))} {self.table(self.variables[name], depth)})"
            return pick((f"({key} in {name})", f"({key} not in {name})", f"bool({name})", f"(not {name})"))
        if ty == "int" and self.chance(0.3):
            return f"len({name})"
        if len(parts) == 2 and parts[1] == ty and self.chance(0.8):
            options = [f"{name}.get({key}, {self.leaf(ty)})"] * 3 + [f"{name}[{key}]"]
            options += [f"sum({name}.values())"] * (ty in ("int", "float"))
            options += [f"max({name}.values(), default={self.leaf(ty)})"]
            if self.has("mutate") or name not in self.parameters:
                options += [f"{name}.pop({key}, {self.leaf(ty)})", f"{name}.setdefault({key}, {self.leaf(ty)})"]
            return pick(options)
        if ty == parts[0] and self.chance(0.5):
            return f"{pick(('min', 'max'))}({name}, default={self.leaf(ty)})"
        if ty == f"list[{parts[0]}]":
            return pick((f"sorted({name})", f"list({name})"))
        return None

    def iteration(self, stem: str) -> tuple[str, str]:
        names = self.tables()
        if not names or self.chance(0.5):
            return super().iteration(stem)
        name, item = self.rng.choice(names), self.fresh(stem)
        parts = table_parts(self.variables[name])
        self.iterated.append(name)
        if len(parts) == 2 and self.chance(0.4):
            value = self.fresh(stem)
            self.variables[item], self.variables[value] = parts
            return f"{item}, {value}", f"{name}.items()"
        if len(parts) == 2 and self.chance(0.4):
            self.variables[item] = parts[1]
            return item, f"{name}.values()"
        self.variables[item] = parts[0]
        if self.chance(0.2):
            position = self.fresh("i")
            self.variables[position] = "int"
            return f"{position}, {item}", f"enumerate({name})"
        return item, name

    # Statements

    def new_table(self, budget: int) -> Lines:
        ty, name = self.rng.choice(TABLES), self.fresh("d")
        value = self.table(ty, 2)
        self.variables[name] = ty
        return [f"{name} = {value}"]

    def change_table(self, budget: int) -> Lines:
        """A store, a deletion, an addition; of what a caller has passed only where that is wanted."""
        names = [n for n in self.tables() if self.has("mutate") or n not in self.parameters]
        if not names:
            return self.new_table(budget)
        name = self.rng.choice(names)
        parts = table_parts(self.variables[name])
        key = self.key(parts[0])
        if len(parts) == 1:
            method = self.rng.choice(("add", "add", "add", "discard", "remove"))
            line = f"{name}.{method}({key})"
            return self._guarded([line], method == "remove")
        kind = self.rng.choice(("store", "store", "count", "count", "augment", "delete", "update", "clear"))
        value = self.expr(parts[1], 1)
        if kind == "store":
            return [f"{name}[{key}] = {value}"]
        if kind == "count":
            return [f"{name}[{key}] = {name}.get({key}, {self.rng.choice(('0', '300', '0.5'))}) + {value}"]
        if kind == "augment":
            return self._guarded([f"{name}[{key}] += {value}"], True)
        if kind == "delete":
            return self._guarded([self.rng.choice((f"del {name}[{key}]", f"{name}.pop({key})"))], True)
        if kind == "update":
            return [f"{name}.update({self.table(self.variables[name], 1)})"]
        return [f"if len({name}) > 30:", f"    {name}.clear()"]

    def _guarded(self, lines: Lines, may_miss: bool) -> Lines:
        """In a `try` with a handler for a missing key, often."""
        if not may_miss or self.chance(0.3):
            return lines
        return ["try:", *("    " + line for line in lines), "except KeyError:", "    pass"]
