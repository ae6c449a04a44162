"""Validation of a patched task graph: would every value arrive at its task as it was typed?

`graph.check_graph` is the one pass over a graph, a pure function: `tasks` checks what a task has of its own,
`pods` its Kubernetes configuration, `values` parameters and component inputs, `sizes` what fits into an
argument. They rest on `rules` (what Kubernetes and KFP accept), `placeholders` (what they would replace) and
`text`. `files` reads the files that a component's inputs name, before there is a graph.
"""
