"""REST of workflows: parse, authorise, call one action, answer."""
