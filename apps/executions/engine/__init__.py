"""The engine: see README.md beside this file."""
