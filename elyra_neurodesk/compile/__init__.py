"""From a task graph to a compiled KFP pipeline, and to the Python DSL that compiles to an equivalent one."""
