"""The manifest of an artifact: what its native functions are, what they rely on, and what was refused.

It lies beside the machine code in the same file, as plain text that needs no parser of the standard library.  A start reads
what it needs of it with `outline.read`; here is all of it, for the compiler, the report and the log.  The rows are those of
docs/architecture.md, section 5:

    pyvorin	1                                  ->  Manifest(functions=[FunctionRow(...)], groups=[Group(...)])
    function	total	12	8d0b…	native	-
    group	0
    entry	0	total	native	list[float]	0
"""

from __future__ import annotations

from pyvorin.cache.outline import TAKE_OVER
from pyvorin.cache.rows import ManifestError, escape, split_row
from pyvorin.core.version import FORMAT

NATIVE = "native"
OPEN = "open"
REJECTED = "rejected"
STATUSES = (NATIVE, OPEN, REJECTED)
"""Of a function: has a specialisation; waits for the types of its first calls; stays in CPython."""

OBSERVE = "observe"
ENTRY_KINDS = (NATIVE, OBSERVE, TAKE_OVER)
"""Of an entry: a specialisation; what shows calls to the host; what goes on with a call that older code has brought to a loop."""

FACT_KINDS = ("literal", "function", "class", "named", "module", "attribute", "same")

SLOT_KINDS = (
    "object",
    "builtin",
    "imported",
    "globals",
    "builtins",
    "global",
    "code",
    "function",
    "class",
    "classattr",
    "classversion",
    "attribute",
    "stored",
    "ownmethod",
    "supermethod",
    "actsas",
    "derives",
    "new",
    "keys",
    "record",
    "recordnew",
    "recordreplace",
    "member",
    "enumattr",
    "enumop",
    "defaults",
    "tracer",
    "method",
    "definition",
    "callable",
    "miss",
    "callback",
    "trigger",
    "revalidate",
    "restore",
    "resume",
    "reenter",
    "loophead",
    "outcall",
    "outcaller",
    "ended",
    "exhausted",
    "raising",
    "word",
)


class _Row:
    """Fields in the order of `__slots__`, which is the order in which they are written."""

    __slots__: tuple[str, ...] = ()

    def fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, _Row) and self.fields() == other.fields()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.fields()!r}"


class FunctionRow(_Row):
    """A function of the module: qualified name, line, digest of its code, one of STATUSES, a reason code or None."""

    __slots__ = ("qualname", "line", "code_digest", "status", "reason")  # noqa: RUF023 (the order of the row)

    def __init__(self, qualname: str, line: int, code_digest: str, status: str, reason: str | None = None) -> None:
        self.qualname = qualname
        self.line = line
        self.code_digest = code_digest
        self.status = status
        self.reason = reason


class Other(_Row):
    """Another module of the program that the module uses, and the digest of its text; none if it was compiled without."""

    __slots__ = ("name", "digest")  # noqa: RUF023

    def __init__(self, name: str, digest: str) -> None:
        self.name = name
        self.digest = digest


class Inside(_Row):
    """A function of another module that is compiled along, by its name here, and the digest of its code."""

    __slots__ = ("qualname", "code_digest")  # noqa: RUF023

    def __init__(self, qualname: str, code_digest: str) -> None:
        self.qualname = qualname
        self.code_digest = code_digest


class Fact(_Row):
    """What the global `name` must be: one of FACT_KINDS, and a literal's repr, a qualname, fields, a module or module.attr."""

    __slots__ = ("name", "kind", "detail")  # noqa: RUF023

    def __init__(self, name: str, kind: str, detail: str) -> None:
        self.name = name
        self.kind = kind
        self.detail = detail


class Entry(_Row):
    """A native function of the group: its index there, the function, one of ENTRY_KINDS, its signature, its counter's index."""

    __slots__ = ("index", "qualname", "kind", "signature", "counter")  # noqa: RUF023

    def __init__(self, index: int, qualname: str, kind: str, signature: str, counter: int) -> None:
        self.index = index
        self.qualname = qualname
        self.kind = kind
        self.signature = signature
        self.counter = counter


