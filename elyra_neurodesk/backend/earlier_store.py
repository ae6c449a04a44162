"""The object store of an earlier version: a server (nanio) whose objects are plain files, as ours are.

Its objects stay where they are. Its process ends, and what it kept beside them goes: metadata in
``<bucket>/.nanio-meta``, parts of uploads in ``.nanio``, and ``.tmp.<32 hexadecimal digits>`` of crashes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.process_handle import ProcessHandle, start_time

_GRACE_SECONDS = 10.0
_LEFTOVER = re.compile(r"\.tmp\.[0-9a-f]{32}")


def retire_store(home: Home) -> bool:
    """End the store of an earlier version and remove what it kept beside the objects.

    Returns:
        Whether there was one.
    """
    process = _process(home)
    if process is not None:
        process.stop(_GRACE_SECONDS)
    for name in ("credentials.json", "store.log"):
        (home.path / name).unlink(missing_ok=True)
    own = home.store / ".nanio"
    if not own.is_dir():
        return process is not None
    for folder, _, names in os.walk(home.store):
        for name in filter(_LEFTOVER.fullmatch, names):
            with suppress(OSError):
                Path(folder, name).unlink()
    for metadata in home.store.glob("*/.nanio-meta"):
        shutil.rmtree(metadata, ignore_errors=True)
    shutil.rmtree(own, ignore_errors=True)  # last: while it is there, this is done again
    return True


def _process(home: Home) -> ProcessHandle | None:
    """Return the store that state.json of an earlier version names, if it still runs.

    That file has start times without the boot; so the program is looked at as well.
    """
    try:
        content = json.loads((home.path / "state.json").read_text(encoding="utf-8"))
        pid, started = int(content["store"]["pid"]), int(content["store"]["started"])
        handle = ProcessHandle.of(pid)
        is_store = start_time(pid) == started and b"nanio" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return handle if is_store else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
