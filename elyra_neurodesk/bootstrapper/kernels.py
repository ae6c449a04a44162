"""Chooses the notebook's kernel, and kills the kernels that run when the task is stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper import packages
from elyra_neurodesk.bootstrapper.guard.host.cells import CellHooks
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.notebook_file import NotebookFacts
from elyra_neurodesk.bootstrapper.warm import kernel as forked_kernel
from elyra_neurodesk.errors import NeurodeskError

_managers: list[Any] = []


class KernelUnavailable(NeurodeskError):
    """The notebook's kernel is not in the image, or does not start."""

    code = "ND-KERNEL-001"
    exit_status = 16


def choose_kernel(facts: NotebookFacts, log: Log) -> str:
    """Return the name of the kernel to use, installing ipykernel only where Python has none.

    Raises:
        KernelUnavailable: no kernel of that name, and the notebook is not a Python one.
        PackageUnavailable: ipykernel is needed and cannot be installed.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    # the native kernel is listed only if ipykernel can be imported; look at the files alone first
    on_disk = KernelSpecManager(ensure_native_kernel=False).find_kernel_specs()
    if facts.kernel in on_disk and facts.kernel != "python3":
        return facts.kernel
    if facts.language != "python":
        raise KernelUnavailable(
            f"the notebook asks for the kernel {facts.kernel!r} ({facts.language}), which this image "
            f"does not have; it has {', '.join(sorted(on_disk)) or 'none'}.",
            "Choose a runtime image with this kernel.",
        )
    if facts.kernel not in ("", "python3"):
        log.say(f"the kernel {facts.kernel!r} is not in this image: python3 is used")
    if "python3" not in on_disk or _runs_this_python(Path(on_disk["python3"])):
        packages.ensure(["ipykernel"], log)
    return "python3"


def kernel_manager_class(hooks: CellHooks) -> type:
    """Return jupyter_client's kernel manager, telling `kill_kernels` of itself and ``hooks`` of clients."""
    from jupyter_client.manager import AsyncKernelManager

    forked_kernel.offer()

    class Manager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            _managers.append(self)

        def client(self, **options: Any) -> Any:
            client = super().client(**options)
            hooks.connected(client)
            return client

    return Manager


def kill_kernels() -> None:
    """Kill the kernels that run, with all that they started.

    For SIGTERM: asked politely, a kernel that is busy in a cell does not go, and would outlive its task.
    """
    for manager in _managers:
        pid = getattr(getattr(manager, "provisioner", None), "pid", None)
        with contextlib.suppress(OSError):
            if pid and os.getpgid(pid) == pid:  # it leads a group of its own
                os.killpg(pid, signal.SIGKILL)


def _runs_this_python(directory: Path) -> bool:
    """Tell whether a kernel directory starts the Python that runs us (which then needs ipykernel)."""
    try:
        program = json.loads((directory / "kernel.json").read_text(encoding="utf-8"))["argv"][0]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return True
    # jupyter_client starts a bare "python" or "python3" with the Python that it runs in
    return "/" not in program or Path(program) == Path(sys.executable)
