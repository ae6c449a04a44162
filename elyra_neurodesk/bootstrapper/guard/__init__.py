"""The guard: what would be silently wrong in a task becomes an error at the place where it happens.

Two halves. ``inside`` is extracted into the task's directory and loaded by the processes that run the user's
code (a Python kernel, every bash, R), whatever interpreter they are; it writes what it sees into two files.
The other half runs in the bootstrapper: it prepares those files and the environment (`prepare`), has a kernel
load its part and looks at the files after each cell (`cells`), and turns them into findings (`session`).
"""
