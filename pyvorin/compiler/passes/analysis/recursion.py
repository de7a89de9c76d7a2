"""Which instances can come to call themselves: those leave at the recursion limit."""

from __future__ import annotations

from pyvorin.compiler.infer.instances import Instance


def called_by(instance: Instance) -> set[Instance]:
    """All that the instance calls, directly or not; itself only if it can come to call itself."""
    found: set[Instance] = set()
    work = [instance]
    while work:
        new = set(work.pop().callees) - found
        found |= new
        work.extend(new)
    return found


def recursive_among(instances: list[Instance]) -> set[Instance]:
    """Those that lie on a cycle of calls."""
    return {instance for instance in instances if instance in called_by(instance)}


def longest_chain(root: Instance) -> int:
    """How many levels the longest chain of calls from the root takes, a cycle being gone round once."""
    depth: dict[Instance, int] = {}
    path: list[Instance] = []

    def visit(instance: Instance) -> int:
        if instance in path:
            return 0
        if instance not in depth:
            path.append(instance)
            depth[instance] = 1 + instance.untyped.uses.levels + max(map(visit, instance.callees), default=0)
            path.pop()
        return depth[instance]

    return visit(root)
