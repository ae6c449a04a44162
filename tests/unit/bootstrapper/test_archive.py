from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.archive import ArchiveDamaged, ArchiveUnsafe, escapes, unpack


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info


def packed(directory: Path, *members: tarfile.TarInfo) -> Path:
    path = directory / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for info in members:
            archive.addfile(info, io.BytesIO(b""))
    return path


@pytest.mark.parametrize("own_check_only", [False, True])
@pytest.mark.parametrize(
    "members",
    [
        [member("../x")],
        [member("/x")],
        [member("a/../../x")],
        [member("l", tarfile.SYMTYPE, "/etc/passwd")],
        [member("l", tarfile.SYMTYPE, "../x")],
        [member("d/l", tarfile.LNKTYPE, "../x")],
        [member("p", tarfile.FIFOTYPE)],
        [member("d", tarfile.CHRTYPE)],
        # links that climb only by way of another link
        [member("x", tarfile.SYMTYPE, "."), member("y", tarfile.SYMTYPE, "x/..")],
        [member("d", tarfile.DIRTYPE, mode=0o755), member("d/s", tarfile.SYMTYPE, ".."), member("d/s/l")],
    ],
    ids=lambda members: members[-1].name,
)
def test_nothing_is_written_outside_the_working_directory(
    tmp_path: Path, members: list[tarfile.TarInfo], own_check_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own_check_only:  # Python 3.10.11 and before have no filters
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    target = tmp_path / "work"
    target.mkdir()
    with pytest.raises(ArchiveUnsafe):
        unpack(packed(tmp_path, *members), target)
    assert {path.name for path in tmp_path.iterdir()} == {"work", "a.tar.gz"}


def test_files_links_and_modes_arrive_without_set_user_id(tmp_path: Path) -> None:
    target = tmp_path / "work"
    target.mkdir()
    archive = packed(
        tmp_path,
        member("d", tarfile.DIRTYPE, mode=0o000),
        member("d/run.sh", mode=0o4755),
        member("d/l", tarfile.SYMTYPE, "run.sh"),
        member("top", tarfile.SYMTYPE, "d/run.sh"),
    )
    unpack(archive, target)
    assert (target / "d" / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (target / "top").resolve() == target / "d" / "run.sh"


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    archive = packed(tmp_path, *(member(f"file-{number}") for number in range(200)))
    for content in (b"no archive", archive.read_bytes()[:-200], b""):
        archive.write_bytes(content)
        with pytest.raises(ArchiveDamaged):
            unpack(archive, tmp_path)


@pytest.mark.parametrize(
    ("path", "outside"),
    [("a/b", False), ("a/../b", False), ("..a", False), ("", True), ("..", True), ("../a", True),
     ("/a", True),
     ("a/../../b", True), ("a\0", True)],
)  # fmt: skip
def test_escapes_tells_paths_that_leave_the_tree(path: str, outside: bool) -> None:
    assert escapes(path) is outside
