"""What a process knows of itself from before its imports, for the programs that its forks become."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from elyra_neurodesk.bootstrapper.warm.environment import unhonoured


class NotForkable(RuntimeError):
    """This process has something that forks must not get."""


@dataclass(frozen=True)
class Libraries:
    """The state of the import system after what a kernel imports: ``modules`` are names of `sys.modules`."""

    modules: frozenset[str]
    meta_path: tuple[Any, ...]
    filters: tuple[Any, ...]

    @classmethod
    def now(cls, without: str) -> Libraries:
        """Return the present state, without the modules of the package ``without``."""
        names = (name for name in sys.modules if name != without and not name.startswith(f"{without}."))
        return cls(frozenset(names), tuple(sys.meta_path), tuple(warnings.filters))


@dataclass(frozen=True)
class Interpreter:
    """This process as its forks find it.

    Attributes:
        environment: the variables that it was started with.
        read: the variables that its imports have read.
        path: `sys.path` as ``python -m`` made it; the first entry is the working directory's.
        kernel: after the imports that a kernel makes, before those of tasks.
        shell: variables that sh adds to the environment of what it runs, ``PWD`` aside.
    """

    environment: Mapping[str, str]
    read: frozenset[str]
    path: tuple[str, ...]
    kernel: Libraries
    shell: Mapping[str, str]

    def refusal(self, environment: Mapping[str, str]) -> str:
        """Return why a program with this environment needs a new interpreter; "" when a fork will do."""
        name = unhonoured(dict(environment), dict(self.environment), self.read)
        return f"{name} is read when an interpreter starts" if name else ""


def added_by_shell() -> dict[str, str]:
    """Return what sh exports though it was given no environment, ``PWD`` aside."""
    # the environment of env's own is what sh gives to a program
    output = subprocess.run(
        ["/bin/sh", "-c", "exec /usr/bin/env -0"], env={}, cwd="/", capture_output=True, check=True
    ).stdout
    found = dict(entry.split("=", 1) for entry in os.fsdecode(output).split("\0") if "=" in entry)
    found.pop("PWD", None)
    return {name: sys.executable if name == "_" else value for name, value in found.items()}


def check_forkable(descriptors: frozenset[int]) -> None:
    """Refuse what a fork would lack or have too much.

    Args:
        descriptors: what may be open.

    Raises:
        NotForkable: there are other threads, descriptors, an event loop or a ZeroMQ context.
    """
    if (count := len(os.listdir("/proc/self/task"))) > 1 or threading.active_count() > 1:  # noqa: PTH208
        raise NotForkable(f"an import has started threads ({count} run)")
    names = os.listdir("/proc/self/fd")  # noqa: PTH208
    # listing them takes one, which is closed by now
    more = {int(name) for name in names if os.path.exists(f"/proc/self/fd/{name}")} - descriptors  # noqa: PTH110
    if more:
        what = ", ".join(os.readlink(f"/proc/self/fd/{number}") for number in sorted(more))  # noqa: PTH115
        raise NotForkable(f"an import has opened {what}")
    context = getattr(sys.modules.get("zmq"), "Context", None)
    if getattr(context, "_instance", None) is not None:
        raise NotForkable("an import has made a ZeroMQ context")


class Fingerprint:
    """Tells whether what was imported, or what would be found first now, has changed on disk."""

    def __init__(self, path: Sequence[str]) -> None:
        files = {sys.executable, os.path.join(sys.prefix, "pyvenv.cfg")}  # noqa: PTH118
        for module in [*sys.modules.values()]:
            if isinstance(module, ModuleType) and isinstance(file := getattr(module, "__file__", None), str):
                files.add(file)
        for directory in path:
            files.add(directory)  # its time changes with the names in it
            files.update(str(found) for found in Path(directory).glob("*.pth"))
        self._files = sorted(files)
        self._then = self._stamps()

    def changed(self) -> bool:
        """Return whether a file is another one than when this was made."""
        return self._stamps() != self._then

    def _stamps(self) -> list[tuple[int, int, int]]:
        return [_stamp(file) for file in self._files]


def _stamp(file: str) -> tuple[int, int, int]:
    try:
        found = os.stat(file)  # noqa: PTH116 - a thousand of them before every task
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
