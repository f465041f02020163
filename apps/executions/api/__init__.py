"""REST of executions, tasks, conversations, and of running workflows: parse, authorise, call one action, answer."""
