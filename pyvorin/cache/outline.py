"""What binding needs of a manifest, read from its text at every start, so with as little work as it takes.

The text is that of a verified artifact, and `Manifest.render` lets nothing be written that `manifest.parse` refuses.  So what
decides which words are written to memory is checked here, and the rest is left to `parse`: the report and the log read it
when they are asked for.

    function	total	12	8d0b…	native	-     ->  functions {"8d0b…": "total"}
    entry	0	total	native	list[float]	0     ->  entries [["entry", "0", "total", "native", …]]
    slots	word code	0 disabled	total             slots {"word": {"0 disabled": 0}, "code": {"total": 1}}
"""

from __future__ import annotations

from pyvorin.cache.rows import ManifestError, split_row
from pyvorin.core.version import FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    Slots = dict[str, dict[str, int]]

QUALNAME, KIND, SIGNATURE, COUNTER = 2, 3, 4, 5
"""Where these fields are in the row of an entry."""
PART = "part"
"""In place of a signature, in the row of an observer: the function has no entry yet as it is compiled as a part of others."""
TAKE_OVER = "takeover"
"""The kind of the entry that goes on with a call that older code has brought to a loop."""
OTHER = "\u02d0"
"""Stands behind the name of another module, and for the dots in it, in the names of its functions, classes and globals that are
compiled along: ``shapes.base`` has ``shapes\u02d0base\u02d0area``.  It may stand in identifiers, but nobody writes it."""

NOT_LOADED = "-"
"""In place of the digest of another module's text: it was not there when the code was made."""


def in_module(module: str, name: str) -> str:
    """The name of what another module of the program has under *name*."""
    return f"{module.replace('.', OTHER)}{OTHER}{name}"


def module_and_name(name: str) -> tuple[str, str]:
    """The other module, and its own name for what is called so; no module for what the compiled one has itself."""
    module, _, own = name.rpartition(OTHER)
    return module.replace(OTHER, "."), own


class Outline:
    """One group of a manifest.

    entries: the fields of each row, by index.  facts: (kind, detail) by name.
    slots: for each kind the index of a slot by its argument, which tells the slots of one kind apart.  n_slots: how many.
    """

    __slots__ = ("entries", "facts", "n_slots", "slots")

    def __init__(self, text: str) -> None:
        """Read the rows behind `group`.  Raises ManifestError."""
        self.entries: list[list[str]] = []
        self.facts: dict[str, tuple[str, str]] = {}
        self.slots: Slots = {}
        self.n_slots = 0
        # The rows `exit`, which only the report shows, are the last of a group's and as many as half of them.
        for line in text.partition("\nexit\t")[0].split("\n"):
            fields = split_row(line) if "\\" in line else line.split("\t")
            row = fields[0]
            if row == "slots":
                kinds = fields[1].split(" ")
                self.n_slots = len(kinds)
                if len(fields) != len(kinds) + 2 or self.slots:
                    raise ManifestError(f"{len(kinds)} slots with {len(fields) - 2} arguments, or a second row of them")
                for index, kind in enumerate(kinds):
                    found = self.slots.get(kind)
                    if found is None:
                        found = self.slots[kind] = {}
                    found[fields[index + 2]] = index
            elif row == "entry":
                if int(fields[1]) != len(self.entries):
                    raise ManifestError(f"entry {fields[1]} is at position {len(self.entries)}")
                self.entries.append(fields)
            elif row == "fact":
                _, name, fact, detail = fields
                self.facts[name] = fact, detail
        if sum([len(found) for found in self.slots.values()]) != self.n_slots:
            raise ManifestError("two slots are the same")


class Contents:
    """What a manifest says.

    functions: their qualified names by the digests of their code.  inside: of functions of other modules that are compiled along,
    the digest of the code by the qualified name here.  others: the other modules that were looked for, with the digests of their
    texts; of one that was not there, none.
    """

    __slots__ = ("functions", "groups", "inside", "others")

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self.groups: list[Outline] = []
        self.inside: dict[str, str] = {}
        self.others: dict[str, str] = {}


def read(text: str) -> Contents:
    """What is there to be bound.  Raises ManifestError."""
    head, *groups = text.split("\ngroup\t")
    lines = head.split("\n")
    if lines[0] != f"pyvorin\t{FORMAT}":
        raise ManifestError(f"not a manifest of format {FORMAT}: {text[:40]!r}")
    try:
        found = Contents()
        for line in lines[1:]:
            if line.startswith("function\t"):
                _, qualname, _, digest, _, _ = split_row(line)
                found.functions[digest] = qualname
            elif line.startswith("other\t"):
                _, name, digest = split_row(line)
                found.others[name] = digest
            elif line.startswith("inside\t"):
                _, qualname, digest = split_row(line)
                found.inside[qualname] = digest
        found.groups = [Outline(group) for group in groups]
        return found
    except ManifestError:
        raise
    except (ValueError, IndexError) as error:
        raise ManifestError(f"bad row: {error}") from None
