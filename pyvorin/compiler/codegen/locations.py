"""Source lines for loops, as LLVM IR text, so that LLVM's remarks can say which loop they are about.

A loop carries its line in the `!llvm.loop` metadata of its latch, the branch back to its head.  That is all LLVM needs:
functions and instructions stay without debug locations, which would cost time in every pass, and NoDebug keeps DWARF out of
the object.

    lines = LoopLines("report")
    latch = f"br i1 %more, label %loop, label %done{lines.loop('total', 12, 14, 5)}"
    ir_text += lines.text()
"""

from __future__ import annotations


class LoopLines:
    """The metadata of one IR module.  `file` is the name that remarks print; node numbers begin at `first`."""

    __slots__ = ("_first", "_functions", "_next", "_nodes")

    def __init__(self, file: str, first: int = 1000) -> None:
        self._first = first
        self._next = first + 4
        self._functions: dict[tuple[str, int], int] = {}
        self._nodes = [
            f'!{first} = distinct !DICompileUnit(language: DW_LANG_Python, file: !{first + 1}, producer: "pyvorin", '
            "isOptimized: true, runtimeVersion: 0, emissionKind: NoDebug)",
            f'!{first + 1} = !DIFile(filename: "{_escaped(file)}", directory: "")',
            f"!{first + 2} = !DISubroutineType(types: !{{}})",
            f'!{first + 3} = !{{i32 2, !"Debug Info Version", i32 3}}',
        ]

    def loop(self, function: str, function_line: int, line: int, column: int = 0) -> str:
        """What to append to a latch: the loop at `line` of the function that begins at `function_line`."""
        scope = self._function(function, function_line)
        place = self._add(f"!DILocation(line: {line}, column: {column}, scope: !{scope})")
        # Distinct and self-referential, as the LLVM Language Reference demands of loop metadata.
        loop = self._add(f"distinct !{{!{self._next}, !{place}}}")
        return f", !llvm.loop !{loop}"

    def text(self) -> str:
        """The metadata, to be appended to the module; empty if it has no loop."""
        if not self._functions:
            return ""
        flags = f"!llvm.dbg.cu = !{{!{self._first}}}\n!llvm.module.flags = !{{!{self._first + 3}}}\n"
        return flags + "\n".join(self._nodes) + "\n"

    def _function(self, name: str, line: int) -> int:
        number = self._functions.get((name, line))
        if number is None:
            unit, file, type_ = self._first, self._first + 1, self._first + 2
            number = self._functions[name, line] = self._add(
                f'distinct !DISubprogram(name: "{_escaped(name)}", scope: !{file}, file: !{file}, line: {line}, '
                f"type: !{type_}, unit: !{unit}, spFlags: DISPFlagDefinition)"
            )
        return number

    def _add(self, node: str) -> int:
        self._nodes.append(f"!{self._next} = {node}")
        self._next += 1
        return self._next - 1


def _escaped(text: str) -> str:
    """`text` inside quotation marks of LLVM's assembly language."""
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:02X}" for b in text.encode())
