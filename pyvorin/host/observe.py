"""Types of arguments, seen at calls and spelled as signatures.

A function whose parameters are open has an observer in front of it.  At its 2nd, 16th and 256th call the observer
hands function and arguments over; what they were becomes a wish for a specialisation, until the function has MOST_SIGNATURES.
A container is judged by a sample of its elements: native code checks each element that it reads, so a sample that
misleads costs an exit and never a result.

    f([1.0, 2.0], 3)    ->    "list[float], int"
"""

from __future__ import annotations

import sys
from itertools import islice

from pyvorin.cache.outline import KIND, PART, QUALNAME, SIGNATURE
from pyvorin.core.library import C_OBJECTS
from pyvorin.host.namespace import BuiltinFunctionType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import FunctionType
    from typing import Any

    from pyvorin.host.binding import Binding
    from pyvorin.host.profile import Profile

NATIVE = "native"
"""The kind of the entries of specialisations, as in `cache/manifest.py`, which a warm start does not load."""
NEVER = 2**62
"""A trigger that no counter reaches."""
LAST = 2**16
"""So many calls that native code has not served are counted, and some of them looked at."""
MOST_SIGNATURES = 4
MOST_PROFILES = 8
"""So many different descriptions of a class's instances are sent to the compiler."""

_SAMPLE = 8
_DEPTH = 4
"""How many levels of containers in containers are looked into; of those further in fewer elements."""
_OPEN = 0x4 | 0x8
"""CO_VARARGS and CO_VARKEYWORDS."""
_NUMBERS = ("int", "float", "number")
_DERIVABLE = (int, float, str, bytes, list, dict, set, frozenset, tuple)
_C_MODULES = frozenset([module for module, _ in C_OBJECTS.values()])
_DICTS = {"counter": "Counter", "defaultdict": "defaultdict", "ordered": "OrderedDict"}
"""The classes of `collections` whose objects are dicts."""
_BY_NAME = (float, bool, str, bytes, bytearray, range)


def signature_of(
    function: FunctionType, args: Sequence[object], profile: Profile | None = None, names: tuple[str, ...] = ()
) -> str | None:
    """The signature of a call with these arguments, the last ones given by *names*; other parameters count with their defaults.

    profile: is shown the instances of classes of the program.
    None if CPython raises a TypeError, or if the function takes any number of arguments.
    """
    code = function.__code__
    count = code.co_argcount
    parameters = code.co_varnames[: count + code.co_kwonlyargcount]
    given = len(args) - len(names)
    if code.co_flags & _OPEN or given > count or set(names) & set(parameters[:given]):
        return None
    defaults = function.__defaults__ or ()
    values = dict(zip(parameters[count - len(defaults) : count], defaults[-count:] if count else ()))
    values.update(function.__kwdefaults__ or {})
    values.update(zip(parameters, args[:given]))
    values.update(zip(names, args[given:]))
    if len(values) != len(parameters) or any(name not in values for name in parameters):
        return None
    return ", ".join([type_of(values[name], _DEPTH, profile) for name in parameters])


