"""What the compiler inferred for the lines of a module: the facts behind `# type:` comments."""

from __future__ import annotations


def inferred_types(source: str, path: str, module: str) -> tuple[dict[int, list[str]], dict[int, dict[str, list[str]]]]:
    """Types by line, of every function whose signature the source alone decides.

    The first result gives for a line the types of the value that it computes last, one for each specialisation.  The second
    gives, for the line of a function's `def`, the types of its variables where blocks of its code meet.
    """
    from pyvorin.compiler import group as groups
    from pyvorin.compiler.compilation import Compilation
    from pyvorin.compiler.frontend.reject import Reject
    from pyvorin.compiler.infer.instances import InferenceError
    from pyvorin.messages import CompileRequest

    compilation = Compilation(CompileRequest(0, module, path, source, settings={"debug": True}))
    computed: dict[int, list[str]] = {}
    variables: dict[int, dict[str, list[str]]] = {}
    for qualname, function in compilation.module.functions.items():
        try:
            root = compilation.lookup(qualname)
            found = [groups.infer(root, types, compilation.lookup) for types in compilation.signatures(function)]
        except (Reject, InferenceError):
            continue
        for specialisation in found:
            last: dict[int, str] = {}
            names = variables.setdefault(function.node.lineno, {})
            for block in specialisation.root.hir.blocks:
                for parameter in block.params:
                    if parameter.name is not None:
                        names.setdefault(parameter.name, []).append(str(parameter.ty))
                for instr in block.instrs:
                    if instr.result is not None and instr.span is not None:
                        last[instr.span.line] = str(instr.result.ty)
            for line, ty in last.items():
                computed.setdefault(line, []).append(ty)
    return computed, variables
