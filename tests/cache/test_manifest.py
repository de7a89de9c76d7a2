"""The manifest: text and back, and refusal of everything that is not one."""

from __future__ import annotations

import random

import pytest

from pyvorin.cache import manifest, outline
from pyvorin.cache.manifest import Entry, Exit, Fact, FunctionRow, Group, Manifest, ManifestError, Reject, Slot
from pyvorin.core.version import FORMAT

AWKWARD = [
    "",
    "\t",
    "\n",
    "\\",
    "\\t",
    "\\\\n",
    "a\tb\nc\\",
    "\r\x0b\x0c\x1c\x85\u2028",
    "'é😀'",
    "-",
    "list[int], float",
]


def random_manifest(seed: int) -> Manifest:
    rng = random.Random(seed)

    def text() -> str:
        return "".join(rng.choices(["\\", "\t", "\n", "t", "n", "x", " ", "é"], k=rng.randrange(6)))

    def number() -> int:
        return rng.randrange(1000)

    def some(make: object) -> list:
        return [make() for _ in range(rng.randrange(4))]  # type: ignore[operator]

    return Manifest(
        some(lambda: FunctionRow(text(), number(), text(), rng.choice(manifest.STATUSES), rng.choice([None, "ASYNC"]))),
        [
            Group(
                index,
                some(lambda: Fact(text(), rng.choice(manifest.FACT_KINDS), text())),
                some(text),
                some(lambda: Entry(number(), text(), rng.choice(manifest.ENTRY_KINDS), text(), number())),
                [Slot(slot, rng.choice(manifest.SLOT_KINDS), text()) for slot in range(rng.randrange(4))],
                some(lambda: Exit(number(), text(), "INTEGER_OVERFLOW", number(), number())),
            )
            for index in range(rng.randrange(4))
        ],
        some(lambda: Reject(text(), "ASYNC", number(), number(), number(), number(), text(), text(), text())),
    )


def contents(found: Manifest) -> list[object]:
    parts: list[object] = [found.functions, found.rejects]
    for group in found.groups:
        parts += [group.index, group.facts, group.builtin_facts, group.entries, group.slots, group.exits]
    return parts


@pytest.mark.parametrize("seed", range(200))
def test_any_manifest_survives_its_text(seed: int) -> None:
    original = random_manifest(seed)
    text = original.render()
    assert contents(manifest.parse(text)) == contents(original)
    assert manifest.parse(text).render() == text


@pytest.mark.parametrize("text", AWKWARD)
def test_a_field_survives_whatever_it_contains(text: str) -> None:
    parsed = manifest.parse(Manifest(groups=[Group(0, slots=[Slot(0, "object", text)])]).render())
    assert parsed.groups[0].slots[0].argument == text


def test_the_text_is_the_documented_one() -> None:
    found = Manifest(
        [FunctionRow("total", 12, "ab", "native"), FunctionRow("fetch", 20, "cd", "rejected", "ASYNC")],
        [
            Group(
                0,
                [Fact("RATE", "literal", "1.2")],
                ["len"],
                [Entry(0, "total", "native", "list[float]", 0)],
                [Slot(0, "code", "total"), Slot(1, "miss", "0")],
                [Exit(1, "total", "INTEGER_OVERFLOW", 14, 8)],
            )
        ],
        [Reject("fetch", "ASYNC", 20, 0, 21, 4, "AsyncFunctionDef", "it is", "do not")],
    )
    assert found.render().splitlines() == [
        f"pyvorin\t{FORMAT}",
        "function\ttotal\t12\tab\tnative\t-",
        "function\tfetch\t20\tcd\trejected\tASYNC",
        "group\t0",
        "fact\tRATE\tliteral\t1.2",
        "builtinfact\tlen",
        "entry\t0\ttotal\tnative\tlist[float]\t0",
        "slots\tcode miss\ttotal\t0",
        "exit\t1\ttotal\tINTEGER_OVERFLOW\t14\t8",
        "reject\tfetch\tASYNC\t20\t0\t21\t4\tAsyncFunctionDef\tit is\tdo not",
    ]


