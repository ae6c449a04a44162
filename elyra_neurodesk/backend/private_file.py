"""Files that are replaced whole, and that only their owner may read; standard library only."""

from __future__ import annotations

import errno
import os
import stat
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


def read_regular(file: Path) -> bytes:
    """Return the content of a regular file; opening a FIFO would wait for a writer without end.

    Raises:
        OSError: it cannot be read, or is something else: a FIFO, a device, a directory.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(file))
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(descriptor)


def read_regular_text(file: Path) -> str:
    """Return the text of a regular file (UTF-8).

    Raises:
        OSError: as `read_regular`.
        UnicodeDecodeError: it is not UTF-8.
    """
    return read_regular(file).decode()
