"""What an instruction may do besides giving its result, from harmless to observable."""

from __future__ import annotations

PURE = "pure"
"""Depends on its operands only; may be repeated, moved and dropped."""
READ = "read"
"""Reads memory that others may change."""
ALLOC = "alloc"
"""Makes a new object; may fail for want of memory, which leaves with the MemoryError set."""
MUTATE = "mutate"
"""Changes its first operand; observable unless that object was made in this call and is not known outside."""
