"""Tests of the benchmarks: their statistics, their measuring processes, and the programs that they measure."""
