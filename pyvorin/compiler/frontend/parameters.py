"""The parameters of a function, in the order in which native code takes them, and how a call's arguments are bound to them.

    def f(a, b=1, *rest, key=2, **more)      names: a, b, key, rest, more
    f(x, y, z, key=k)                        a: x, b: y, key: k, rest: the tuple of z, more: an empty dict

What a call passes beyond the named parameters has a shape at each call, so `rest` is a tuple of known types in each instance.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Argument = TypeVar("Argument")


@dataclass(slots=True)
class Bound(Generic[Argument]):
    """The arguments of a call: those of named parameters, by name, and the others."""

    named: dict[str, Argument] = field(default_factory=dict)
    rest: list[Argument] = field(default_factory=list)
    more: dict[str, Argument] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parameters:
    """positional, keyword_only: names; unnamed: how many of the first can only be given by position.  rest, more: the names
    behind ``*`` and ``**``.  defaults: expressions, by name."""

    positional: list[str]
    unnamed: int
    keyword_only: list[str]
    rest: str | None
    more: str | None
    defaults: dict[str, ast.expr]

    @property
    def named(self) -> list[str]:
        return [*self.positional, *self.keyword_only]

    @property
    def names(self) -> list[str]:
        """All, in the order in which native code takes them."""
        return [*self.named, *(name for name in (self.rest, self.more) if name is not None)]

    @property
    def is_open(self) -> bool:
        """Whether it takes any number of arguments."""
        return self.rest is not None or self.more is not None

    def behind(self, count: int) -> Parameters | None:
        """Those behind the first ones; None if there are not so many."""
        if len(self.positional) < count:
            return None
        unnamed = max(0, self.unnamed - count)
        return Parameters(self.positional[count:], unnamed, self.keyword_only, self.rest, self.more, self.defaults)

    def bind(self, given: Sequence[Argument], keywords: Iterable[tuple[str, Argument]]) -> Bound[Argument] | None:
        """What each of the parameters gets that has no default; None where CPython raises a TypeError."""
        found: Bound[Argument] = Bound(dict(zip(self.positional, given)), [*given[len(self.positional) :]])
        for name, argument in keywords:
            if name in self.named[self.unnamed :]:
                if name in found.named:
                    return None
                found.named[name] = argument
            elif self.more is None or name in found.more:
                return None
            else:
                found.more[name] = argument
        if found.rest and self.rest is None:
            return None
        if any(name not in found.named and name not in self.defaults for name in self.named):
            return None
        return found


def handed_on(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> str | None:
    """The name of the ``**`` parameter, if the function does nothing with it but to give it to calls as ``f(**more)``."""
    name = None if node.args.kwarg is None else node.args.kwarg.arg
    places = {
        id(k.value) for inner in ast.walk(node) if isinstance(inner, ast.Call) for k in inner.keywords if k.arg is None
    }
    names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner.id == name]
    return name if names and all(id(inner) in places for inner in names) else None


def maker_of_more(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> str:
    """The primitive that makes what its ``**`` parameter gets, of names and values in turn."""
    return "dict.make" if handed_on(node) is None else "kwargs.make"


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Parameters:
    arguments = node.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    keyword_only = [a.arg for a in arguments.kwonlyargs]
    defaults = dict(zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults))
    defaults.update(
        (name, default) for name, default in zip(keyword_only, arguments.kw_defaults) if default is not None
    )
    rest, more = (None if a is None else a.arg for a in (arguments.vararg, arguments.kwarg))
    return Parameters(positional, len(arguments.posonlyargs), keyword_only, rest, more, defaults)
