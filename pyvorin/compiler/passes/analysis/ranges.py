"""Facts about the ints of a function, at every instruction: forwards, along all edges, until nothing changes.

A branch on a comparison says something on both ways out; so does every check that has been passed.  The facts of a block are
those that hold on every edge into it.  A loop is cut short by giving up what still moves after a few rounds (`Fact.widened`);
what was given up too early is then found again from the edges alone (`_narrow`).

    facts = Ranges(fn)
    for block in fn.blocks:
        for instr, here in facts.walk(block):
            here.within(buffer, index)      whether 0 <= index < len(buffer) is certain before the instruction
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from pyvorin.compiler.hir import ops
from pyvorin.compiler.hir.ir import Block, Function, Instr, Value
from pyvorin.compiler.passes.analysis import transfer
from pyvorin.compiler.passes.analysis.dominance import dominators, reverse_postorder
from pyvorin.compiler.passes.analysis.facts import ANY, MOST_ITEMS, Fact, between, exactly
from pyvorin.compiler.passes.analysis.roots import Constant, Length, Root, Roots
from pyvorin.types.spec import BUFFER_NAMES

PATIENCE = 3
"""How often the facts of a block may change before what moves is given up."""
HOPS = 4
"""How many values a proof may go through: i < n, n <= len(a), len(a) == len(b)."""
MOST_ROUNDS = 64
NARROWINGS = 2

Check = tuple[object, ...]
"""A primitive's name and the roots of its operands."""


class State:
    """What is known at one point: facts by root, and the checks passed before: with the same operands they cannot fail."""

    __slots__ = ("checked", "facts", "roots")

    def __init__(self, roots: Roots, facts: dict[Root, Fact], checked: frozenset[Check]):
        self.roots = roots
        self.facts = facts
        self.checked = checked

    def copy(self) -> State:
        return State(self.roots, dict(self.facts), self.checked)

    def of(self, value: Value) -> Fact:
        return self.of_root(self.roots[value])

    def of_root(self, root: Root) -> Fact:
        if isinstance(root, Constant):
            return exactly(root.value)
        found = self.facts.get(root)
        if found is not None:
            return found
        return between(0, MOST_ITEMS) if isinstance(root, Length) else ANY

    def named(self, value: Value) -> Fact:
        """The fact with the value itself among its bounds, for another value that is a copy of it or compares with it."""
        root = self.roots[value]
        fact = self.of(value)
        return fact if isinstance(root, Constant) else fact.at_most(root, 0).at_least(root, 0)

    def learn(self, value: Value, fact: Fact) -> None:
        root = self.roots[value]
        if not isinstance(root, Constant):
            self.facts[root] = self.of(value).both(fact)

    def is_below(self, index: Value, length: Length) -> bool:
        """Whether index < length is certain."""
        fact = self.of(index)
        if fact.high < self.of_root(length).low:
            return True
        seen: set[Root] = set()
        work = [(root, distance) for root, distance in fact.above.items()]
        for _ in range(HOPS):
            if any(root == length and distance <= -1 for root, distance in work):
                return True
            seen.update(root for root, _ in work)
            work = [
                (further, distance + more)
                for root, distance in work
                for further, more in self.of_root(root).above.items()
                if further not in seen
            ]
        return False

    def within(self, buffer: Value, index: Value) -> bool:
        """Whether 0 <= index < len(buffer) is certain."""
        if self.of(index).low < 0:
            return False
        return self.is_below(index, Length(self.roots[buffer])) or self.has_checked(buffer, index)

    def has_checked(self, buffer: Value, index: Value) -> bool:
        """Whether the index, counted from the end if negative, is certain to be within the buffer."""
        return ("index", self.roots[buffer], self.roots[index]) in self.checked

    def is_nonzero(self, value: Value) -> bool:
        """Whether a divisor is certain not to be zero."""
        definition = self.roots.definition.get(self.roots[value])
        if ("nonzero", self.roots[value]) in self.checked:
            return True
        if definition is None:
            return False
        if definition.op is ops.CONST:
            return bool(definition.payload != 0)
        if definition.op is ops.PRIM and definition.payload.name == "convert" and definition.args[0].ty.name == "int":
            fact = self.of(definition.args[0])
            return fact.low > 0 or fact.high < 0
        return False

    def has_passed(self, instr: Instr) -> bool:
        """Whether the same primitive did not exit for the same operands."""
        return self.check_of(instr) in self.checked

    def check_of(self, instr: Instr) -> Check:
        return (transfer.base_name(instr.payload.name), *(self.roots[arg] for arg in instr.args))

    def check_passed(self, buffer: Value, index: Value) -> None:
        """The bounds check of this index did not exit."""
        length = Length(self.roots[buffer])
        self.checked |= {("index", length.of, self.roots[index])}
        fact = self.of(index)
        if fact.low >= 0:
            self.learn(index, self.of_root(length).only_above().shifted(-1, -1).at_most(length, -1))
            self.facts[length] = self.of_root(length).both(fact.only_below().shifted(1, 1))
        elif fact.high < 0:
            self.facts[length] = self.of_root(length).both(Fact(-fact.high))


