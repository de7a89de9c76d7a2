"""The measuring side of the benchmarks: engines, processes, statistics, tables.  `bench/README.md` has the method."""
