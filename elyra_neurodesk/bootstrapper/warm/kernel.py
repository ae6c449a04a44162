"""A Python kernel that is forked before the task has threads, and becomes a kernel when one is asked for."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from elyra_neurodesk.bootstrapper.warm import modules, program
from elyra_neurodesk.bootstrapper.warm.child import ChildProcess
from elyra_neurodesk.bootstrapper.warm.interpreter import Interpreter

PROVISIONER = "elyra-neurodesk-forked"
_LAUNCHER = "ipykernel_launcher"
# imported late, because it reads the process id of its parent from the environment
_APPLICATION = "ipykernel.kernelapp"
_candidate: ForkedKernel | None = None


class ForkedKernel(ChildProcess):
    """A child of this process that can become a kernel."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        ours, theirs = socket.socketpair()
        super().__init__(os.fork())
        if self.pid == 0:
            try:
                ours.close()
                _wait_and_become(theirs, interpreter)
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(1)
        theirs.close()
        self._connection = ours

    def refusal(self, command: Sequence[str], options: Mapping[str, Any]) -> str:
        """Return why a kernel with this command and `Popen` options has to be a new process; "" if not."""
        if list(command[:3]) != [sys.executable, "-m", _LAUNCHER]:
            return "its command is another one"
        if set(options) - {"env", "cwd"} and any(options[name] for name in set(options) - {"env", "cwd"}):
            return "it has options of its own"
        return self._interpreter.refusal(options.get("env") or os.environ)

    def launch(self, command: Sequence[str], environment: Mapping[str, str], directory: str) -> bool:
        """Become the kernel of this command; False when the process is gone."""
        request = {"command": [*command], "environment": dict(environment), "directory": directory}
        try:
            self._connection.sendall(json.dumps(request).encode() + b"\n")
            return self._connection.recv(1) == b"+"  # it leads a session of its own
        except OSError:
            return False
        finally:
            self._connection.close()

    def discard(self) -> None:
        """End it unused."""
        self._connection.close()
        self.wait()


def prepare(interpreter: Interpreter) -> None:
    """Fork a process that can become the kernel of this task; only before the task has threads."""
    global _candidate
    _candidate = ForkedKernel(interpreter)


def discard() -> None:
    """End the process, if it has not become a kernel: the task runs none."""
    if (candidate := _take()) is not None:
        candidate.discard()


def offer() -> None:
    """Let jupyter_client start the next Python kernel as the prepared process, if there is one."""
    if _candidate is None or os.environ.get("JUPYTER_DEFAULT_PROVISIONER_NAME"):
        discard()
        return
    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    factory = KernelProvisionerFactory.instance()
    value = f"{__name__}:{make_provisioner.__name__}"
    factory.provisioners[PROVISIONER] = EntryPoint(PROVISIONER, value, factory.GROUP_NAME)
    factory.default_provisioner_name = PROVISIONER


def make_provisioner(**options: Any) -> Any:
    """Return a kernel provisioner that starts kernels as `launch` does, or else as new processes."""
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    class ForkingProvisioner(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
            forked = launch(cmd, LocalProvisioner._scrub_kwargs(options))
            if forked is None:
                return await super().launch_kernel(cmd, **options)
            self.process = forked  # type: ignore[assignment]  # has what is used of Popen
            self.pid, self.pgid = forked.pid, os.getpgid(forked.pid)
            self.cwd = options.get("cwd") or os.getcwd()  # noqa: PTH109
            return self.connection_info

    return ForkingProvisioner(**options)


def launch(command: Sequence[str], options: Mapping[str, Any]) -> ForkedKernel | None:
    """Return the kernel of this command, forked; None when it has to be a new process.

    Args:
        command: the kernel's command line.
        options: those for `subprocess.Popen`.
    """
    candidate = _take()
    if candidate is None:
        return None
    environment = {**(options.get("env") or os.environ), "JPY_PARENT_PID": str(os.getpid())}
    directory = options.get("cwd") or os.getcwd()  # noqa: PTH109
    if not candidate.refusal(command, options) and candidate.launch(command, environment, directory):
        return candidate
    candidate.discard()
    return None


def _take() -> ForkedKernel | None:
    global _candidate
    candidate, _candidate = _candidate, None
    return candidate


def _wait_and_become(connection: socket.socket, interpreter: Interpreter) -> None:
    """Be a process that waits to become a kernel; return when it is not wanted."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with connection.makefile("rb") as stream:
        line = stream.readline()
    if not line:
        os._exit(0)
    request = json.loads(line)
    os.chdir(request["directory"])
    os.setsid()
    # as jupyter_client's launcher leaves it: a pipe that nobody writes to
    reader, writer = os.pipe()
    os.dup2(reader, 0)
    os.close(writer)
    connection.sendall(b"+")
    sys.modules.pop(_APPLICATION, None)
    kernel = interpreter.kernel
    sys.meta_path[:] = kernel.meta_path
    warnings.filters[:] = kernel.filters  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]
    modules.set_aside(kernel.modules)
    program.become(request["command"], request["environment"], interpreter)