class Slot(_Row):
    """A word that the host fills in: its index in the group, one of SLOT_KINDS, and that kind's argument ("" if it has none)."""

    __slots__ = ("index", "kind", "argument")  # noqa: RUF023

    def __init__(self, index: int, kind: str, argument: str = "") -> None:
        self.index = index
        self.kind = kind
        self.argument = argument


class Exit(_Row):
    """A place where native code may be left: the counter that counts it, the function, the reason, line and column as in Span."""

    __slots__ = ("counter", "qualname", "reason", "line", "column")  # noqa: RUF023

    def __init__(self, counter: int, qualname: str, reason: str, line: int, column: int) -> None:
        self.counter = counter
        self.qualname = qualname
        self.reason = reason
        self.line = line
        self.column = column


class Reject(_Row):
    """A refusal: the data of a diagnostic without the path, which the artifact does not depend on."""

    __slots__ = ("qualname", "reason", "line", "column", "end_line", "end_column", "node_type", "message", "hint")  # noqa: RUF023

    def __init__(
        self,
        qualname: str,
        reason: str,
        line: int,
        column: int,
        end_line: int,
        end_column: int,
        node_type: str,
        message: str,
        hint: str,
    ) -> None:
        self.qualname = qualname
        self.reason = reason
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column
        self.node_type = node_type
        self.message = message
        self.hint = hint


class Group:
    """Functions compiled together: one group of the artifact's table.

    within: those that are compiled here as callees, which need no entry for that.
    text: its rows behind the first, once nothing of them changes any more (`settle`).
    """

    __slots__ = ("builtin_facts", "entries", "exits", "facts", "index", "slots", "text", "within")

    def __init__(
        self,
        index: int,
        facts: list[Fact] | None = None,
        builtin_facts: list[str] | None = None,
        entries: list[Entry] | None = None,
        slots: list[Slot] | None = None,
        exits: list[Exit] | None = None,
        within: list[str] | None = None,
    ) -> None:
        self.index = index
        self.facts = facts or []
        self.builtin_facts = builtin_facts or []
        self.entries = entries or []
        self.slots = slots or []
        self.exits = exits or []
        self.within = within or []
        self.text: str | None = None

    def settle(self) -> None:
        """Write the rows now, as they are part of several manifests.  Raises ManifestError if one breaks the format."""
        self.text = "".join([line + "\n" for line in self.lines()])
        parse(f"{_line('pyvorin', FORMAT)}\n{_line('group', 0)}\n{self.text}")

    def lines(self) -> list[str]:
        """The rows, but for the first, which says the group's place."""
        lines = [_line("fact", *fact.fields()) for fact in self.facts]
        lines += [_line("builtinfact", name) for name in self.builtin_facts]
        lines += [_line("entry", *entry.fields()) for entry in self.entries]
        if self.slots:
            if [slot.index for slot in self.slots] != list(range(len(self.slots))):
                raise ManifestError(f"the slots of group {self.index} are not in order")
            kinds = " ".join([slot.kind for slot in self.slots])
            lines.append(_line("slots", kinds, *[slot.argument for slot in self.slots]))
        lines += [_line("exit", *exit_.fields()) for exit_ in self.exits]
        return lines + [_line("within", qualname) for qualname in self.within]


