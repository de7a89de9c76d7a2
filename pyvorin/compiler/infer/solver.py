"""Type variables: the element types of the lists that a function makes, found by everything that is stored into them.

A variable belongs to an allocation site and only ever rises in the lattice, so repeating the inference until no variable
moves ends, and gives the least solution.
"""

from __future__ import annotations

from pyvorin.types.spec import NEVER, Type, as_element, join


class Solver:
    """The variables of one program; `moved` is set when any of them rises."""

    def __init__(self) -> None:
        self._values: dict[str, Type] = {}
        self._sites: dict[object, str] = {}
        self.moved = False

    def variable(self, site: object) -> Type:
        """The type variable of an allocation site; the same site gives the same variable."""
        name = self._sites.setdefault(site, f"?{len(self._sites)}")
        self._values.setdefault(name, NEVER)
        return Type(name)

    def unify(self, variable: Type, ty: Type) -> None:
        """Let the variable stand for *ty* too."""
        old = self._values[variable.name]
        new = join(old, as_element(self.resolve(ty)))
        if new != old:
            self._values[variable.name] = new
            self.moved = True

    def resolve(self, ty: Type) -> Type:
        """The type with all variables replaced by what is known of them."""
        if ty.is_settled:
            return ty
        if ty.is_variable:
            return self._values[ty.name]
        args = tuple(map(self.resolve, ty.args))
        return ty if args == ty.args else Type(ty.name, args)