def type_of(value: object, depth: int = _DEPTH, profile: Profile | None = None) -> str:
    """The type of one value as signatures write it."""
    kind = type(value)
    if value is None:
        return "none"
    if kind is int:
        return "int" if -(2**63) <= value < 2**63 else "object"  # type: ignore[operator]
    if kind in _BY_NAME:
        return kind.__name__
    if kind is list:
        return f"list[{_element_type(_sample(value, _count(depth)), depth, profile)}]"  # type: ignore[arg-type]
    if kind is dict:
        pairs = first(value.items(), _count(depth))  # type: ignore[attr-defined]
        keys, values = [k for k, _ in pairs], [v for _, v in pairs]
        if profile is not None and keys and type(keys[0]) is str:
            profile.record(value)  # type: ignore[arg-type]
        return f"dict[{_element_type(keys, depth, profile)}, {_element_type(values, depth, profile)}]"
    if kind is set or kind is frozenset:
        return f"{kind.__name__}[{_element_type(first(value, _count(depth)), depth, profile)}]"  # type: ignore[arg-type]
    if kind is tuple:
        if len(value) <= _SAMPLE and depth:  # type: ignore[arg-type]
            return f"tuple[{', '.join(type_of(item, depth - 1, profile) for item in value)}]"  # type: ignore[attr-defined]
        return f"tuples[{_element_type(_sample(value, _count(depth)), depth, profile)}]" if depth else "object"  # type: ignore[arg-type]
    if kind.__module__ == "array" and kind is _attribute("array", "array"):
        return f"array[{value.typecode}]"  # type: ignore[attr-defined]
    if kind.__module__ == "numpy" and kind is _attribute("numpy", "ndarray") and value.ndim == 1:  # type: ignore[attr-defined]
        return f"ndarray[{value.dtype.name}]"  # type: ignore[attr-defined]
    if kind.__module__ == "collections":
        return _collection_type(value, depth, profile)
    if kind.__module__ in _C_MODULES:
        return _c_object_type(kind)
    if kind is BuiltinFunctionType:
        return _method_type(value, depth, profile)
    if profile is not None and issubclass(kind, tuple):
        return profile.named_tuple(value, depth) or "object"  # type: ignore[arg-type]
    if profile is not None and issubclass(kind, FunctionType):
        return profile.function(value) or "object"  # type: ignore[arg-type]
    if profile is not None and (type(kind) is type or type(kind) is _attribute("enum", "EnumMeta")):
        return profile.instance(value) or "object"
    return "object"


def _collection_type(value: Any, depth: int, profile: Profile | None) -> str:
    """The type of an object of a class of `collections`."""
    kind = type(value)
    if kind is _attribute("collections", "deque"):
        return f"deque[{_element_type(first(value, _count(depth)), depth, profile)}]"
    name = next((name for name, of in _DICTS.items() if kind is _attribute("collections", of)), None)
    if name is None:
        return "object"
    # An OrderedDict's own iterator looks each key up, so compares it.
    pairs = first(dict.items(value), _count(depth))
    keys, values = [k for k, _ in pairs], [v for _, v in pairs]
    return f"{name}[{_element_type(keys, depth, profile)}, {_element_type(values, depth, profile)}]"


def _c_object_type(kind: type) -> str:
    """The type of an object of a C type of the standard library."""
    for name, (module, attribute) in C_OBJECTS.items():
        if kind is _attribute(module, attribute):
            return name
    return "object"


def items_type(value: object, base: type, depth: int, profile: Profile | None) -> str:
    """The type of an instance of a class that derives from this builtin one, as if it were of that."""
    return f"{base.__name__}[{_element_type(_sample(value, _count(depth)), depth, profile)}]"  # type: ignore[arg-type]


def _is_derived(value: object) -> bool:
    """Whether it is of a class that derives from a builtin type: native code checks for the exact type."""
    kind = type(value)
    if kind in _DERIVABLE or kind is bool or not issubclass(kind, _DERIVABLE):
        return False
    return kind.__module__ != "collections" and not (issubclass(kind, tuple) and "_fields" in kind.__dict__)


def _method_type(value: Any, depth: int, profile: Profile | None) -> str:
    """The type of a function or method written in C: of those of builtin containers, and of the module `math`, it is known."""
    owner = value.__self__
    if type(owner) in (list, dict, set) and value.__name__.isidentifier():
        return f"bound[{value.__name__}, {type_of(owner, depth, profile)}]"
    if owner is not None and owner is sys.modules.get("math"):
        return f"builtin[math, {value.__name__}]"
    return "object"