HEADER = f"pyvorin\t{FORMAT}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "pyvorin\t0\n",
        HEADER.rstrip(),
        HEADER + "slots\tobject\t1\n",
        HEADER + "exit\t0\tf\tINTEGER_OVERFLOW\t1\t1\n",
        HEADER + "group\t1\n",
        HEADER + "group\t0\ngroup\t0\n",
        HEADER + "group\tx\n",
        HEADER + "group\t0\nslots\n",
        HEADER + "group\t0\nslots\tobject\n",
        HEADER + "group\t0\nslots\tobject\t1\t2\n",
        HEADER + "group\t0\nslots\tobject object\t1\n",
        HEADER + "group\t0\nslots\tnothing\tx\n",
        HEADER + "group\t0\nslots\tobject\t1\nslots\tobject\t2\n",
        HEADER + "group\t0\nslot\t0\tobject\t1\n",
        HEADER + "group\t0\nslots\tobject\t\\x\n",
        HEADER + "group\t0\nslots\tobject\ttrailing\\\n",
        HEADER + "group\t0\nentry\t0\tf\tsomehow\tint\t0\n",
        HEADER + "group\t0\nfact\tf\tguess\t1\n",
        HEADER + "function\tf\t1\tab\tperhaps\t-\n",
        HEADER + "reject\tf\tASYNC\n",
        HEADER + "unheard\tof\n",
        HEADER + "\n",
        HEADER + "group\t0\nexit\t0\tf\tINTEGER_OVERFLOW\t1",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        manifest.parse(text)


def test_a_manifest_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(ManifestError):
        Manifest(groups=[Group(1)]).render()
    with pytest.raises(ManifestError):
        Manifest(groups=[Group(0, slots=[Slot(0, "nothing")])]).render()
    with pytest.raises(ManifestError):
        Manifest(groups=[Group(0, slots=[Slot(1, "object")])]).render()
    with pytest.raises(ManifestError):
        Manifest(groups=[Group(0, slots=[Slot(0, "object", "1"), Slot(0, "object", "2")])]).render()


class TestOutline:
    """What a start reads of the text."""

    @pytest.mark.parametrize("seed", range(200))
    def test_it_agrees_with_the_whole(self, seed: int) -> None:
        original = random_manifest(seed)
        for group in original.groups:
            # No two slots are the same, and all is numbered as the compiler does it.
            group.slots = list({(slot.kind, slot.argument): slot for slot in group.slots}.values())
            for rows in (group.entries, group.slots):
                for position, row in enumerate(rows):
                    row.index = position
            group.facts = list({fact.name: fact for fact in group.facts}.values())
        contents = outline.read(original.render())
        functions, groups = contents.functions, contents.groups
        assert functions == {row.code_digest: row.qualname for row in original.functions}
        assert len(groups) == len(original.groups)
        for found, group in zip(groups, original.groups):
            assert [
                (int(row[1]), row[outline.QUALNAME], row[outline.KIND], row[outline.SIGNATURE]) for row in found.entries
            ] == [(row.index, row.qualname, row.kind, row.signature) for row in group.entries]
            assert found.facts == {fact.name: (fact.kind, fact.detail) for fact in group.facts}
            slots = {(kind, text): index for kind, rows in found.slots.items() for text, index in rows.items()}
            assert slots == {(slot.kind, slot.argument): slot.index for slot in group.slots}
            assert found.n_slots == len(group.slots)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "pyvorin\t0\n",
            HEADER + "function\tf\t1\tab\n",
            HEADER + "group\t0\nslots\n",
            HEADER + "group\t0\nslots\tobject\n",
            HEADER + "group\t0\nslots\tobject\t1\t2\n",
            HEADER + "group\t0\nslots\tobject object\t1\t1\n",
            HEADER + "group\t0\nslots\tobject\t1\nslots\tobject\t1\n",
            HEADER + "group\t0\nslots\tobject\t1\nslots\tobject object\t2\t3\n",
            HEADER + "group\t0\nslots\tobject\t\\x\n",
            HEADER + "group\t0\nentry\t1\tf\tnative\tint\t0\n",
            HEADER + "group\t0\nfact\tf\tliteral\n",
        ],
    )
    def test_what_it_cannot_use_is_refused(self, text: str) -> None:
        with pytest.raises(ManifestError):
            outline.read(text)
