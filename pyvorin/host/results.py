"""What the outcalls of a group give, seen at the first of them: with its type native code can go on unboxed.

An outcall whose results nobody has looked at yet is a function that shows them to `Results` (`continuation/outcalls.py`).  When
enough are seen, code that expects such results is asked for; what is running changes over to it behind an outcall, as soon as it
is loaded: the word SUPERSEDED makes native code leave there, and the next loop's head is where the newer code goes on.
"""

from __future__ import annotations

from _io import BufferedReader, StringIO, TextIOWrapper
from functools import partial
from itertools import combinations, combinations_with_replacement, islice, permutations, product, zip_longest

from pyvorin.host.continuation.stand_ins import END
from pyvorin.host.observe import note, type_of
from pyvorin.host.profile import Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyvorin.host.binding import Binding
    from pyvorin.host.continuation.points import Outcall

SUPERSEDED = "0 superseded"
LOOKED_AT, LOOKED_AT_WAITING = 8, 2
"""So many results of an outcall are looked at; the fewer where the program waits for its code anyway."""
LATE = 64
"""What has been seen so often does not wait for what else was begun to be looked at."""
POLL, POLLS = 256, 200
"""While an answer is outstanding, it is looked for once in so many calls, and so often."""


_CONTAINERS: tuple[Any, ...] = ([], (), {}, set(), frozenset(), "", "ä", b"", range(0))
_VIEWS: tuple[Any, ...] = ({}.values(), {}.items())
QUIET = frozenset(
    [
        *(TextIOWrapper, BufferedReader, StringIO, permutations, combinations, combinations_with_replacement, product),
        *(type(reversed([])), *map(type, _CONTAINERS), *(type(iter(of)) for of in (*_CONTAINERS, *_VIEWS))),
    ]
)
"""What runs no code of the program when a comprehension goes over it (as `QUIET` of `compiler/lower/next_item.py`)."""
_WRAPPERS = frozenset([enumerate, zip, islice, zip_longest])
"""What mostly goes over one of these."""
_DULL = frozenset({"object", "none"})
"""Native code can do nothing more with results of these types than with those that nobody has seen."""


class _Seen:
    """The results of one outcall so far."""

    __slots__ = ("calls", "key", "left", "texts")

    def __init__(self, key: str, left: int) -> None:
        self.key = key
        self.left = left
        self.calls = 0
        self.texts: dict[str, int] = {}

    @property
    def text(self) -> str:
        return "; ".join(sorted(self.texts, key=lambda ty: (-self.texts[ty], ty)))


def _way_of_asking(iterator: object) -> str:
    """Whether native code asks it directly (`ITERATOR` of `types/spec.py`), or by a call."""
    kind = type(iterator)
    is_direct = kind in QUIET or kind in _WRAPPERS or (kind.__module__, kind.__name__) == ("_csv", "reader")
    return "iterator" if is_direct else "object"


class Results:
    """Of the outcalls of one group."""

    __slots__ = ("_ask", "_asked", "_binding", "_is_over", "_seen", "_tentative", "_word")

    def __init__(self, binding: Binding, ask: Callable[[], None], tentative: bool) -> None:
        """ask: asks for code that expects what the binding's `signatures` say now.  tentative: whether there is to be none any
        more if what is known then does not make it worth while."""
        self._binding = binding
        self._tentative = tentative
        self._ask = ask
        self._seen: dict[int, _Seen] = {}
        self._asked = 0
        self._is_over = False
        self._word: int | None = binding.rows.slots.get("word", {}).get(SUPERSEDED)

    def noting(self, index: int, outcall: Outcall) -> Callable[[object], object] | None:
        """What looks at the result of the call that follows, and returns it; None if none is to be looked at."""
        seen = self._seen.get(index)
        if seen is None:
            count = LOOKED_AT_WAITING if self._binding.waits else LOOKED_AT
            if outcall.kind == "iter":
                count = 1
            seen = self._seen[index] = _Seen(outcall.key, count if outcall.observed else 0)
        seen.calls += 1
        if not seen.left:
            return None

        def look(value: object) -> object:
            if value is not END and seen.left:
                try:
                    self._take(seen, value, outcall.kind)
                except Exception:  # the program may have replaced builtins, or be short of stack or memory
                    seen.left, seen.texts = 0, {}
            return value

        look.iterable = partial(self._look_at, seen)  # type: ignore[attr-defined]
        return look

    def _look_at(self, seen: _Seen, iterable: object) -> object:
        """What a comprehension goes over whose items are looked at: what runs code of the program is left to CPython."""
        if seen.left and type(iterable) not in QUIET:
            seen.left, seen.texts = 0, {"object": 1}
            note(self._binding.signatures, {seen.key: "object"})
        return iterable

    def _take(self, seen: _Seen, value: object, kind: str) -> None:
        profile = Profile(self._binding.namespace())
        text = _way_of_asking(value) if kind == "iter" else type_of(value, profile=profile)
        seen.texts[text] = seen.texts.get(text, 0) + 1
        seen.left -= 1
        if not seen.left:
            note(self._binding.signatures, {seen.key: seen.text, **profile.texts()})

    def is_done(self, index: int) -> bool:
        """Whether the outcall's function can be kept from now on: nothing is looked for when it is called."""
        try:
            return self._is_done(self._seen[index])
        except Exception:  # as in `noting`
            self._is_over = True
            return True

    def _is_done(self, seen: _Seen) -> bool:
        if seen.left:
            return False
        if self._is_over or (_DULL.issuperset(seen.texts) and not (seen.texts and self._tentative)):
            return True
        if not self._asked:
            is_late = seen.calls > LATE
            if not is_late and any(other.left and other.texts for other in self._seen.values()):
                return False
            self._asked = 1
            self._ask()
            return self._answered()
        self._asked += 1
        return self._asked % POLL == 0 and self._answered()

    def _answered(self) -> bool:
        """Take answers in; whether there is nothing more to wait for."""
        if self._binding.poll() and self._asked < POLL * POLLS:
            return False
        self._is_over = True
        if any(self._binding.newer(qualname) is not None for qualname in self._binding.qualnames):
            self.supersede(True)
        elif not self._binding.is_current:
            # What there is now knows what to expect, and has no native code for these functions.
            self._binding.leave_to_cpython()
        return True

    def supersede(self, actually: bool) -> None:
        """Whether running code of the group leaves behind its next outcall."""
        if self._word is not None:
            self._binding.group.slots[self._word] = int(actually)

    @property
    def are_superseded(self) -> bool:
        """Whether it does."""
        return self._word is not None and bool(self._binding.group.slots[self._word])
