"""Formatting -> HIR: f-strings, and `%` and `.format` where the format is a literal.

Each field becomes a text, and the parts are put together at the end, as CPython does it.  What a field's text is, primitives
know; what stands here is only which ones.  A format that is not understood here is left to CPython as a whole.

    "%s: %.2f" % (name, x)    =>    t = str name; u = percent.float x, ".2f"; str.build t, ": ", u
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

from pyvorin.compiler.frontend import expr
from pyvorin.compiler.frontend.context import Context
from pyvorin.compiler.frontend.expr import keep, operands
from pyvorin.compiler.hir.ir import Value

CONVERSIONS = {"s": "str", "r": "repr", "a": "ascii"}


def joined(ctx: Context, node: ast.JoinedStr) -> Value:
    return _build(ctx, operands(ctx, node.values))


def _build(ctx: Context, parts: list[Value]) -> Value:
    if not parts:
        return ctx.b.const("")
    return parts[0] if len(parts) == 1 else ctx.b.prim("str.build", *parts)


def formatted(ctx: Context, node: ast.FormattedValue) -> Value:
    """One field; without a specification an exact str is itself (FORMAT_VALUE, ceval.c)."""
    value = ctx.expr(node.value)
    if node.conversion >= 0:
        value = ctx.b.prim(CONVERSIONS[chr(node.conversion)], value)
    if node.format_spec is None:
        return ctx.b.prim("format", value)
    kept = keep(ctx, value, node.format_spec)
    spec = ctx.expr(node.format_spec)
    return ctx.b.prim("format", kept(), spec)


# str % values


def binary(ctx: Context, node: ast.BinOp) -> Value:
    found = percent(ctx, node) if isinstance(node.op, ast.Mod) else None
    return expr.binary(ctx, node) if found is None else found


_DIRECTIVE = re.compile(r"%(?P<flags>[-+ 0]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?(?P<kind>.)", re.DOTALL)
_WHOLE, _REAL = "diuxXo", "feEgG"


def percent(ctx: Context, node: ast.BinOp) -> Value | None:
    """`"…" % values`; None for a format of another kind.

    The specifications of `format` mean the same for what is let through here: see unicode_format_arg and formatfloat in
    unicodeobject.c, format_long_internal and format_float_internal in formatter_unicode.c.
    """
    template = node.left.value if isinstance(node.left, ast.Constant) else None
    if not isinstance(template, str):
        return None
    pieces = _percent_pieces(template)
    if pieces is None:
        return None
    nodes = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
    fields = [piece for piece in pieces if not isinstance(piece, str)]
    if len(nodes) != len(fields) or any(isinstance(inner, ast.Starred) for inner in nodes):
        return None
    values = operands(ctx, nodes)
    if not isinstance(node.right, ast.Tuple):
        # A tuple would be taken for the values, and a mapping for something to look names up in.
        values = [ctx.b.prim("percent.whole", values[0])]
    given = iter(values)
    return _build(ctx, [_percent_piece(ctx, piece, given) for piece in pieces])


_Field = tuple[str, str]
"""The letter of a directive, and the specification that `format` wants."""


def _percent_pieces(template: str) -> list[str | _Field] | None:
    pieces: list[str | _Field] = []
    at, literal = 0, ""
    while (sign := template.find("%", at)) >= 0:
        literal += template[at:sign]
        match = _DIRECTIVE.match(template, sign)
        if match is None:
            return None
        at = match.end()
        if match[0] == "%%":
            literal += "%"
            continue
        spec = _spec(match)
        if spec is None:
            return None
        if literal:
            pieces.append(literal)
        literal = ""
        pieces.append((match["kind"], spec))
    literal += template[at:]
    return [*pieces, literal] if literal else pieces


def _spec(match: re.Match[str]) -> str | None:
    flags, width, precision, kind = match["flags"], match["width"], match["precision"], match["kind"]
    if len(flags) > 1 or width.startswith("0"):
        return None
    behind = "" if precision is None else f".{precision}"
    if kind in CONVERSIONS:
        if flags not in ("", "-"):
            return None
        return f"{'<' if flags else '>'}{width}{behind}" if width else behind
    if kind in _WHOLE and not behind:
        kind = "d" if kind in "iu" else kind
        return f"{'<' if flags == '-' and width else flags.replace('-', '')}{width}{kind}"
    if kind in _REAL and flags != "0":
        return f"{'<' if flags == '-' and width else flags.replace('-', '')}{width}{behind}{kind}"
    return None


def _percent_piece(ctx: Context, piece: str | _Field, given: Iterator[Value]) -> Value:
    if isinstance(piece, str):
        return ctx.b.const(piece)
    kind, spec = piece
    value = next(given)
    if kind in CONVERSIONS:
        text = ctx.b.prim(CONVERSIONS[kind], value)
        return ctx.b.prim("format", text, ctx.b.const(spec)) if spec else text
    return ctx.b.prim("percent.int" if kind in _WHOLE else "percent.float", value, ctx.b.const(spec))


# str.format


def format_call(ctx: Context, node: ast.Call, template: str) -> Value | None:
    """`"…".format(…)`; None for a format with more than fields by number or name."""
    names: list[int | str] = [*range(len(node.args))]
    for keyword in node.keywords:
        assert keyword.arg is not None
        names.append(keyword.arg)
    try:
        pieces = [*Formatter().parse(template)]
    except ValueError:
        return None
    fields: list[int | str] = []
    numbered = 0
    for _, name, spec, conversion in pieces:
        if name is None:
            continue
        if name == "":
            name, numbered = str(numbered), numbered + 1
        elif name.isdecimal() and numbered:
            return None
        field = int(name) if name.isdecimal() else name
        if field not in names or "{" in (spec or "") or conversion not in (None, *CONVERSIONS):
            return None
        fields.append(field)
    if numbered and any(name is not None and name.isdecimal() for _, name, _, _ in pieces):
        return None
    values = dict(zip(names, operands(ctx, [*node.args, *(keyword.value for keyword in node.keywords)])))
    given = iter(fields)
    parts = []
    for literal, name, spec, conversion in pieces:
        if literal:
            parts.append(ctx.b.const(literal))
        if name is not None:
            value = values[next(given)]
            if conversion:
                value = ctx.b.prim(CONVERSIONS[conversion], value)
            parts.append(ctx.b.prim("format", value, ctx.b.const(spec)) if spec else ctx.b.prim("format", value))
    return _build(ctx, parts)
