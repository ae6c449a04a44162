"""Tasks and Python kernels that begin as a fork of a process which has imported their libraries already.

The embedded backend keeps one such process (`backend/pod/warm_process.py`). A fork of it is given the
arguments, environment, directory, descriptors, modules and identity of the program that it becomes; where
that cannot be done, because only a new interpreter reads what the task sets, a new process is started.
"""
