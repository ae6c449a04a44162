"""Files that are replaced whole, and that only their owner may read; standard library only."""

from __future__ import annotations

import os
import time
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Replace a file by one with this text (0600): a reader sees the old or the new one, also after a crash.

    Raises:
        OSError: it cannot be written; the old file stays.
    """
    new = file.with_name(f".{file.name}.{os.getpid()}.{time.monotonic_ns()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