def _element_type(sample: list[Any], depth: int, profile: Profile | None) -> str:
    """What all sampled elements are; `?` for an empty container, which must not fix a type."""
    if not sample:
        return "?"
    if not depth:
        return "object"
    found = {type_of(item, depth - 1, profile) for item in sample}
    # An empty container among others says nothing.
    found = {ty for ty in found if "?" not in ty or not any(ty != other and _fits(ty, other) for other in found)}
    if len(found) == 1:
        return found.pop()
    if any("object" in ty for ty in found):
        return "object"
    kinds = {"number" if ty in _NUMBERS else ty.partition("[")[0] for ty in found} - {"none"}
    # What those of one kind have in common the compiler knows.
    return f"union[{', '.join(sorted(found))}]" if len(kinds) == 1 else "object"


def _fits(pattern: str, text: str) -> bool:
    """Whether the text says what the pattern, the type of a container that was empty, leaves open with each `?`."""
    first, *others = pattern.split("?")
    if not text.startswith(first) or not text.endswith(others[-1]):
        return False
    at = len(first)
    for part in others:
        at = text.find(part, at + 1) + len(part)
        if at < len(part):
            return False
    return True


def _count(depth: int) -> int:
    """How many elements of a container are looked at that lies so many levels above the last ones."""
    return min(_SAMPLE, 2 * depth + 2)


def first(items: Iterable[Any], count: int) -> list[Any]:
    """The first items of a dict's view or a set.

    One loop in C.  Only a finalizer that a garbage collection runs could change the container meanwhile.
    """
    try:
        return list(islice(items, count))
    except RuntimeError:
        return []


def _sample(items: list[object], count: int) -> list[object]:
    """Up to so many elements, the first and the last among them."""
    size = len(items)
    if size <= count:
        return items[:]
    # Slices, not indices: another thread may shorten the list meanwhile.
    step = size // (count - 1)
    return items[:-1:step][: count - 1] + items[-1:]


def _attribute(module: str, name: str) -> object:
    """An attribute of a module if that is imported: a value of its type can only exist then."""
    return getattr(sys.modules.get(module), name, None)


def joined(signature: str, others: Iterable[str]) -> str:
    """The signature, with `number` for what is an int here and a float there, if two others already differ in nothing else.

    Two are native code for ints and for floats, which is the fastest; more of them would be one for each combination.
    """
    parts = _words(signature)
    alike = [other for other in map(_words, others) if _is_alike(parts, other)]
    if len(alike) < 2 or "dict[" in signature or "set[" in signature:
        return signature
    return "".join(part if all(other[at] == part for other in alike) else "number" for at, part in enumerate(parts))


def _words(signature: str) -> list[str]:
    """The names of types in it, and what is between them."""
    for mark in ("[", "]", ", "):
        signature = signature.replace(mark, f"\n{mark}\n")
    return signature.split("\n")


def _is_alike(parts: list[str], others: list[str]) -> bool:
    return len(parts) == len(others) and all(a == b or (a in _NUMBERS and b in _NUMBERS) for a, b in zip(parts, others))


def note(signatures: dict[str, list[str]], found: dict[str, str]) -> bool:
    """Send what was found (`Profile.described`, `names.seen`) along with the next request; whether some of it is new."""
    is_new = False
    for key, text in found.items():
        known = signatures.setdefault(key, [])
        pairs = {pair for old in known for pair in old.split("; ")}
        if text and not pairs.issuperset(text.split("; ")) and len(known) < MOST_PROFILES:
            known.append(text)
            is_new = True
    return is_new


