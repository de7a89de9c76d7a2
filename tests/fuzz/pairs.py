"""Random uses of tuples as keys: some only searched for, some stored, some used again when they were stored."""

from __future__ import annotations

from .mappings import Mappings

Lines = list[str]
KINDS = (
    ("int", "int"),
    ("int", "str"),
    ("str", "int"),
    ("int",),
    ("str", "int", "int"),
    ("int", "float"),
    ("bool", "int"),
)
"""What is in the keys; the last two are kinds of which a tuple is always made."""


class Pairs(Mappings):
    """Adds the statement `pairs` to dicts and sets."""

    def pair_key(self, kinds: tuple[str, ...]) -> str:
        items = [self.key(kind) if kind in ("int", "str") else self.leaf(kind) for kind in kinds]
        return f"({', '.join(items)},)" if len(items) == 1 else f"({', '.join(items)})"

    def pairs(self, budget: int) -> Lines:
        """A dict or a set that is filled in a loop, and what was counted as a new variable."""
        kinds = self.rng.choice(KINDS)
        table, key, step, result = self.fresh("d"), self.fresh("k"), self.fresh("i"), self.fresh("n")
        outer = dict(self.variables)
        self.variables[step] = "int"
        first = self.pair_key(kinds)
        odd = self.rng.choice((first, first, "(1.0, 'a')", "(True, 1)", "5", "(1, 2, 3)", "(2 ** 65, 1)"))
        lines = [f"{result} = 0", f"for {step} in range({self.rng.randint(0, 9)}):"]
        if self.chance(0.3):
            start = f"{table} = {{{odd}}}"
            body = [f"if {self.pair_key(kinds)} not in {table}:", f"    {result} += 1"]
            body += [f"{table}.add({self.pair_key(kinds)})"]
        else:
            start = f"{table} = {{{odd}: {self.rng.choice(('1', '300', '0.5', '2 ** 64'))}}}"
            body = self.rng.choice((
                [f"{key} = {self.pair_key(kinds)}", f"{table}[{key}] = {table}.get({key}, 0) + {step}"],
                [f"{table}[{self.pair_key(kinds)}] = {self.leaf('int')}"],
                [f"{key} = {self.pair_key(kinds)}", f"if {key} in {table}:", f"    {result} += 1",
                 "else:", f"    {table}[{key}] = {self.leaf('int')}"],
                [f"{key} = {self.pair_key(kinds)}", f"{table}[{key}] = 1", f"{result} += len({key})"],
                [f"{table}.setdefault({self.pair_key(kinds)}, {step})"],
                self._guarded([f"{result} += {table}[{self.pair_key(kinds)}]"], True),
            ))  # fmt: skip
        self.variables = {**outer, result: "int"}
        return [start, *lines, *("    " + line for line in body), f"{result} += len({table})"]
