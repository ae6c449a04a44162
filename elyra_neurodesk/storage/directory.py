"""Objects as plain files of a directory of this machine: the embedded backend's store.

``<root>/<bucket>/<key>`` is the object. An object is written to a file of another name beside it, verified,
synced and renamed; then its directory is synced. A process that is killed, a power cut and a full disk thus
leave the old object, the new one, or none, and at most a file that is never listed (`partfile`).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from elyra_neurodesk.storage.errors import Action, ErrorClass, Failure, StorageErrors
from elyra_neurodesk.storage.interface import (
    CHUNK,
    OCTET_STREAM,
    Progress,
    StoredObject,
    Transfer,
)
from elyra_neurodesk.storage.location import StorageLocation, directory_of
from elyra_neurodesk.storage.partfile import (
    is_part,
    make_directories,
    part_beside,
    part_file,
    publish,
)

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file (btrfs, XFS, bcachefs)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_IN_THE_WAY = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY)
_MEBIBYTE = 1 << 20


def directory_storage(location: StorageLocation, errors: StorageErrors) -> DirectoryStorage | None:
    """Return the store of a location that is a directory; None for one that speaks S3.

    Raises:
        StorageError: the endpoint is a file URL that names no directory, or the bucket's name is not one.
    """
    try:
        directory = directory_of(location.endpoint)
    except ValueError as problem:
        raise errors.unusable(str(problem)) from problem
    return None if directory is None else DirectoryStorage(directory, location.bucket, errors)


class DirectoryStorage:
    """Objects of one bucket in a directory (an `interface.BrowsableStorage`).

    Args:
        root: the store's directory, absolute.
        bucket: the bucket's name: a directory in it.
        errors: makes the errors.
    """

    def __init__(self, root: Path, bucket: str, errors: StorageErrors) -> None:
        self._errors = errors
        self._bucket = root / bucket
        if not _is_name(bucket):
            raise errors.unusable(f"'{bucket}' is not the name of a bucket.")

    def get(self, key: str) -> bytes:
        """Return a small object's content."""
        pieces: list[bytes] = []
        self.stream(key, pieces.append)
        return b"".join(pieces)

    def stream(
        self, key: str, write: Callable[[bytes], object], begin: int = 0, end: int | None = None
    ) -> None:
        """Pass an object's content, or a part of it, to ``write``, piece by piece."""
        source = self._open(key)
        try:
            position = os.lseek(source, begin, os.SEEK_SET)
            while piece := os.read(source, CHUNK if end is None else max(0, min(CHUNK, end - position))):
                write(piece)
                position += len(piece)
        finally:
            os.close(source)

    def download(self, key: str, path: Path) -> Transfer:
        """Write an object to the file ``path``, whole or not at all: as a copy, because it may be changed."""
        source = self._open(key)
        try:
            with part_file(path, 0o666) as (part, target):
                done = _copy(source, target)
                part.replace(path)
        finally:
            os.close(source)
        return done

    def put(
        self,
        key: str,
        content: bytes | Path,
        content_type: str = OCTET_STREAM,
        progress: Progress | None = None,
    ) -> None:
        """Store an object, or replace it; a file's name says its type."""
        if isinstance(content, Path):
            size = self.put_file(key, content).size
        else:
            with self._writing(key) as target, part_file(target) as (part, descriptor):
                _write(descriptor, content)
                if _read_back(descriptor).sha256 != hashlib.sha256(content).hexdigest():
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                publish(part, descriptor, target)
            size = len(content)
        if progress:
            progress(size)

    def put_file(
        self, key: str, path: Path, content_type: str = OCTET_STREAM, move: bool = False
    ) -> Transfer:
        """Store a file: as the file itself with ``move`` where that is safe, else as a copy."""
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with self._writing(key) as target, _lease(source) if move else nullcontext() as unwritten:
                done = _moved(source, path, target, unwritten) if unwritten else None
                if done is None:
                    # with the lease where there is one: who asks to write meanwhile waits for the copy, up to
                    # /proc/sys/fs/lease-break-time (45 s)
                    with part_file(target) as (part, descriptor):
                        done = _copy(source, descriptor)
                        publish(part, descriptor, target)
        finally:
            os.close(source)
        return done

    def stat(self, key: str) -> StoredObject | None:
        """Return an object's size, None where there is none."""
        path = self._path(key, Action.READ)
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            self._require_bucket(Action.READ)
            return None
        except OSError as problem:
            raise self._translated(problem, Action.READ, key) from problem
        return StoredObject(key, found.st_size) if stat.S_ISREG(found.st_mode) else None

    def list(self, prefix: str) -> list[StoredObject]:
        """Return every object whose key starts with ``prefix``, by key."""
        self._require_bucket(Action.READ)
        top = prefix.rpartition("/")[0]
        if top and not _is_key(top):
            return []
        found: list[StoredObject] = []
        pending = [top]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(self._bucket / folder) as entries:
                    for entry in entries:
                        key = f"{folder}/{entry.name}" if folder else entry.name
                        if entry.is_dir(follow_symlinks=False):
                            if key.startswith(prefix) or prefix.startswith(f"{key}/"):
                                pending.append(key)
                        elif (
                            key.startswith(prefix)
                            and entry.is_file(follow_symlinks=False)
                            and not is_part(entry.name)
                        ):
                            with suppress(FileNotFoundError):  # deleted a moment ago
                                found.append(StoredObject(key, entry.stat(follow_symlinks=False).st_size))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as problem:
                raise self._translated(problem, Action.READ, folder) from problem
        return sorted(found, key=lambda item: item.key)

    def delete(self, key: str) -> None:
        """Remove an object, and the directories that are empty without it."""
        path = self._path(key, Action.WRITE)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as problem:
            raise self._translated(problem, Action.WRITE, key) from problem
        with suppress(OSError):  # another object is there
            for folder in path.parents:
                if folder == self._bucket:
                    break
                folder.rmdir()

    def ensure_bucket(self) -> None:
        """Create the bucket if there is none."""
        try:
            make_directories(self._bucket)
        except OSError as problem:
            raise self._translated(problem, Action.WRITE, "") from problem

    def _path(self, key: str, action: Action) -> Path:
        if not _is_key(key):
            reason = f"{key!r} is not the name of a file below the store's directory"
            raise self._errors.translate(Failure(ErrorClass.OTHER, reason), action, key)
        return self._bucket / key

    def _open(self, key: str) -> int:
        """Return a descriptor to read an object from."""
        path = self._path(key, Action.READ)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as problem:
            if problem.errno in (errno.ENOTDIR, errno.ELOOP):
                problem = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            raise self._translated(problem, Action.READ, key) from problem
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise self._errors.translate(_missing("it is not a file"), Action.READ, key)
        return descriptor

    @contextmanager
    def _writing(self, key: str) -> Iterator[Path]:
        """Yield where an object goes, its directory being there; what fails in the block is the store's."""
        path = self._path(key, Action.WRITE)
        self._require_bucket(Action.WRITE)
        try:
            make_directories(path.parent)
            yield path
        except OSError as problem:
            raise self._translated(problem, Action.WRITE, key) from problem

    def _require_bucket(self, action: Action) -> None:
        if not self._bucket.is_dir():
            # without a key: the same line for every object
            raise self._errors.translate(
                Failure(ErrorClass.NO_BUCKET, "there is no such directory"), action, ""
            )

    def _translated(self, problem: OSError, action: Action, key: str) -> Exception:
        reason = (problem.strerror or str(problem)).lower()
        failure = Failure(ErrorClass.FAILED, reason)
        if problem.errno == errno.ENOENT:
            self._require_bucket(action)
            failure = _missing(reason)
        elif problem.errno in _FULL:
            failure = Failure(ErrorClass.FULL, f"its disk is full ({self._free()})")
        elif problem.errno in _DENIED:
            failure = Failure(ErrorClass.NOT_PERMITTED, reason)
        elif problem.errno in _IN_THE_WAY:
            failure = Failure(ErrorClass.OTHER, "a file and a directory cannot have the same name")
        elif problem.errno == errno.ENAMETOOLONG:
            failure = Failure(ErrorClass.OTHER, "a part of the name is longer than the file system allows")
        return self._errors.translate(failure, action, key)

    def _free(self) -> str:
        try:
            usage = shutil.disk_usage(self._bucket)
        except OSError:
            return "its size is not known"
        return f"{usage.free // _MEBIBYTE} of {usage.total // _MEBIBYTE} MiB are free"


