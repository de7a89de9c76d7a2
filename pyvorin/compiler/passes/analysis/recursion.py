"""Which instances can come to call themselves: those leave at the recursion limit."""

from __future__ import annotations

from pyvorin.compiler.infer.instances import Instance


def called_by(instance: Instance) -> list[Instance]:
    """All that the instance calls, directly or not, in order of discovery; itself only if it can call itself."""
    order = list(instance.callees)
    for callee in order:
        order.extend(c for c in callee.callees if c not in order)
    return order


def recursive_among(instances: list[Instance]) -> set[Instance]:
    """Those that lie on a cycle of calls."""
    return {instance for instance in instances if instance in called_by(instance)}


def longest_chain(root: Instance) -> int:
    """How many instances the longest chain of calls from the root has, a cycle being gone round once."""
    depth: dict[Instance, int] = {}
    path: list[Instance] = []

    def visit(instance: Instance) -> int:
        if instance in path:
            return 0
        if instance not in depth:
            path.append(instance)
            depth[instance] = 1 + max(map(visit, instance.callees), default=0)
            path.pop()
        return depth[instance]

    return visit(root)
