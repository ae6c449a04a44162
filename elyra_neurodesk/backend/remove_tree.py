"""Removing directories that tasks wrote, and may have made read-only."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

_OWNER = 0o700


def remove_tree(directory: Path) -> None:
    """Remove a directory with everything below it; symbolic links are removed, never followed.

    What cannot be removed (it belongs to another user) stays.
    """
    with contextlib.suppress(OSError):
        if directory.is_symlink():
            directory.unlink()
            return
        directory.chmod(_OWNER)
    for folder, names, _ in os.walk(directory):
        for name in names:
            found = Path(folder, name)
            if not found.is_symlink():
                with contextlib.suppress(OSError):
                    found.chmod(_OWNER)
    shutil.rmtree(directory, ignore_errors=True)
