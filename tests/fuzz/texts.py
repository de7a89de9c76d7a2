"""Random uses of str: methods, f-strings, format specifications, joins.

Inside loops nothing grows: a replaced part could double a text at every iteration, so there a text is only taken apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .expressions import Expressions

SAME_LENGTH = ("lower", "swapcase", "strip", "lstrip", "rstrip")
CASES = ("upper", "lower", "title", "capitalize", "casefold", "swapcase")
PREDICATES = ("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable",
              "isspace", "istitle", "isupper")  # fmt: skip
PARTS = ("'a'", "'b'", "''", "'ab'", "' '", "'x'", "'\\xe9'", "'\\u20ac'", "','")
INT_SPECS = ("", "d", "5d", "+d", "08d", ",", "x", "b", ">6", "<4", "^7", "e", ".2f", "c", "q")
FLOAT_SPECS = ("", ".0f", ".1f", ".2f", ".3f", ".6f", "8.2f", "+.2f", ".3e", "g", "%", ",.2f", ">10", "d")
CODECS, BYTES = ("", "", "'utf-8'", "'ascii'"), ("b''", "b'a'", "b'\\xc3'")
STR_SPECS = ("", ">4", "<4", "^5", ".2", "*^6.1", "s", "d")


def part(e: Expressions, sub: int) -> str:
    """A short text to look for."""
    return e.char(sub) if e.chance(0.3) else e.rng.choice(PARTS)


def text(e: Expressions, sub: int) -> str:
    """A str made by a method or by formatting."""
    pick = e.rng.choice
    if e.has("fstring") and e.chance(0.4):
        return fstring(e, sub) if e.chance(0.75) else template(e, sub)
    if e.loop_depth:
        of = e.leaf("str")
        return pick((f"{of}.{pick(SAME_LENGTH)}()", f"{e.char(sub)}.{pick(('lower', 'upper', 'strip'))}()",
                     f"{of}.removeprefix({part(e, sub)})", f"{of}.partition({part(e, sub)})[{pick((0, 2))}]",
                     f"{of}.replace({part(e, sub)}, '')", f"{of}.split()[0]"))  # fmt: skip
    of = f"({e.expr('str', sub)}{pick(('', '', ' + ' + pick(PARTS)))})"
    kind = pick(("case", "case", "strip", "pad", "replace", "join", "cut", "affix", "value"))
    if kind == "case":
        return f"{of}.{pick(CASES)}()"
    if kind == "strip":
        return f"{of}.{pick(('strip', 'lstrip', 'rstrip'))}({pick(('', part(e, sub), 'None'))})"
    if kind == "pad":
        width = f"{e.leaf('int')} % 12"
        return f"{of}.{pick(('center', 'ljust', 'rjust'))}({width}{pick(('', ', ' + part(e, sub)))})"
    if kind == "replace":
        return f"{of}.replace({part(e, sub)}, {part(e, sub)}{pick(('', ', ' + e.leaf('int')))})"
    if kind == "cut" and e.chance(0.5):
        return f"{of}.split({pick((*PARTS, ''))})[{pick((0, 0, 1, 2, -1, -2))}]"
    if kind == "cut":
        return f"{of}.{pick(('partition', 'rpartition'))}({part(e, sub)})[{pick((0, 1, 2))}]"
    if kind == "affix":
        return f"{of}.{pick(('removeprefix', 'removesuffix'))}({part(e, sub)})"
    if kind == "value":
        return f"{pick(('str', 'repr', 'ascii', 'format'))}({e.expr(pick(('int', 'float', 'bool', 'str')), sub)})"
    if e.chance(0.5):
        return f"{part(e, sub)}.join({e.expr('list[str]', sub)})"
    element = pick(("str", "str", "int"))
    item = e.generator(element, sub)
    return f"{part(e, sub)}.join({item if element == 'str' else 'str(' + item.replace(' for ', ') for ', 1)})"


def fstring(e: Expressions, sub: int) -> str:
    pick = e.rng.choice
    fields = []
    for _ in range(e.rng.randint(1, 3)):
        ty = pick(("int", "float", "bool", "str"))
        inside = e.char(0) if ty == "str" else e.leaf(ty)
        value = inside if e.loop_depth else e.expr(ty, min(sub, 1))
        if any(quote in value for quote in "'\"\\{}!:="):
            # Before 3.12 a field could hold none of these.
            value = e.leaf(ty)
        if any(quote in value for quote in "'\"\\{}!:="):
            value, ty = e.leaf("int"), "int"
        conversion = pick(("", "", "", "!r", "!s", "!a"))
        specs = {"int": INT_SPECS, "float": FLOAT_SPECS, "str": STR_SPECS}.get(ty, ("", "d", ">6"))
        if conversion:
            specs = STR_SPECS
        spec = f":{pick(specs)}" if e.chance(0.7) else ""
        fields.append(pick(("", "", "-", "\\u20ac", "{{")) + f"{{({value}){conversion}{spec}}}")
    return 'f"' + "".join(fields) + '"'


def template(e: Expressions, sub: int) -> str:
    """`%` or `.format` with a literal."""
    pick = e.rng.choice
    old = e.chance(0.5)
    fields, values = [], []
    for _ in range(e.rng.randint(1, 3)):
        ty = pick(("int", "float", "bool", "str"))
        inside = e.char(0) if ty == "str" else e.leaf(ty)
        values.append(inside if e.loop_depth else e.expr(ty, min(sub, 1)))
        if old:
            kinds = {"int": "dxs", "float": "fegs", "str": "sra"}.get(ty, "sd") if e.chance(0.95) else "df"
            fields.append("%" + pick(("", "", "5", "-6", "+")) + pick(("", "", ".2")) + pick(kinds))
        else:
            specs = {"int": INT_SPECS, "float": FLOAT_SPECS, "str": STR_SPECS}.get(ty, ("", "d"))
            fields.append("{" + pick(("", "", "", "!r")) + pick(("", ":" + pick(specs))) + "}")
    text = '"' + pick((" ", "", "-", "\\u20ac")).join(fields) + '"'
    if not old:
        return f"{text}.format({', '.join(values)})"
    return f"({text} % ({', '.join(values)},))" if len(values) > 1 or e.chance(0.5) else f"({text} % ({values[0]}))"


def number(e: Expressions, sub: int) -> str:
    """An int that a text has."""
    pick = e.rng.choice
    if e.chance(0.25):
        return blob_number(e, sub)
    of = f"({e.expr('str', sub)})"
    bounds = pick(("", "", f", {e.leaf('int')}", ", None, 3", f", {e.leaf('int')}, {e.leaf('int')}"))
    return pick((f"{of}.{pick(('find', 'rfind', 'count', 'find', 'index'))}({part(e, sub)}{bounds})", f"len({of}.split())",
                 f"len({of}.split({part(e, sub)}))", f"len({text(e, sub)})"))  # fmt: skip


def truth(e: Expressions, sub: int) -> str:
    pick = e.rng.choice
    of = e.char(sub) if e.chance(0.4) else f"({e.expr('str', sub)})"
    if e.chance(0.5):
        return f"{of}.{pick(PREDICATES)}()"
    parts = pick((part(e, sub), f"({part(e, sub)}, {part(e, sub)})"))
    return pick((f"{of}.{pick(('startswith', 'endswith'))}({parts})", f"({of} {pick(('==', '!='))} {part(e, sub)})",
                 f"({of} {pick(('in', 'not in'))} ({part(e, sub)}, {part(e, sub)}))"))  # fmt: skip


def blob(e: Expressions, sub: int) -> str:
    """Bytes, made of a text."""
    pick = e.rng.choice
    made = f"({e.expr('str', sub)}).encode({pick(CODECS)})"
    for _ in range(e.rng.randint(0, 2)):
        made = pick((f"{made}[{e.slice_bounds()}]", f"{made}.upper()", f"{made}.strip()", f"({made} + b'a,')",
                     f"{made}.replace(b'a', b'')", f"{made}.partition(b'a')[2]", f"{made}.rjust(4)"))  # fmt: skip
    return made


def blob_number(e: Expressions, sub: int) -> str:
    pick, of = e.rng.choice, blob(e, sub)
    return pick((f"len({of})", f"{of}[{e.leaf('int')}]", f"{of}.find({pick(BYTES)})",
                 f"len({of}.split())", f"sum({of})", f"(({of}) == b'a,')", f"({e.leaf('int')} in {of})", f"(b'' < {of})",
                 f"len({of}.decode())", f"{of}.isalpha()"))  # fmt: skip


def texts(e: Expressions, sub: int) -> str:
    """A list of strs."""
    pick = e.rng.choice
    of = f"({e.expr('str', sub)})"
    arguments = pick(("", "", part(e, sub), f"{part(e, sub)}, {e.leaf('int')}", "None, 1"))
    return pick((f"{of}.{pick(('split', 'rsplit'))}({arguments})", f"{of}.splitlines({pick(('', 'True'))})"))