def _missing(reason: str) -> Failure:
    return Failure(ErrorClass.NO_OBJECT, reason)


def _is_name(name: str) -> bool:
    """Return whether a directory can have this name and stay where it is."""
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name


def _is_key(key: str) -> bool:
    """Return whether a key is a path below the bucket, and not the name of a file that is being written."""
    parts = key.split("/")
    return all(_is_name(part) for part in parts) and not is_part(parts[-1])


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _read_back(descriptor: int) -> Transfer:
    """Return size and hash of what a file holds."""
    digest, size = hashlib.sha256(), 0
    while piece := os.pread(descriptor, CHUNK, size):
        digest.update(piece)
        size += len(piece)
    return Transfer(size, digest.hexdigest())


def _copy(source: int, target: int) -> Transfer:
    """Copy a file to an empty one, sharing its blocks where the file system can, and verify the copy.

    Raises:
        OSError: it cannot be copied, or what was written is not what is read (EIO).
    """
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:  # another file system, or one that cannot
        digest, size = hashlib.sha256(), 0
        while piece := os.pread(source, CHUNK, size):
            _write(target, piece)
            digest.update(piece)
            size += len(piece)
        done = _read_back(target)
        if done != Transfer(size, digest.hexdigest()):
            raise OSError(errno.EIO, os.strerror(errno.EIO)) from None
        return done
    return _read_back(target)


