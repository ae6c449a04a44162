"""What the notebooks and scripts of a pipeline would do in a task, read without running any of it.

::

    nodes.py                graph.pipeline          -> nodes, with the files that their tasks get
    readers/
      documents.py          file                    -> cells of code
      ipython.py            IPython cell            -> Python syntax tree
      python_names.py       Python expressions      -> strings
      python_functions.py   calls of well-known functions -> what they do with files
      shell_commands.py     words of a command      -> events
      lmod.py               subcommands of Lmod     -> events
      shell.py, python.py, r_octave.py
                            code                    -> events, in the order of execution
      files.py              file                    -> events
      inline_calls.py       events of all files     -> those of a node, with calls replaced by what they do
    events.py               the events
    rules/                  events and module index -> findings
    report.py               findings, their codes, the report
    check.py                all of it
    before_submit.py        the check before submit and export: an error, or lines
"""
