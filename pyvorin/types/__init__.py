"""What values are, for both sides of the process boundary."""
