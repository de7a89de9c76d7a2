"""Types for HIR: specialisation of functions for argument types, in the manner of Hindley and Milner."""
