"""Facts about HIR; an analysis never changes it."""
