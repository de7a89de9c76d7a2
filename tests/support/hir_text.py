"""Programs of instances from HIR text, as passes take them."""

from __future__ import annotations

import ast

from pyvorin.compiler.frontend.context import Uses
from pyvorin.compiler.frontend.function import Untyped
from pyvorin.compiler.frontend.module import FunctionSource
from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Function
from pyvorin.compiler.hir.parser import parse
from pyvorin.compiler.hir.printer import print_function
from pyvorin.compiler.infer.instances import Instance
from pyvorin.types.spec import NEVER, Type


def program(text: str) -> list[Instance]:
    """The functions of the text as instances, each `call` bound to one of them; CPython enters the first.

    Raises HIRSyntaxError for text that is not HIR, and LookupError for a call of what the text does not define.
    """
    known: dict[tuple[str, tuple[Type, ...]], Instance] = {}

    def instance(qualname: str, types: tuple[Type, ...]) -> Instance:
        if (qualname, types) not in known:
            known[qualname, types] = Instance(_untyped(qualname), types, len(known))
        return known[qualname, types]

    instances = []
    for fn in parse(text, instance):
        found = instance(fn.qualname, tuple(param.ty for param in fn.entry.params))
        found.hir, found.entered = fn, not instances
        found.result = NEVER if fn.result is None else fn.result
        called = [instr.payload for block in fn.blocks for instr in block.instrs if instr.op is ops.CALL]
        found.callees = list(dict.fromkeys(called))
        instances.append(found)
    missing = [str(i) for i in known.values() if i not in instances]
    if missing:
        raise LookupError(f"the text calls what it does not define: {', '.join(missing)}")
    return instances


def program_text(instances: list[Instance], spans: bool = False) -> str:
    return "\n\n".join(print_function(_hir(instance), spans) for instance in instances)


def _hir(instance: Instance) -> Function:
    assert instance.hir is not None
    return instance.hir


def _untyped(qualname: str) -> Untyped:
    name = qualname.partition(".<")[0] if qualname.endswith(">") else qualname
    node = ast.parse(f"def {name.rpartition('.')[2]}(): ...").body[0]
    assert isinstance(node, ast.FunctionDef)
    return Untyped(FunctionSource(qualname, node, None), Function(qualname, []), Uses())