def _moved(source: int, path: Path, target: Path, unwritten: Callable[[], bool]) -> Transfer | None:
    """Make a file an object without copying it; None where it must be copied.

    The object must not change any more. A read lease (fcntl(2), F_SETLEASE) is given only for a file that no
    process has open for writing; a file whose only name has become the object's is out of reach of whoever
    would open it by name. A file with several names, of another user or on another file system is copied.

    Args:
        source: descriptor of the file, with the lease where the kernel gives one.
        path: its name.
        target: the object's.
        unwritten: from `_lease`.
    """
    seen = os.fstat(source)
    named = os.lstat(path)
    if not (stat.S_ISREG(named.st_mode) and os.path.samestat(seen, named) and seen.st_nlink == 1):
        return None
    if not unwritten():
        return None
    part = part_beside(target)
    try:
        fcntl.flock(source, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.link(path, part, follow_symlinks=False)
    except OSError:  # locked by the user's code, another file system, or one without links
        return None
    try:
        if not os.path.samestat(seen, os.lstat(part)):
            return None
        path.unlink()
        if not unwritten():  # somebody waits for the lease to end, to write
            os.link(part, path, follow_symlinks=False)
            return None
        try:
            done = _read_back(source)
            publish(part, source, target)
        except OSError:
            os.link(part, path, follow_symlinks=False)
            raise
        return done
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _lease(descriptor: int) -> Iterator[Callable[[], bool]]:
    """Hold a read lease on a file, and yield what tells whether it is held and no process asks to write."""

    def held() -> bool:
        return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK

    try:
        # a process that asks to write causes SIGIO, which would end this one; SIGURG is ignored
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError:  # open for writing, another user's, or a file system without leases
        yield lambda: False
        return
    try:
        yield held
    finally:
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
