"""What the operator does with a data directory, from a command line."""
