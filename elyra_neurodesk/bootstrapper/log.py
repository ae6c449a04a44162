"""Writes a task's output and our own lines to stdout and to the log file that is uploaded."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TextIO

PREFIX = "neurodesk: "
TERMINATION_LOG = Path("/dev/termination-log")
TERMINATION_LIMIT = 4096  # bytes; Kubernetes cuts there


class Log:
    """Writes everything to a stream and, once it is known, to a file.

    What comes before `attach` is kept and written to the file then. A file that can no longer be written
    (a full disk) silences the file, never the task.

    Args:
        stream: where a person or the cluster reads along; stdout when left out.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._lock = threading.Lock()
        self._early: list[str] = []
        self._descriptor: int | None = None
        self._at_line_start = True
        self.path: Path | None = None

    def attach(self, path: Path) -> None:
        """Write to the file ``path`` from now on, beginning with all that was said before."""
        with self._lock:
            self.path = path
            with contextlib.suppress(OSError):  # a full disk: the stream has it all
                self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            self._to_file("".join(self._early))
            self._early.clear()

    def say(self, text: str) -> None:
        """Write one line of our own; it begins on a new line whatever the user's code wrote before."""
        with self._lock:
            start = "" if self._at_line_start else "\n"
            self._put(f"{start}{PREFIX}{text}\n")

    def error(self, text: str) -> None:
        """Write the one line that ends a failed task, without our prefix: it begins with its code."""
        with self._lock:
            start = "" if self._at_line_start else "\n"
            self._put(f"{start}{text}\n")

    def write(self, text: str) -> int:
        """Pass on what the user's code wrote, unchanged (the file-like face that papermill takes)."""
        with self._lock:
            self._put(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream; the file is not buffered."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _put(self, text: str) -> None:
        if not text:
            return
        self._at_line_start = text.endswith("\n")
        with contextlib.suppress(OSError, ValueError):  # the reader has gone
            self._stream.write(text)
            self._stream.flush()
        if self.path is None:
            self._early.append(text)
        else:
            self._to_file(text)

    def _to_file(self, text: str) -> None:
        if self._descriptor is None:
            return
        content = memoryview(text.encode("utf-8", "replace"))
        try:
            while content:
                content = content[os.write(self._descriptor, content) :]
        except OSError as problem:
            os.close(self._descriptor)
            self._descriptor = None
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(f"{PREFIX}the log file {self.path} ends here: {problem.strerror}\n")


def write_termination_message(text: str, path: Path = TERMINATION_LOG) -> None:
    """Leave ``text`` where Kubernetes shows it as the pod's reason, if there is such a file."""
    content = text.encode("utf-8", "replace")[:TERMINATION_LIMIT]
    with contextlib.suppress(OSError):
        if path.is_file():
            path.write_bytes(content)
