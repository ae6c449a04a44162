"""The guard: a tool or module load that fails unnoticed becomes an error of the cell that called it.

It has two halves. ``kernel`` is copied into the task's directory and loaded by the processes that run the
user's code (a Python kernel, every bash, R), whatever interpreter they are; it writes what happens into two
files. ``host`` runs in the bootstrapper: it prepares those files and the environment (`host.kernel_files`),
has a kernel load its part and looks at the files after each cell (`host.cells`), and turns what they hold
into findings (`host.session`, `host.cell_result`).
"""
