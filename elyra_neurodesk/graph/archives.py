"""Archives of what nodes need, named by their content."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from elyra_neurodesk.graph.dependencies import dependency_files


@dataclass(frozen=True)
class Archive:
    """A gzipped tar file.

    Attributes:
        sha256: of its bytes (64 hex digits).
        path: where it is until it is uploaded.
        size: bytes.
    """

    sha256: str
    path: Path
    size: int


@dataclass
class ArchiveBuilder:
    """Makes archives in a temporary directory, each distinct content once.

    Use it as a context manager: the archives are gone at its end.
    """

    archives: dict[str, Archive] = field(default_factory=dict)
    _made: dict[tuple[str, ...], Archive] = field(default_factory=dict)
    _found: dict[tuple[str, str, bool], tuple[str, ...]] = field(default_factory=dict)
    _folder: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="elyra-neurodesk-")
    )

    def __enter__(self) -> ArchiveBuilder:
        return self

    def __exit__(self, *exception: object) -> None:
        self._folder.cleanup()

    def add(self, notebook: Path, patterns: tuple[str, ...], recursive: bool, node: str) -> Archive:
        """Return the archive of a notebook or script and its dependencies.

        Raises:
            DependencyMissing: a file does not exist.
            DependencyOutsideTree: a file lies outside the notebook's directory.
            LinkBroken, LinkLoop: a symbolic link leads nowhere, or in a circle.
        """
        key = (str(notebook), str(recursive), *patterns)
        if key not in self._made:
            files = dependency_files(notebook.parent, notebook.name, patterns, recursive, node, self._found)
            archive = write_archive(files, Path(self._folder.name))
            self._made[key] = self.archives.setdefault(archive.sha256, archive)
        return self._made[key]


def write_archive(files: Mapping[str, Path], folder: Path) -> Archive:
    """Write files into a new archive in ``folder``; equal files give equal bytes on every machine."""
    temporary = folder / "archive.tar.gz"
    with (
        temporary.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, dereference=True) as tar,
    ):
        for name in sorted(files):
            entry = tar.gettarinfo(files[name], arcname=Path(name).as_posix())
            entry.mtime = entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            entry.type = tarfile.REGTYPE  # hard links to one another would depend on the order
            entry.size = files[name].stat().st_size
            with files[name].open("rb") as content:
                tar.addfile(entry, content)
    with temporary.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    path = temporary.rename(folder / f"{digest}.tar.gz")
    return Archive(digest, path, path.stat().st_size)
