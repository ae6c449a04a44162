"""The error of a full disk, with how much is free."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elyra_neurodesk.errors import NeurodeskError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
MEBIBYTE = 1 << 20


class DiskFull(NeurodeskError):
    """The directory a task works in has no space left."""

    code = "ND-DISK-001"
    hint = (
        "Give the node more ephemeral storage or a scratch volume, or set ELYRA_WRITABLE_CONTAINER_DIR to a "
        "directory on a larger disk."
    )
    exit_status = 18


@contextmanager
def naming_full_disk(directory: Path) -> Iterator[None]:
    """Turn "no space left" below this ``with`` into `DiskFull` naming ``directory`` and its size."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in FULL:
            raise
        raise disk_full(directory) from problem


def disk_full(directory: Path) -> DiskFull:
    """Return the error for ``directory``, with how large its disk is and what is left (MiB)."""
    try:
        size = _free(*shutil.disk_usage(directory))
    except OSError:
        size = "its size is not known"
    return DiskFull(f"the disk that holds {directory} is full: {size}.")


def mention_full_disk(error: NeurodeskError, directory: Path) -> NeurodeskError:
    """Return the error; one of the user's own code says, too, that the disk is full when it is.

    Args:
        error: any error; those of the bootstrapper's own work stay as they are.
        directory: the working directory.
    """
    if error.exit_status != 1 or isinstance(error, DiskFull):
        return error
    try:
        usage = shutil.disk_usage(directory)
    except OSError:
        return error
    if usage[2] >= MEBIBYTE:  # what is free
        return error
    words = f"{error.message.rstrip('.')}; the disk that holds {directory} is full: {_free(*usage)}."
    return type(error)(words, DiskFull.hint)


def _free(total: int, used: int, free: int) -> str:
    return f"{free // MEBIBYTE} of {total // MEBIBYTE} MiB are free"
