"""What every builtin, operator and method means natively: one declaration each, found by name and types."""
