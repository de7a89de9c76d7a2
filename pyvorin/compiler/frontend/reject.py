"""How the front end refuses: one exception, raised at the node that cannot be compiled."""

from __future__ import annotations

import ast
from typing import Any


class Reject(Exception):
    """The function cannot be compiled.

    `code` is a reason of `core/reasons.py`, `fields` fill its message's template (the function's name is added later),
    `node` is where; `hint` replaces the reason's own.  `statement` and `expression`, set on the way out, are the
    innermost ones around it that could be left to CPython.
    """

    def __init__(self, code: str, node: ast.expr | ast.stmt, hint: str = "", /, **fields: Any):
        super().__init__(code, fields)
        self.code = code
        self.node = node
        self.hint = hint
        self.fields = fields
        self.statement: ast.stmt | None = None
        self.expression: ast.AST | None = None
