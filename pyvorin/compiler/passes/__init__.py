"""HIR -> HIR, one pass per file; `pipeline.py` says in which order and why."""
