"""What is measured, and what is tried by hand, each started with ``python -m bench.NAME``."""
