"""Twins of outside systems that speak their real wire formats. Fixtures: `tests.doubles.fixtures`."""
