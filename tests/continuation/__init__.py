"""Continuations: what they execute is judged by CPython."""
