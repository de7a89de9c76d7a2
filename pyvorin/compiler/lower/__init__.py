"""Typed HIR -> LLVM IR."""
