"""Names of modules for a dialog: read in a thread, because a slow mount must not block the dialog."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from elyra_neurodesk.modules.index import ModuleIndex
from elyra_neurodesk.modules.sources import current_index

PATIENCE = 2.0
"""Seconds that a dialog waits. From its cache the index answers in 0.05 s; a mount that was never read may
take minutes, and one that is dead never answers."""


class Suggestions:
    """The modules that can be used, read in a thread of its own.

    Args:
        read: returns the index.
        patience: seconds that `names` waits for one reading, however often it is asked meanwhile.
    """

    def __init__(self, read: Callable[[], ModuleIndex] = current_index, patience: float = PATIENCE) -> None:
        self._read = read
        self._patience = patience
        self._names: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._began = 0.0

    def names(self) -> tuple[str, ...]:
        """Return ``tool/version`` of each module, or those of the last reading that came to an end."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._began = time.monotonic()
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            thread, wait = self._thread, self._began + self._patience - time.monotonic()
        thread.join(max(0.0, wait))
        return self._names

    def _work(self) -> None:
        self._names = tuple(entry.name for entry in self._read().entries if not entry.retired)
