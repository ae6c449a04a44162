"""From an Elyra pipeline, as plain data, to a graph of tasks."""
