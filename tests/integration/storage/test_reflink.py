"""Copies that share their blocks, on a file system that can: XFS on a loop device."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from elyra_neurodesk.storage.directory import DirectoryStorage
from elyra_neurodesk.storage.errors import ClientErrors

SIZE = 64 << 20


@pytest.fixture
def xfs(tmp_path: Path) -> Iterator[Path]:
    """Return a directory on an XFS of the test's own."""
    if os.geteuid() != 0 or shutil.which("mkfs.xfs") is None:
        pytest.skip("needs root and mkfs.xfs")
    image, place = tmp_path / "image", tmp_path / "xfs"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(400 << 20)
    subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", str(image)], check=True, timeout=60)
    mounted = subprocess.run(
        ["mount", "-o", "loop", str(image), str(place)], capture_output=True, text=True, timeout=60
    )
    if mounted.returncode != 0:
        pytest.skip(f"no loop device: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True, timeout=60)


def used(place: Path) -> int:
    os.sync()
    facts = os.statvfs(place)
    return (facts.f_blocks - facts.f_bfree) * facts.f_frsize


@pytest.mark.slow
def test_an_object_that_must_be_a_copy_shares_the_files_blocks(xfs: Path) -> None:
    storage = DirectoryStorage(xfs / "store", "bucket", ClientErrors("file:///store", "bucket", "ours"))
    storage.ensure_bucket()
    source = xfs / "output.nii"
    source.write_bytes(os.urandom(SIZE))
    before = used(xfs)
    stored = storage.put_file("run/output.nii", source)
    storage.download("run/output.nii", xfs / "back.nii")
    assert used(xfs) - before < SIZE // 8
    with source.open("r+b") as file:  # the object is a copy all the same
        file.write(b"changed")
    content = storage.get("run/output.nii")
    assert (len(content), content[:7] != b"changed") == (stored.size, True)
    assert (xfs / "back.nii").read_bytes() == content
