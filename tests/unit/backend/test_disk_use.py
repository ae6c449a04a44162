"""What the backend's directory takes of the disk."""

from __future__ import annotations

import os
from pathlib import Path

from elyra_neurodesk.backend.disk_use import RunUse, disk_use
from elyra_neurodesk.backend.home import Home

SMALL = "0b3e2f1c-6f1c-4f5e-9a53-2f1f0c8a7d11"
LARGE = "1b3e2f1c-6f1c-4f5e-9a53-2f1f0c8a7d11"


def write(file: Path, size: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.write(b"x" * size)
        os.fsync(stream.fileno())  # its blocks are known from here on
    return file


def test_bytes_are_counted_by_run_once_for_each_file(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    mib = 1 << 20
    output = write(home.store / "neurodesk" / "p" / LARGE / "task" / "out", 2 * mib)
    write(home.store / "neurodesk" / ".elyra-neurodesk" / "archives" / "a", mib)
    os.link(output, write(home.runs / LARGE / "task" / "1" / "work" / "x", mib).with_name("out"))
    write(home.runs / SMALL / "task" / "1" / "main.log", mib)
    (home.runs / SMALL / "link").symlink_to(output)
    write(home.database, 3 * mib)
    found = disk_use(home)
    assert found.runs == (RunUse(LARGE, 2 * mib, mib), RunUse(SMALL, 0, mib))
    assert (found.store, found.work, found.state) == (3 * mib, 2 * mib, 3 * mib)
    assert found.free > 0
    assert found.as_json()["runs"][0] == {"run_id": LARGE, "store": 2 * mib, "work": mib}


def test_a_directory_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    found = disk_use(Home(tmp_path / "none"))
    assert (found.store, found.work, found.state, found.runs) == (0, 0, 0, ())
