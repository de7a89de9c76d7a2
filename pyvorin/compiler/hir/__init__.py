"""HIR: typed SSA with block parameters, the only intermediate representation of our own."""