class Ranges:
    """The facts of one function."""

    def __init__(self, fn: Function):
        self.fn = fn
        self.roots = Roots(fn)
        self._in: dict[Block, State] = {fn.entry: State(self.roots, {}, frozenset())}
        self._changes: dict[Block, int] = {}
        self.at_definition: dict[Root, list[Fact]] = {}
        """What was known of the operands of a range's size when it was computed."""
        self._recorded: dict[Root, int] = {}
        self._moved: list[Root] = []
        order = reverse_postorder(fn)
        number = {block: index for index, block in enumerate(order)}
        users = self._users_of_sizes()
        work = [0]
        rounds = MOST_ROUNDS * len(order)
        while work and rounds:
            rounds -= 1
            # The earliest block first: what comes after it is run once when all that comes before has been.
            block = order[heappop(work)]
            state = self._run(block)
            again = [target for target, out in self._edges(block, state) if self._meet(target, out)]
            for root in self._moved:
                again += [user for user in users.get(root, ()) if user in self._in]
            self._moved.clear()
            for other in again:
                if number[other] not in work:
                    heappush(work, number[other])
        if work:
            self._in = {block: State(self.roots, {}, frozenset()) for block in fn.blocks}
        else:
            self._narrow(order)

    def _users_of_sizes(self) -> dict[Root, list[Block]]:
        """By the size of a range: the blocks that use its items, and so what is recorded of it."""
        users: dict[Root, list[Block]] = {}
        for block in self.fn.blocks:
            for instr in block.instrs:
                if instr.op is ops.PRIM and instr.payload.name == "range.item":
                    users.setdefault(self.roots[instr.args[3]], []).append(block)
        return users

    def walk(self, block: Block) -> Iterator[tuple[Instr, State]]:
        """The block's instructions, each with what is known before it; blocks that are never reached have none."""
        if block not in self._in:
            return
        state = self._in[block].copy()
        for instr in list(block.instrs):
            yield instr, state
            transfer.step(self, state, instr)

    def _narrow(self, order: list[Block]) -> None:
        """Compute what holds in each block once more from its edges and its dominator; kept if it still implies itself."""
        wide = dict(self._in)
        above = dominators(self.fn)
        predecessors: dict[Block, list[Block]] = {block: [] for block in order}
        after: dict[Block, State] = {}
        edges: dict[Block, list[tuple[Block, State]]] = {}

        def pass_through(block: Block) -> None:
            after[block] = self._run(block)
            edges[block] = self._edges(block, after[block])

        for block in order:
            pass_through(block)
            for target in block.targets:
                if block not in predecessors[target.block]:
                    predecessors[target.block].append(block)

        def recomputed(block: Block) -> State:
            incoming = [state for pred in predecessors[block] for target, state in edges[pred] if target is block]
            return self._recomputed(block, incoming, after[above[block][0]])

        for _ in range(NARROWINGS):
            for block in order[1:]:
                self._in[block] = recomputed(block)
                pass_through(block)
        for block in order[1:]:
            held = self._in[block]
            met = _either(held, recomputed(block))
            if met.facts != held.facts or met.checked != held.checked:
                self._in = wide
                return

    def _recomputed(self, block: Block, incoming: list[State], above: State) -> State:
        """What holds on every edge, and what was known of values at the end of the block that control came through.

        These are still the same values: control cannot pass their definitions again without passing that block again, too.
        """
        state = incoming[0]
        for other in incoming[1:]:
            state = _either(state, other)
        facts = {
            root: fact if root in block.params or root not in above.facts else fact.both(above.facts[root])
            for root, fact in state.facts.items()
        }
        return State(self.roots, facts, state.checked | above.checked)

    def record(self, root: Root, facts: list[Fact]) -> None:
        """Remember what is known of the operands of the instruction that defines *root*."""
        old = self.at_definition.get(root)
        if old is not None:
            facts = [fact.either(before) for fact, before in zip(facts, old)]
            if facts == old:
                return
            self._recorded[root] = self._recorded.get(root, 0) + 1
            if self._recorded[root] > PATIENCE:
                facts = [fact.widened(before) for fact, before in zip(facts, old)]
        self.at_definition[root] = facts
        self._moved.append(root)

    def _run(self, block: Block) -> State:
        state = self._in[block].copy()
        for instr in block.instrs:
            transfer.step(self, state, instr)
        return state

    def _edges(self, block: Block, state: State) -> list[tuple[Block, State]]:
        """What holds on the way to each successor, in terms of its parameters."""
        out = []
        condition = self._condition(block)
        for index, target in enumerate(block.targets):
            there = state.copy()
            if condition is not None:
                transfer.assume(there, condition, holds=index == 0)
            passed: dict[Root, Fact] = {}
            for param, arg in zip(target.block.params, target.args):
                root = self.roots[param]
                if param.ty.name == "int" and not isinstance(root, Constant):
                    fact = there.of(arg) if self.roots[arg] == root else there.named(arg)
                    passed[root] = passed[root].both(fact) if root in passed else fact
            # Of what is not passed on only lengths can be asked for there.
            kept = {root: fact for root, fact in there.facts.items() if isinstance(root, Length)}
            out.append((target.block, State(self.roots, kept | passed, there.checked)))
        return out

    def _condition(self, block: Block) -> Instr | None:
        """The comparison of ints that the block ends on."""
        end = block.terminator
        if end.op is not ops.BRANCH:
            return None
        for instr in block.instrs:
            if instr.result is end.args[0] and instr.op is ops.PRIM:
                return instr
        return None

    def _meet(self, block: Block, out: State) -> bool:
        """Let what holds on one more edge into the block count; whether that changes anything."""
        old = self._in.get(block)
        if old is None:
            self._in[block] = out
            return True
        met = _either(old, out)
        facts, checked = met.facts, met.checked
        if facts == old.facts and checked == old.checked:
            return False
        self._changes[block] = self._changes.get(block, 0) + 1
        if self._changes[block] > PATIENCE:
            facts = {root: fact.widened(old.facts[root]) for root, fact in facts.items()}
        if facts == old.facts and checked == old.checked:
            return False
        self._in[block] = State(self.roots, facts, checked)
        return True


def _either(a: State, b: State) -> State:
    """What holds when one of the two states does."""
    facts = {
        root: fact.either(b.of_root(root))
        for root, fact in a.facts.items()
        if root in b.facts or isinstance(root, Length)
    }
    return State(a.roots, facts, a.checked & b.checked)


def is_buffer(value: Value) -> bool:
    return value.ty.name in BUFFER_NAMES