class Observer:
    """What an observing entry calls, as `observer(function, args, names)`, when its counter reaches the trigger.

    known: the signatures that are native already.  wished: those asked for so far, which `wish` extends.
    wish: called with the function and a new signature, asks for the specialisation.
    poll: takes the compiler's answers in; whether one is still outstanding for this module.
    set_trigger: stores the count at which the entry calls again.
    note: takes what instances, and the names that functions use, were seen to have; whether some of it is new.  A signature is
    asked for once more with what is new.
    retire: called when there is nothing more to learn, takes the entry away.
    heat: for a function that is compiled as a part of others only; called with it and the count when CPython calls it all the
    same, until it returns true.

    While an answer is outstanding the observer looks for it at intervals that grow with the count: at once where calls are
    long, and seldom enough not to matter where they are short.
    """

    __slots__ = (
        "_count",
        "_heat",
        "_known",
        "_look_at",
        "_note",
        "_poll",
        "_retire",
        "_set_trigger",
        "_triggers",
        "_wish",
        "_wished",
    )

    def __init__(
        self,
        known: frozenset[str],
        wished: list[str],
        triggers: tuple[int, ...],
        wish: Callable[[FunctionType, str], None],
        poll: Callable[[], bool],
        set_trigger: Callable[[int], None],
        retire: Callable[[], None],
        note: Callable[[dict[str, str]], bool] = lambda found: False,
        heat: Callable[[FunctionType, int], bool] | None = None,
    ) -> None:
        self._known = known
        self._wished = wished
        self._triggers = triggers
        self._count = self._look_at = triggers[0]
        self._wish = wish
        self._poll = poll
        self._set_trigger = set_trigger
        self._retire = retire
        self._note = note
        self._heat = heat
        if heat is not None and wished:
            # What it is called with is known: all that counts is that it is called.
            self._look_at = NEVER

    def __call__(self, function: FunctionType, args: tuple[object, ...], names: tuple[str, ...] = ()) -> None:
        # Before anything that may run Python code and call the function again.
        self._set_trigger(NEVER)
        count = self._count
        trigger = NEVER
        # No generator: CPython 3.12 crashes where the allocation of one fails.
        for later in self._triggers:
            if later > count:
                trigger = later
                break
        has_asked = False
        if count >= self._look_at:
            # Looking takes long, as objects lead to others: not whenever answers are looked for.
            has_asked = self._look(function, args, names, is_first=count == self._triggers[0])
            self._look_at = count * 4 if trigger == NEVER and self._known else trigger
        if self._heat is not None and self._wished and not has_asked and self._heat(function, count):
            self._heat = None
        is_outstanding = self._poll() or self._heat is not None
        following = self._look_at
        if is_outstanding:
            following = min(following, count + max(1, count // 4))
        elif trigger == NEVER or len(self._wished) >= MOST_SIGNATURES:
            if not self._known or count > LAST:
                self._retire()
                return
            # Calls come here from native code that has not served them: their objects may be of other types by now.
            following = min(following, count * 4)
        self._count = following
        self._set_trigger(following)

    def _look(
        self, function: FunctionType, args: tuple[object, ...], keywords: tuple[str, ...], is_first: bool
    ) -> bool:
        """Ask for a specialisation for this call, if it is one that another call has not asked for; whether that was done."""
        from pyvorin.host.profile import Profile

        profile = Profile(function.__globals__)
        if self._known and any(_is_derived(value) and profile.instance(value) is None for value in args):
            # What is native already serves the type that this one derives from; code for any object would only leave again.
            return False
        signature = signature_of(function, args, profile, keywords)
        # An empty list says little: another call may say more.
        if signature is None or ("?" in signature and is_first):
            return False
        signature = joined(signature, {*self._known, *self._wished})
        is_wished = signature in self._known or signature in self._wished
        if not is_wished and len(self._wished) >= MOST_SIGNATURES:
            return False
        from pyvorin.host import names

        found = self._note(names.seen_by(function))
        if self._note(profile.texts()) or found or not is_wished:
            self._wish(function, signature)
            return True
        return False


def observer_of(binding: Binding, entry: int) -> Observer:
    """The observer behind an entry of a group."""
    row = binding.rows.entries[entry]
    qualname = row[QUALNAME]
    native = [
        other[SIGNATURE] for other in binding.rows.entries if other[QUALNAME] == qualname and other[KIND] == NATIVE
    ]
    return Observer(
        frozenset(native),
        binding.signatures.setdefault(qualname, []),
        binding.triggers,
        lambda function, signature: binding.wish(qualname, function, signature),
        binding.poll,
        lambda count: binding.set_trigger(entry, count),
        lambda: binding.retire(entry),
        lambda found: note(binding.signatures, found),
        (lambda function, count: binding.heat(qualname, function, count)) if row[SIGNATURE] == PART else None,
    )
