"""The scheduler: starts tasks when their dependencies have succeeded and the machine has room."""
