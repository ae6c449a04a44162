"""The process that supervisors are forked from: ``python3 -m elyra_neurodesk.backend.pod.warm_process FD``.

It imports what tasks and Python kernels import, and forks a supervisor for each message on the socket FD.
A supervisor forks the task (`forked_task.py`), and the task its kernel (`bootstrapper/warm/kernel.py`). The
process ends when the other end of the socket is closed, however the server has ended.
"""

import sys

PATH = tuple(sys.path)

from elyra_neurodesk.bootstrapper.warm.environment import ReadRecorder  # noqa: E402 - before what it watches

_KERNEL = (
    "ipykernel.heartbeat",
    "ipykernel.iostream",
    "ipykernel.ipkernel",
    "ipykernel.parentpoller",
    "ipykernel.control",
    "ipykernel.shellchannel",
    "ipykernel.zmqshell",
    "IPython.core.application",
    "IPython.core.profiledir",
    "IPython.core.shellapp",
    "jupyter_client.connect",
    "tornado.ioloop",
    "zmq.eventloop.zmqstream",
)
_TASK = (
    "elyra_neurodesk.bootstrapper.task",
    "jupyter_client.asynchronous",
    "jupyter_client.manager",
    "jupyter_client.provisioning.local_provisioner",
    "nbclient",
    "nbconvert.exporters.html",
    "nbformat",
    "papermill",
)


def _import(names: tuple[str, ...]) -> None:
    from importlib import import_module

    for name in names:
        try:
            import_module(name)
        except ImportError as problem:
            print(f"warm process: {name} is not imported: {problem}", file=sys.stderr)


def main(control: int) -> None:
    """Import, report, and fork a supervisor for each message until there is nobody to send one."""
    import os

    environment = dict(os.environ)
    with ReadRecorder() as recorder:
        _import(_KERNEL)
        from elyra_neurodesk.bootstrapper.warm.interpreter import Libraries

        kernel = Libraries.now(without="elyra_neurodesk")
        _import(_TASK)
    import gc
    import socket

    from elyra_neurodesk.backend.pod import forked_task
    from elyra_neurodesk.bootstrapper.warm import identity, interpreter

    fingerprint = interpreter.Fingerprint(PATH[1:])
    shell = interpreter.added_by_shell()
    this = interpreter.Interpreter(environment, frozenset(recorder.names), PATH, kernel, shell)
    identity.show(sys.orig_argv, environment)  # this kernel can do it, or no fork is made
    interpreter.check_forkable(frozenset({0, 1, 2, control}))
    gc.collect()
    gc.freeze()  # so that collections in a fork do not touch, and copy, what it shares with this process
    with socket.socket(fileno=control) as channel:
        forked_task.serve(channel, this, fingerprint)


if __name__ == "__main__":
    main(int(sys.argv[1]))
