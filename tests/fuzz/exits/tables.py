"""Random uses of a dict and a set that the caller sees: reads that change, stores, loops in which they change."""

from __future__ import annotations

from .expressions import Expressions

Lines = list[str]
PARAMETERS = [("d", "dict[int, int]"), ("t", "set[int]")]


class Tables(Expressions):
    """Adds to expressions and statements those of the parameters `d` and `t`, where the feature `table` is on."""

    def int_(self, depth: int) -> str:
        if not self.has("table") or self.chance(0.8):
            return super().int_(depth)
        key, other = self.key(depth), self.expression("int", depth + 2)
        return self.pick(
            f"d.get({key}, {other})",
            f"d.get({key}, {other})",
            f"d[{key}]",
            f"d.pop({key}, {other})",
            f"d.setdefault({key}, {other})" if not self.loop_depth else f"d.get({key}, 1)",
            "len(d)",
            "len(t)",
            "sum(d.values())" if self.loop_depth < 2 else "len(d)",
        )

    def condition(self, depth: int = 0) -> str:
        if not self.has("table") or self.chance(0.85):
            return super().condition(depth)
        return f"({self.key(depth + 1)} {self.pick('in', 'not in')} {self.pick('d', 't')})"

    def key(self, depth: int) -> str:
        return self.pick(self.literal("int"), self.variable("int"), f"{self.expression('int', depth + 2)} % 4")

    def table_iteration(self) -> tuple[str, dict[str, str]]:
        """The head of a loop over one of them."""
        one, other = self.fresh("i"), self.fresh("x")
        kind = self.rng.randint(0, 5)
        if kind < 2:
            return f"for {one}, {other} in d.items():", {one: "int", other: "int"}
        if kind == 2:
            return f"for {one}, {other} in enumerate({self.pick('d', 't', 'd.values()')}):", {one: "int", other: "int"}
        return f"for {other} in {self.pick('d', 'd.values()', 't')}:", {other: "int"}

    def change_table(self, depth: int) -> Lines:
        """Stores mostly into what is there: a change of size ends a loop over it."""
        key = self.key(1)
        kind = self.rng.randint(0, 11)
        if kind < 4:
            store = f"d[{key}] {self.pick('=', '=', '+=')} {self.expression('int', 1)}"
            return [f"if {self.pick('len(d) < 9', key + ' in d', key + ' in d')}:", f"    {store}"]
        if kind < 6:
            return [
                "try:",
                f"    d[{key}] += {self.expression('int', 2)}",
                "except KeyError:",
                f"    a = {self.variable('int')}",
            ]
        if kind == 6:
            return [
                "try:",
                f"    {self.pick(f'del d[{key}]', f't.remove({key})', f'd.pop({key})')}",
                "except KeyError:",
                "    pass",
            ]
        if kind == 7:
            return [f"d.update({{{key}: {self.expression('int', 1)}}})"] if not self.loop_depth else [f"d.get({key})"]
        if kind == 8:
            return [f"t.{self.pick('add', 'discard')}({key})"]
        if kind == 9:
            return [f"t {self.pick('|=', '-=', '&=')} {{{key}, {self.expression('int', 2)}}}"]
        return [f"d[{key}] = {self.expression('int', 1)}"] if not self.loop_depth else [f"t.discard({key})"]