class Manifest:
    """All of a manifest.  `groups` in the order of the artifact's table."""

    __slots__ = ("functions", "groups", "inside", "others", "rejects")

    def __init__(
        self,
        functions: list[FunctionRow] | None = None,
        groups: list[Group] | None = None,
        rejects: list[Reject] | None = None,
        others: list[Other] | None = None,
        inside: list[Inside] | None = None,
    ) -> None:
        self.others = others or []
        self.inside = inside or []
        self.functions = functions or []
        self.groups = groups or []
        self.rejects = rejects or []

    def render(self) -> str:
        """The text, which depends on nothing but the content.  Raises ManifestError if a row breaks the format."""
        lines = [_line("pyvorin", FORMAT)]
        settled: dict[int, str] = {}
        for function in self.functions:
            reason = "-" if function.reason is None else function.reason
            lines.append(_line("function", *function.fields()[:-1], reason))
        lines += [_line("other", *other.fields()) for other in self.others]
        lines += [_line("inside", *inside.fields()) for inside in self.inside]
        for position, group in enumerate(self.groups):
            if group.index != position:
                raise ManifestError(f"group {group.index} is at position {position}")
            lines.append(_line("group", group.index))
            if group.text is None:
                lines += group.lines()
            else:
                settled[len(lines) - 1] = group.text
        lines += [_line("reject", *reject.fields()) for reject in self.rejects]
        lines.append("")
        # What is settled has been read already.
        parse("\n".join(lines))
        return "".join([f"{line}\n{settled.get(at, '')}" for at, line in enumerate(lines[:-1])])


def parse(text: str) -> Manifest:
    """The manifest that `text` is.  Raises ManifestError if it is none of this format."""
    lines = text.split("\n")
    if lines[0] != f"pyvorin\t{FORMAT}" or lines.pop() != "":
        raise ManifestError(f"not a manifest of format {FORMAT}: {text[:40]!r}")
    manifest = Manifest()
    groups = manifest.groups
    try:
        for line in lines[1:]:
            fields = split_row(line) if "\\" in line else line.split("\t")
            kind = fields[0]
            if kind == "exit":
                _, counter, qualname, reason, row, column = fields
                groups[-1].exits.append(Exit(int(counter), qualname, reason, int(row), int(column)))
            elif kind == "entry":
                _, index, qualname, entry_kind, signature, counter = fields
                entry = Entry(int(index), qualname, _one_of(entry_kind, ENTRY_KINDS), signature, int(counter))
                groups[-1].entries.append(entry)
            elif kind == "slots":
                _, slot_kinds, *arguments = fields
                names = slot_kinds.split(" ")
                if len(names) != len(arguments) or groups[-1].slots:
                    raise ManifestError(f"bad slots: {line[:80]!r}")
                for position, (name, argument) in enumerate(zip(names, arguments)):
                    groups[-1].slots.append(Slot(position, _one_of(name, SLOT_KINDS), argument))
            elif kind == "fact":
                _, name, fact_kind, detail = fields
                groups[-1].facts.append(Fact(name, _one_of(fact_kind, FACT_KINDS), detail))
            elif kind == "builtinfact":
                _, name = fields
                groups[-1].builtin_facts.append(name)
            elif kind == "within":
                _, qualname = fields
                groups[-1].within.append(qualname)
            elif kind == "function":
                _, qualname, row, digest, status, reason = fields
                _one_of(status, STATUSES)
                manifest.functions.append(
                    FunctionRow(qualname, int(row), digest, status, None if reason == "-" else reason)
                )
            elif kind == "other":
                _, name, digest = fields
                manifest.others.append(Other(name, digest))
            elif kind == "inside":
                _, qualname, digest = fields
                manifest.inside.append(Inside(qualname, digest))
            elif kind == "group":
                _, index = fields
                if int(index) != len(groups):
                    raise ManifestError(f"group {index} comes after {len(groups)} groups")
                groups.append(Group(len(groups)))
            elif kind == "reject":
                _, qualname, reason, row, column, end_row, end_column, node, message, hint = fields
                span = (int(row), int(column), int(end_row), int(end_column))
                manifest.rejects.append(Reject(qualname, reason, *span, node, message, hint))
            else:
                raise ManifestError(f"unknown row: {line[:80]!r}")
    except ManifestError:
        raise
    except (ValueError, IndexError) as error:
        raise ManifestError(f"row {line[:80]!r}: {error}") from None
    return manifest


def _one_of(word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise ManifestError(f"{word!r} is none of {', '.join(words)}")
    return word


def _line(*fields: object) -> str:
    return "\t".join([escape(str(field)) for field in fields])
