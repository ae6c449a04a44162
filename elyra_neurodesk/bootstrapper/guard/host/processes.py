"""The processes of a task that run on after the cell or script that started them (Linux, ``/proc``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from elyra_neurodesk.bootstrapper.guard.kernel import notes

_STARTS = ("&", "Popen", "nohup", "setsid", "--bg", "subprocess_exec", "subprocess_shell")
_KERNELS = (b"ipykernel", b"bash_kernel", b"--rcfile", b"IRkernel")
_MAX_ENVIRONMENT = 1 << 18  # bytes
_MAX_SHOWN = 120  # characters of a command


def may_start_one(source: str) -> bool:
    """Tell whether code has a word with which processes are started in the background."""
    return any(word in source for word in _STARTS)


def running(notes_file: Path, calls_only: bool) -> dict[int, str]:
    """Return the command lines, by process id, of processes that write to this task's file of notes.

    Args:
        notes_file: what their environment names.
        calls_only: whether only those count that a shell escape or Python code has started: a kernel itself,
            and what its libraries keep, is none.
    """
    found: dict[int, tuple[int, str]] = {}
    for pid in _own_processes():
        try:
            with Path(f"/proc/{pid}/environ").open("rb") as file:
                environment = file.read(_MAX_ENVIRONMENT).split(b"\0")
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            parent = int(
                Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            )
        except (OSError, ValueError, IndexError):  # it has ended, or is another user's
            continue
        if f"{notes.NOTES}={notes_file}".encode() not in environment:
            continue
        is_call = any(entry.startswith(f"{notes.CALL}=".encode()) for entry in environment)
        if (calls_only and not is_call) or any(kernel in word for kernel in _KERNELS for word in words):
            continue
        found[pid] = (parent, b" ".join(words).decode("utf-8", "replace").strip()[:_MAX_SHOWN])
    return {pid: text for pid, (parent, text) in found.items() if parent not in found and text}


def _own_processes() -> Iterator[int]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            yield int(entry.name)
