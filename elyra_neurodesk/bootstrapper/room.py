"""Waits while the disk of a store's directory is full, so that no output is lost for want of a minute."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.storage.errors import TaskStoreFull
from elyra_neurodesk.storage.interface import OCTET_STREAM, ObjectStorage, Progress, Transfer

ROOM_SECONDS = 600.0
"""How long a task waits in all."""

_PAUSE_SECONDS = 2.0
T = TypeVar("T")


class RoomWaitingStorage:
    """An object store that is asked again while its disk is full (an `interface.ObjectStorage`).

    Args:
        store: the store; one that is not a directory has no such failure.
        disk: where its disk is mounted or below; an object that is larger than the disk is not waited for.
        log: says that the task waits, once.
        seconds: at most so long, all objects together.
        sleep: replaced by tests.
    """

    def __init__(
        self,
        store: ObjectStorage,
        disk: Path | None,
        log: Log,
        seconds: float = ROOM_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._disk = disk
        self._log = log
        self._seconds = seconds
        self._sleep = sleep
        self._lock = threading.Lock()
        self._end = 0.0

    def get(self, key: str) -> bytes:
        """Return a small object's content."""
        return self._store.get(key)

    def download(self, key: str, path: Path) -> Transfer:
        """Write an object to the file ``path``."""
        return self._store.download(key, path)

    def put(
        self,
        key: str,
        content: bytes | Path,
        content_type: str = OCTET_STREAM,
        progress: Progress | None = None,
    ) -> None:
        """Store an object, or replace it."""
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        self._patiently(lambda: self._store.put(key, content, content_type, progress), size)

    def put_file(
        self, key: str, path: Path, content_type: str = OCTET_STREAM, move: bool = False
    ) -> Transfer:
        """Store a file."""
        return self._patiently(
            lambda: self._store.put_file(key, path, content_type, move), path.stat().st_size
        )

    def delete(self, key: str) -> None:
        """Remove an object, which needs no room."""
        self._store.delete(key)

    def _patiently(self, store: Callable[[], T], size: int) -> T:
        while True:
            try:
                return store()
            except TaskStoreFull as problem:
                if self._too_large(size) or not self._wait(problem):
                    raise
            self._sleep(_PAUSE_SECONDS)

    def _too_large(self, size: int) -> bool:
        try:
            return self._disk is None or size > shutil.disk_usage(self._disk).total
        except OSError:
            return True

    def _wait(self, problem: TaskStoreFull) -> bool:
        """Return whether to wait for room; say so the first time."""
        with self._lock:
            if not self._end:
                self._end = time.monotonic() + self._seconds
                self._log.say(
                    f"waiting for room, up to {self._seconds / 60:.0f} min: {problem.message} {problem.hint}"
                )
            return time.monotonic() < self._end
