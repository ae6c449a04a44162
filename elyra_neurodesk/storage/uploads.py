"""Uploads of what the object store lacks."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from elyra_neurodesk.storage.interface import PARALLEL, BrowsableStorage
from elyra_neurodesk.storage.progress import Listener


@dataclass(frozen=True)
class Upload:
    """One object to put: its key, and its content as bytes or a file."""

    key: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


def upload_missing(
    storage: BrowsableStorage,
    uploads: Iterable[Upload],
    listener: Listener = lambda done, total: None,
) -> int:
    """Upload objects that the store lacks, several at once, and return how many those were.

    The keys carry the content's hash, so an object of that name and size is that content.

    Args:
        storage: the store.
        uploads: what should be there.
        listener: called with the bytes that are in the store and the bytes of all, from any thread.

    Raises:
        StorageError: the store does not answer, stops, or refuses.
    """
    wanted = list(uploads)
    meter = _Meter(sum(upload.size for upload in wanted), listener)

    def upload_if_missing(upload: Upload) -> bool:
        found = storage.stat(upload.key)
        if found is not None and found.size == upload.size:
            meter.add(upload.size)
            return False
        storage.put(upload.key, upload.content, progress=meter.add)
        return True

    with ThreadPoolExecutor(PARALLEL) as pool:
        try:
            return sum(pool.map(upload_if_missing, wanted))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@dataclass
class _Meter:
    """Adds up what several threads have sent."""

    total: int
    listener: Listener
    done: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, size: int) -> None:
        """Count so many bytes more."""
        with self._lock:
            self.done += size
            self.listener(self.done, self.total)
