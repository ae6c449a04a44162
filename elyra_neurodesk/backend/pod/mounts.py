"""Directories of this machine shown at a container's mount paths, to one process tree alone.

The process gets a private mount namespace. Where a mount path exists on the host, its directory is covered by
a bind mount. Where it does not, the nearest directory above it that exists is replaced by a mirror: a tmpfs
in which every entry is bound to the host's, and beside them the missing path. So nothing is ever made on the
host. For a path such as /cvmfs/…, on a host without /cvmfs, the mirrored directory is / itself.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .syscalls import (
    MS_BIND,
    MS_PRIVATE,
    MS_REC,
    MS_UNBINDABLE,
    change_root,
    enter_mount_namespace,
    mount,
)


@dataclass(frozen=True)
class BindMount:
    """A directory of this machine and the absolute path at which it is to be seen."""

    source: str
    target: str


def missing_mounts(mounts: Iterable[BindMount]) -> tuple[BindMount, ...]:
    """Return the mounts that the host does not have already, those nearer to the root first."""
    return tuple(
        sorted(
            (item for item in mounts if not _same_directory(item.source, item.target)),
            key=lambda item: Path(item.target).parts,
        )
    )


def enter(mounts: Sequence[BindMount], stage: str) -> None:
    """Move the calling process, which must have one thread, to a namespace with these mounts.

    Args:
        mounts: from `missing_mounts`.
        stage: an existing empty directory, for use while the new tree is put together.

    Raises:
        OSError: the machine does not permit it, or a path cannot be made.
    """
    enter_mount_namespace()
    targets = [os.path.realpath(item.target) for item in mounts]
    # Held open, because a mount may cover the path by which a later source is named.
    sources = [os.open(item.source, os.O_PATH | os.O_DIRECTORY) for item in mounts]
    mirrors: dict[str, list[str]] = {}
    for index, target in enumerate(targets):
        inside_earlier = any(_is_below(target, earlier) for earlier in targets[:index])
        if not inside_earlier and not Path(target).is_dir():
            mirrors.setdefault(_existing_above(target), []).append(target)
    trees = {host: _mirror(host, missing, stage) for host, missing in sorted(mirrors.items())}
    root = trees.pop("/", None)
    # Under a mirror of /, everything else is placed in the mirror, and the root is changed last.
    prefix = "" if root is None else _path(root)
    for host, tree in trees.items():
        mount(_path(tree), prefix + host, None, MS_BIND | MS_REC)
    for source, target in zip(sources, targets, strict=True):
        Path(prefix + target).mkdir(parents=True, exist_ok=True)  # only ever inside a mount or a mirror
        mount(_path(source), prefix + target, None, MS_BIND | MS_REC)
    if root is not None:
        change_root(prefix)
    for descriptor in (*sources, *trees.values(), *([] if root is None else [root])):
        os.close(descriptor)


def _mirror(host: str, missing: Iterable[str], stage: str) -> int:
    """Make a tmpfs that shows the entries of ``host`` and has the ``missing`` paths; return it, open."""
    mount("tmpfs", stage, "tmpfs", 0, "mode=0755")
    # so that an entry above the stage does not bring the stage along
    mount(None, stage, None, MS_UNBINDABLE)
    tree = os.open(stage, os.O_PATH | os.O_DIRECTORY)
    root = Path(_path(tree))
    root.chmod(stat.S_IMODE(Path(host).stat().st_mode))
    with os.scandir(host) as entries:
        for entry in entries:
            copy = root / entry.name
            if entry.is_symlink():
                copy.symlink_to(Path(entry.path).readlink())
                continue
            if entry.is_dir():
                copy.mkdir()
            else:
                copy.touch()
            # an entry that this user may not touch (another user's FUSE mount) stays empty
            with contextlib.suppress(PermissionError):
                mount(entry.path, str(copy), None, MS_BIND | MS_REC)
    for path in missing:
        (root / Path(path).relative_to(host)).mkdir(parents=True, exist_ok=True)
    mount(None, str(root), None, MS_PRIVATE)
    return tree


def _path(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _existing_above(path: str) -> str:
    return str(next(parent for parent in Path(path).parents if parent.is_dir()))


def _is_below(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}/")


def _same_directory(source: str, target: str) -> bool:
    try:
        return Path(source).samefile(target)
    except OSError:
        return False
