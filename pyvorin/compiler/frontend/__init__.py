"""Source text -> HIR without types, or a refusal with its reason and place."""
