"""The passes over HIR, in their order: those that decide which exits there are, and all others up to the lowering."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyvorin.compiler.hir import check_refcounts, check_restarts, verify
from pyvorin.compiler.hir.ir import Instr
from pyvorin.compiler.infer.instances import Instance, reachable
from pyvorin.compiler.passes import (
    check_nans,
    drop_checks,
    drop_snapshots,
    extend_snapshots,
    inline_calls,
    insert_refcounts,
    know_classes,
    lengthen_strips,
    own_dicts,
    place_exits,
    reuse_boxes,
    reuse_reads,
    search_by_items,
    sink_makes,
    split_items,
    store_unboxed,
)

if TYPE_CHECKING:
    from pyvorin.compiler.group import Specialisation


def check_exits(specialisation: Specialisation) -> None:
    """Find out whether exits can be placed; they are placed anew, with their counters, when the group is lowered.

    Raises:
        InferenceError: an exit could follow an effect.
    """
    simplify(specialisation)
    place_exits.run(specialisation.lowered, lambda instance, code, instr: 0)


def simplify(specialisation: Specialisation) -> None:
    """The passes that decide which exits there are, once."""
    if specialisation.simplified:
        return
    specialisation.simplified = True
    inline_calls.run(specialisation.instances)
    for instance in specialisation.instances:
        split_items.run(instance.hir)
        sink_makes.run(instance.hir)
    entered = [instance for instance in specialisation.instances if instance.entered]
    specialisation.lowered = list(dict.fromkeys(found for root in entered for found in reachable(root)))
    extend_snapshots.run(specialisation.lowered)
    drop_checks.run(specialisation.lowered)
    check_nans.run(specialisation.lowered)


def prepare(specialisation: Specialisation, counter: Callable[[Instance, str, Instr], int]) -> None:
    """The passes, in order; the verifier judges the result of each.

    Raises:
        InferenceError: an exit could follow an effect.
    """
    for instance in specialisation.instances:
        verify.check(instance.hir)
    simplify(specialisation)
    hirs = [instance.hir for instance in specialisation.lowered]
    for hir in hirs:
        reuse_reads.run(hir)
        reuse_boxes.run(hir)
        search_by_items.run(hir)
        # After `reuse_boxes`: a pointer that is there already is cheaper to store than a number.
        store_unboxed.run(hir)
        own_dicts.run(hir)
        lengthen_strips.run(hir)
        verify.check(hir)
    place_exits.run(specialisation.lowered, counter)
    check_restarts.check({instance: instance.hir for instance in specialisation.lowered})
    # Behind all that move and drop uses of references.
    for hir in hirs:
        drop_snapshots.run(hir)
        insert_refcounts.run(hir)
        verify.check(hir)
        check_refcounts.check(hir)
        know_classes.run(hir)
