"""The bootstrapper as a program of a `ForkServer`; the kernel of its notebook is forked, too.

A kernel is forked before the bootstrapper begins and waits until jupyter_client would start it: then it takes
the command, environment and directory that it would have had, and is the bootstrapper's child as a real one.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from elyra_neurodesk.backend.pod.syscalls import die_with_parent
from elyra_neurodesk.bootstrapper.warm.child import ChildProcess
from tests.support.forkserver import Main, become

LIBRARIES = (
    "IPython",
    "bash_kernel.kernel",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "ipykernel.kernelspec",
    "ipykernel_launcher",
    "jupyter_client.launcher",
    "jupyter_client.manager",
    "matplotlib_inline.backend_inline",
    "minio",
    "nbconvert.exporters.html",
    "papermill.execute",
    "elyra_neurodesk.bootstrapper.__main__",
)
KERNELS = ("ipykernel_launcher", "bash_kernel")


def preload() -> None:
    """Import what tasks and kernels need; make one notebook's HTML, for templates and lexers."""
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except ImportError:
            if name.split(".")[0] != "bash_kernel":  # which not every machine has
                raise
    import nbformat.v4
    from nbconvert.exporters.html import HTMLExporter

    HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))


def main_of(arguments: list[str]) -> Main:
    """Return ``python -m elyra_neurodesk.bootstrapper`` with these arguments."""
    from elyra_neurodesk.bootstrapper.__main__ import main

    def bootstrapper() -> int:
        if any(".ipynb" in word for word in arguments):
            _wait_as_kernel()
        return main(arguments)

    return bootstrapper


class Kernel(ChildProcess):
    """A kernel that was forked."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.stdin = open(os.devnull, "rb")  # noqa: PTH123, SIM115 - jupyter_client's launcher closes it


def _wait_as_kernel() -> None:
    """Fork the process that is to be the kernel, and have jupyter_client's launcher use it once."""
    from jupyter_client import launcher

    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        os.setsid()  # as the launcher has it, and out of reach of signals for the bootstrapper's group
        # a kernel that hangs at its end (ZeroMQ, now and then) would keep the pipes of its task open
        die_with_parent(signal.SIGKILL)
        theirs.sendall(b"+")
        text = theirs.makefile("r").readline()
        if not text:  # no Python or bash kernel was wanted
            os._exit(0)
        theirs.close()
        request = json.loads(text)
        become(lambda: _run_kernel(request["command"]), request["env"], request["cwd"])
    theirs.close()
    ours.recv(1)  # it has its own process group now: jupyter_client will ask for it

    def popen(command: Sequence[str], **options: Any) -> Any:
        launcher.Popen = subprocess.Popen
        if list(command[:2]) != [sys.executable, "-m"] or command[2] not in KERNELS:
            return subprocess.Popen(command, **options)
        env: Mapping[str, str] = options["env"]
        request = {"command": list(command), "env": dict(env), "cwd": options["cwd"] or os.getcwd()}  # noqa: PTH109
        ours.sendall(json.dumps(request).encode() + b"\n")
        return Kernel(child)

    launcher.Popen = popen


def _run_kernel(command: list[str]) -> None:
    sys.argv[:] = command[2:]
    runpy.run_module(command[2], run_name="__main__", alter_sys=True)
