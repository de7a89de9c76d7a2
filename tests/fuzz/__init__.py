"""Differential testing: random typed programs, run by CPython and by Pyvorin, compared exactly."""
