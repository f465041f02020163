"""The component library: one file per node type."""
