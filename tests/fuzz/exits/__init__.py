"""Random programs with effects, of which native code is made to leave at random operations."""
