"""What the host has seen values to be: the types that are expected of global names, defaults and the items of records.

    global RATE       float            ->   an unboxed float, checked at each use
    global HEAD       none; instance[Node]  ->   told apart where it is used
    item price        float            ->   of row["price"], where the row's values are of several types
    result load …     list[str]        ->   of an expression that native code lets CPython evaluate (`hir/outcalls.py`)

All are hints: native code checks every value that it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pyvorin.cache.outline import module_and_name
from pyvorin.compiler.hir.outcalls import RESULT
from pyvorin.types.spec import NEVER, OBJECT, Type, TypeSyntaxError, join, list_of, parse_type

GLOBAL = "global "
"""In front of a name, or of a module's name, a dot and a name of that module, among the signatures of a request."""
DEFAULT = "default "
"""In front of a function's qualified name, a blank, and the name of a parameter."""
ITEM = "item "
"""In front of a str that is a key of dicts whose values are of several types: records."""
KINDS = (GLOBAL, DEFAULT, ITEM, RESULT)


def global_key(name: str) -> str:
    """What the global is called there; one of another module as that module's name is followed by its own."""
    module, own = module_and_name(name)
    return f"{GLOBAL}{module}.{own}" if module else GLOBAL + own


def default_key(qualname: str, parameter: str) -> str:
    """What the default of the parameter is called there; of a function that shares its qualified name with others, under that."""
    return f"{DEFAULT}{qualname.partition('.<')[0] if qualname.endswith('>') else qualname} {parameter}"


def expected(seen: list[Type]) -> Type:
    """The type that is expected of what was seen to be of these, the commonest first; `never` if nothing was seen.

    What may be None or of one of several classes is told apart (`union`); what does not fit together with commoner
    types costs an exit.  An `object` for all of them would have no operations.
    """
    lists = [ty for ty in seen if ty.name == "list" and ty.args[0] != OBJECT]
    seen = [ty for ty in seen if not (lists and ty == list_of(OBJECT))]
    whole = NEVER
    for ty in seen:
        wider = join(whole, ty)
        whole = whole if wider == OBJECT else wider
    return whole if whole != NEVER or not seen else OBJECT


class SeenNames:
    """The types of the values of global names and of defaults; `known`: what the compiler knows of a type."""

    def __init__(self) -> None:
        self._seen: dict[str, list[Type]] = {}
        self._assumed: dict[str, list[Type]] = {}
        self.presumes = False
        """Whether what nobody has seen is taken to be any object, as where nothing will be run (`check`)."""

    def assume(self, key: str, ty: Type) -> None:
        """What the source says of a name that nobody has seen yet."""
        self._assumed.setdefault(key, []).append(ty)

    def observe(self, signatures: Mapping[str, Iterable[str]], known: Callable[[Type], Type]) -> None:
        """Take in what a request says."""
        for key, texts in signatures.items():
            if not key.startswith(KINDS):
                continue
            texts = [part for text in texts for part in text.split("; ")]
            # An empty container says little if there are others.
            for text in [text for text in texts if "?" not in text] or texts:
                try:
                    ty = known(parse_type(text))
                except TypeSyntaxError:
                    continue
                seen = self._seen.setdefault(key, [])
                if ty not in seen:
                    seen.append(ty)

    def type_of(self, key: str) -> Type:
        """What is expected there."""
        return expected(self._seen.get(key) or self._assumed.get(key, []))

    def knows(self, key: str) -> bool:
        """Whether anything is known of what is there."""
        return key in self._seen or key in self._assumed

    def described(self, keys: Iterable[str]) -> list[str]:
        """Of each key what code that reads there depends on."""
        return [f"{key}: {self.type_of(key)}" for key in sorted(keys)]

    def state(self) -> list[str]:
        """All that was seen, to be compared."""
        return self.described(self._seen)
