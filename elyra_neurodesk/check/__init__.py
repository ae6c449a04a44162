"""What the notebooks and scripts of a pipeline would do in a task, read without running any of it.

::

    nodes.py        Elyra's operations        -> Node
    documents.py    file                      -> cells
    ipython.py, python_walk.py, python_code.py, magics.py, shell_code.py, shell_commands.py, other_code.py
                    cells                     -> events, in the order of execution
    following.py    events                    -> events, with helper modules and scripts in their places
    module_uses.py, commands.py, paths.py, asking.py, outputs.py
                    events and module index   -> findings
    check.py        all of it                 -> report.py's Report
    submission.py   report                    -> an error, or lines, before submit and export
"""
