"""SSA construction: local variables in, closed blocks with parameters out.

A variable that is read in a block before it was stored there becomes a parameter of that block; when all blocks are
built, `finish` passes the values along the edges, adding parameters to the blocks between.  So a block has a parameter
for a variable exactly if the variable is live there.  Values that must cross blocks (the result of a conditional
expression, a loop's counter) are stored in variables too, whose names begin with a dot.

    a = 1                 b0:                 v0 = const 1; jump b1(v0)
    while a < n: a += 1   b1(a, n):           c = prim lt a, n; branch c, b2(a, n), b3()
"""

from __future__ import annotations

import ast
from typing import Any, Protocol

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Root, Target, Value
from pyvorin.compiler.hir.points import Point
from pyvorin.core.source import Span


class Observer(Protocol):
    """Who wants to know what is built."""

    def emitting(self) -> None: ...

    def emitted(self, op: ops.Op, payload: object) -> None: ...

    def assigned(self) -> None: ...

    def switched(self) -> None: ...


class Builder:
    """Builds one function.  `block` is the current block, or None where control cannot come."""

    def __init__(self, qualname: str, params: list[str], span: Span | None):
        self.fn = Function(qualname, params, span=span)
        self.span = span
        self.node: ast.AST | None = None
        """The innermost expression around that CPython could evaluate instead."""
        self.observer: Observer | None = None
        self._env: dict[Block, dict[str, Value]] = {}
        self._live_in: dict[Block, dict[str, Value]] = {}
        self._stored: dict[Block, set[str]] = {}
        self._temps = 0
        self.block: Block | None = self.new_block("entry")
        for name in params:
            value = Value(name)
            self._env[self.block][name] = value
            self.block.params.append(value)
        self.fn.blocks.append(self.block)

    def new_block(self, label: str) -> Block:
        block = Block(label)
        self._env[block] = {}
        self._live_in[block] = {}
        self._stored[block] = set()
        return block

    def switch(self, block: Block) -> None:
        """Go on in *block*."""
        self.block = block
        self.fn.blocks.append(block)
        if self.observer is not None:
            self.observer.switched()

    def resume(self, block: Block) -> None:
        """Go on in a block that was left unfinished."""
        self.block = block

    def restart(self, block: Block) -> None:
        """Begin the block anew: what was built in it does not count."""
        block.instrs, block.targets = [], []
        self._env[block], self._live_in[block], self._stored[block] = {}, {}, set()
        self.block = block

    def begin_root(self) -> int:
        """Go on in a block at which control can come into the function; the index that it has among these."""
        self.block = self.new_block("root")
        self.fn.roots.append(Root(self.block))
        return len(self.fn.roots) - 1

    def temp(self, purpose: str) -> str:
        """A fresh variable name that no program can spell."""
        self._temps += 1
        return f".{purpose}{self._temps}"

    def load(self, name: str) -> Value:
        """The variable's value here."""
        if self.block is None:
            return Value(name)
        env = self._env[self.block]
        if name not in env:
            env[name] = self._live_in[self.block][name] = Value(name)
        return env[name]

    def stored_here(self, name: str) -> bool:
        """Whether the current block itself has assigned the variable (so that it is surely bound)."""
        return self.block is not None and name in self._stored[self.block]

    def store(self, name: str, value: Value) -> None:
        if self.block is None:
            return
        if value.name is None and not name.startswith("."):
            value.name = name
        self._env[self.block][name] = value
        self._stored[self.block].add(name)
        if self.observer is not None and not name.startswith("."):
            self.observer.assigned()

    def emit(self, op: ops.Op, args: list[Value], payload: Any = None) -> Value:
        result = Value()
        if self.block is not None:
            if self.observer is not None:
                self.observer.emitting()
            self.block.instrs.append(Instr(op, args, result if op.result else None, payload, self.span, node=self.node))
            if self.observer is not None:
                self.observer.emitted(op, payload)
        return result

    def attempt(self, name: str, args: list[Value], exception: str, caught: Block) -> Value:
        """A primitive at which control goes to *caught* where it would raise the builtin exception."""
        if self.block is None:
            return Value()
        if self.observer is not None:
            self.observer.emitting()
        result, done, variable = Value(), self.new_block("done"), self.temp("result")
        self.block.instrs.append(Instr(ops.TRY, args, result, (name, exception), self.span, node=self.node))
        self.store(variable, result)
        self.block.targets = [Target(done), Target(caught)]
        self.block = None
        self.switch(done)
        return self.load(variable)

    def snapshot(self, point: Point, variables: list[str]) -> None:
        """A snapshot of the variables."""
        if self.block is None:
            return
        values = [self.load(name) for name in variables]
        self.block.instrs.append(Instr(ops.SNAPSHOT, values, None, point, self.span))
        if point.root is not None:
            self.fn.roots[point.root].variables, self.fn.roots[point.root].point = variables, point

    def const(self, value: object) -> Value:
        return self.emit(ops.CONST, [], value)

    def prim(self, name: str, *args: Value) -> Value:
        return self.emit(ops.PRIM, list(args), name)

    def end(self, op: ops.Op, args: list[Value], *targets: Block, payload: Any = None) -> None:
        """End the current block; nothing follows until `switch`."""
        if self.block is not None:
            if self.observer is not None:
                self.observer.emitting()
            self.block.instrs.append(Instr(op, args, None, payload, self.span))
            self.block.targets = [Target(block) for block in targets]
            self.block = None

    def jump(self, block: Block) -> None:
        self.end(ops.JUMP, [], block)

    def branch(self, condition: Value, true: Block, false: Block) -> None:
        self.end(ops.BRANCH, [condition], true, false)

    def exit(self, code: str) -> None:
        self.end(ops.EXIT, [], payload=code)

    def finish(self) -> Function:
        """Pass variables along all edges and return the function; blocks that cannot be reached are dropped."""
        entry = self.fn.entry
        roots = [root.block for root in self.fn.roots]
        reachable = [entry, *roots]
        known = set(reachable)
        for block in reachable:
            for target in block.targets:
                if target.block not in known:
                    known.add(target.block)
                    reachable.append(target.block)
        preds: dict[Block, list[Block]] = {block: [] for block in reachable}
        for block in reachable:
            for target in block.targets:
                preds[target.block].append(block)
        work = list(reachable)
        while work:
            block = work.pop()
            for name in list(self._live_in[block]):
                for pred in preds[block]:
                    if name not in self._env[pred]:
                        self._env[pred][name] = self._live_in[pred][name] = Value(name)
                        work.append(pred)
        for name, value in self._live_in[entry].items():
            entry.instrs.insert(0, Instr(ops.UNBOUND, [], value, None, self.span))
            value.name = name
        for block in reachable:
            if block is not entry:
                block.params = list(self._live_in[block].values())
            for target in block.targets:
                target.args = [self._env[block][name] for name in self._live_in[target.block]]
        self.fn.blocks = [block for block in reachable if block not in roots]
        for root in self.fn.roots:
            root.params = list(self._live_in[root.block])
        return self.fn
