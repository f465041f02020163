"""Executions, tasks and conversations on the wire: `inputs` (what comes in), `schema` (what the documentation says goes
out), and plain functions that make it."""
