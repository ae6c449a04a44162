"""Fetches the archive of the node's files by its hash, and unpacks it without trusting it."""

from __future__ import annotations

import itertools
import posixpath
import tarfile
import zlib
from pathlib import Path

from elyra_neurodesk.bootstrapper.disk import naming_full_disk
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.storage.interface import ObjectStorage, Transfer


class ArchiveDamaged(NeurodeskError):
    """The archive is not what was submitted, or not a readable archive."""

    code = "ND-ARCHIVE-001"
    hint = "Delete the object and submit the pipeline again: it is then uploaded anew."
    exit_status = 17


class ArchiveUnsafe(NeurodeskError):
    """The archive holds something that would be written outside the working directory."""

    code = "ND-ARCHIVE-002"
    hint = "Remove such links and paths from the node's files and dependencies and submit again."
    exit_status = 17


def fetch(store: ObjectStorage, key: str, sha256: str, scratch: Path, target: Path) -> Transfer:
    """Fetch the archive ``key``, check that its SHA-256 is ``sha256``, unpack it into ``target``.

    Args:
        store: where it is.
        key: the archive's object key.
        sha256: the hash that it must have (64 hex digits).
        scratch: directory for the packed file, which is removed.
        target: the working directory.

    Raises:
        ArchiveDamaged: the hash differs or the archive cannot be read.
        ArchiveUnsafe: a member would leave ``target``.
        StorageError: it could not be fetched.
        DiskFull: there is no space for it.
    """
    packed = scratch / "archive.tar.gz"
    try:
        with naming_full_disk(scratch):
            fetched = store.download(key, packed)
        if fetched.sha256 != sha256:
            raise ArchiveDamaged(f"the archive {key} has the SHA-256 {fetched.sha256}.")
        unpack(packed, target)
        return fetched
    finally:
        packed.unlink(missing_ok=True)


def unpack(packed: Path, target: Path) -> None:
    """Unpack a ``.tar.gz`` into the directory ``target``; raises as `fetch` does."""
    try:
        with naming_full_disk(target), tarfile.open(packed, "r:gz") as archive:
            for member in archive:
                problem = leaves_tree(member)
                if not problem and through_link(member, target):
                    problem = "is placed through a link"
                if problem:
                    raise ArchiveUnsafe(f"the archive's member {member.name!r} {problem}.")
                member.mode = (member.mode & 0o755) | (0o700 if member.isdir() else 0o600)
                # the standard library's own filter comes on top where this Python has it (3.10.12, 3.11.4)
                extra = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                archive.extract(member, target, set_attrs=not member.issym(), numeric_owner=False, **extra)  # type: ignore[arg-type]
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError, OSError) as problem:
        raise ArchiveDamaged(f"the archive {packed.name} cannot be unpacked: {problem}.") from problem


def leaves_tree(member: tarfile.TarInfo) -> str:
    """Return why the member may not be unpacked, "" if it may."""
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return "is neither a file, a directory nor a link"
    if escapes(member.name):
        return "lies outside the archive"
    link = ""
    if member.issym():
        link = posixpath.join(posixpath.dirname(member.name), member.linkname)
    elif member.islnk():
        link = member.linkname
    # "a/../b" can be judged by its letters only where "a" is no link: refused, no archiver writes it
    if link and (member.linkname.startswith("/") or escapes(link) or _climbs_late(member.linkname)):
        return f"links to {member.linkname!r} outside the archive"
    return ""


def _climbs_late(path: str) -> bool:
    """Tell whether a ".." follows a name."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return any(part == ".." and before != ".." for before, part in itertools.pairwise(parts))


def through_link(member: tarfile.TarInfo, target: Path) -> bool:
    """Tell whether the directory that the member goes to is reached through a symbolic link."""
    parent = posixpath.dirname(posixpath.normpath(member.name))
    return (target / parent).resolve() != target.resolve() / parent


def escapes(path: str) -> bool:
    """Tell whether a POSIX path is absolute, empty, or climbs above where it starts."""
    normal = posixpath.normpath(path)
    return not path or "\0" in path or normal.startswith(("/", "../")) or normal == ".."
