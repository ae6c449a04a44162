"""The dependencies of a notebook or script as files."""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from elyra_neurodesk.errors import NeurodeskError

EVERYTHING = ("*", "**")


class DependencyMissing(NeurodeskError):
    """A node's notebook, script or dependency does not exist."""

    code = "ND-FILE-001"
    hint = "Correct the node's file or its list of dependencies (relative to the notebook's directory)."


class DependencyOutsideTree(NeurodeskError):
    """A dependency lies outside the notebook's directory, perhaps through a symbolic link."""

    code = "ND-FILE-002"
    hint = "Copy it beside the notebook or below, or mount it into the task as a data volume."


class LinkBroken(NeurodeskError):
    """A dependency is a symbolic link to something that does not exist."""

    code = "ND-FILE-003"
    hint = "Correct or remove the link, or list the files that the node needs."


class LinkLoop(NeurodeskError):
    """A dependency is a symbolic link that leads back to itself or to a directory that it is in."""

    code = "ND-FILE-004"
    hint = "Remove the link, or list the files that the node needs."


@dataclass
class Tree:
    """A notebook's directory, of which only what dependencies name is read.

    Attributes:
        directory: the notebook's directory.
        node: the node's label, for messages.
        found: what patterns matched, kept for the next node of the same directory.
    """

    directory: Path
    node: str
    found: dict[tuple[str, str, bool], tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.directory.resolve()

    def files(self, pattern: str, recursive: bool) -> tuple[str, ...]:
        """Return the files that one dependency stands for, relative to the directory; see below."""
        key = (str(self.root), pattern, recursive)
        if key not in self.found:
            self.found[key] = tuple(dict.fromkeys(self._files(pattern, recursive)))
        return self.found[key]

    def _files(self, pattern: str, recursive: bool) -> Iterator[str]:
        if Path(pattern).is_absolute():
            pattern = os.path.relpath(pattern, self.root)
        if not glob.has_magic(pattern) or os.path.lexists(self.root / pattern):
            yield from self.named(os.path.normpath(pattern))
            return
        head, _, tail = pattern.partition("**/") if "**/" in pattern else ("", "", "")
        if pattern == "**" or pattern.endswith("/**"):
            head, tail = pattern[:-2], "*"
        if tail:
            yield from self._matching_below(os.path.normpath(head), tail)
            return
        # Path.glob cannot include hidden entries
        names = sorted(glob.glob(pattern, root_dir=self.root, include_hidden=True))  # noqa: PTH207
        yield from self._kept(name for name in names if not (self.root / name).is_dir())
        if recursive:
            head, tail = os.path.split(pattern)
            yield from self._matching_below(head or ".", tail)

    def named(self, name: str) -> tuple[str, ...]:
        """Return a file, or all files below a directory, which the user named."""
        path = self.root / name
        if not os.path.lexists(path):
            return ()
        real = self.real(name)
        if real.is_dir():
            return tuple(self._kept(self._below(name, (), everything=True)))
        visible = not any(_hidden(part) for part in Path(name).parent.parts)
        return (name,) if real.is_file() and visible else ()

    def _matching_below(self, head: str, tail: str) -> Iterator[str]:
        if not (self.root / head).is_dir():
            return
        depth = len(PurePosixPath(tail).parts)
        names = self._below(head, (), everything=tail in EVERYTHING)
        yield from self._kept(
            name
            for name in names
            if fnmatch("/".join(PurePosixPath(os.path.relpath(name, head)).parts[-depth:]), tail)
        )

    def _below(self, name: str, above: tuple[Path, ...], everything: bool) -> Iterator[str]:
        """Yield all entries below a directory that are no directories; hidden directories are left out.

        Links to directories are followed. With ``everything`` a link out of the tree or back to a directory
        above is an error; else, for a pattern such as ``*.py``, it is not entered.
        """
        real = self.real(name)
        above = (*above, real)
        with os.scandir(real) as entries:
            present = sorted(entries, key=lambda entry: entry.name)
        for entry in present:
            child = os.path.normpath(f"{name}/{entry.name}")
            if not os.path.isdir(entry.path):  # noqa: PTH112  False for a link loop, where DirEntry raises
                yield child
            elif not _hidden(entry.name):
                target = Path(os.path.realpath(entry.path))
                if entry.is_symlink() and (target in above or not target.is_relative_to(self.root)):
                    if not everything:
                        continue
                    if target in above:
                        raise LinkLoop(f"Node '{self.node}': the link '{child}' leads back to '{target}'.")
                yield from self._below(child, above, everything)

    def real(self, name: str) -> Path:
        """Return where ``name`` is once all links are followed.

        Raises:
            LinkBroken: nowhere.
            LinkLoop: they lead in a circle.
            DependencyOutsideTree: outside of the directory.
        """
        path = self.root / name
        try:
            real = Path(os.path.realpath(path, strict=True))
        except OSError as problem:
            if problem.errno == errno.ELOOP:
                raise LinkLoop(f"Node '{self.node}': the link '{name}' leads back to itself.") from problem
            target = f" to '{path.readlink()}'" if path.is_symlink() else ""
            raise LinkBroken(
                f"Node '{self.node}': the link{target} named '{name}' cannot be followed: {problem.strerror}."
            ) from problem
        if not real.is_relative_to(self.root):
            raise DependencyOutsideTree(
                f"Node '{self.node}': '{name}' leads outside of the notebook's directory '{self.directory}'."
            )
        return real

    def _kept(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the files among entries that a wildcard or a directory stands for.

        Sockets, an editor's hidden locks (dangling links) and files in hidden directories are skipped.
        """
        for name in names:
            path = self.root / name
            lock = _hidden(path.name) and path.is_symlink() and not os.path.exists(path)  # noqa: PTH110
            if lock or any(_hidden(part) for part in Path(name).parent.parts):
                continue
            if self.real(name).is_file():
                yield name


def dependency_files(
    directory: Path,
    file: str,
    patterns: Iterable[str],
    recursive: bool,
    node: str,
    found: dict[tuple[str, str, bool], tuple[str, ...]] | None = None,
) -> dict[str, Path]:
    """Return the files of one archive: name in the archive to path.

    Patterns mean what they mean in Elyra (elyra/util/archive.py): relative to the notebook's directory, with
    wildcards; with ``recursive`` a wildcard also matches in sub-directories. A wildcard may match nothing, as
    the ``*.py`` that Elyra's *Run as Pipeline* proposes often does; see `unmatched_patterns`.
    Beyond that, a directory stands for all files below it, and so does ``directory/**``, which Elyra's own
    validation lets pass. Links are followed inside of the notebook's directory. Hidden directories are left
    out.

    Args:
        directory: the notebook's directory.
        file: the notebook or script in it.
        patterns: the node's dependencies.
        recursive: the node's "include subdirectories".
        node: the node's label, for messages.
        found: what patterns matched before; gains what they match now.

    Raises:
        DependencyMissing: the file, or a dependency without wildcards, does not exist.
        DependencyOutsideTree: something resolves to a place outside ``directory``.
        LinkBroken, LinkLoop: a link leads nowhere, or in a circle.
    """
    tree = Tree(directory, node, {} if found is None else found)
    result: dict[str, Path] = {}
    for pattern in (file, *patterns):
        files = tree.named(file) if pattern == file else tree.files(pattern, recursive)
        if not files and (pattern == file or not glob.has_magic(pattern)):
            raise DependencyMissing(f"Node '{node}': '{pattern}' does not exist in '{directory}'.")
        result.update((name, tree.root / name) for name in files)
    return result


def unmatched_patterns(
    directory: Path,
    patterns: Iterable[str],
    recursive: bool,
    node: str,
    found: dict[tuple[str, str, bool], tuple[str, ...]] | None = None,
) -> tuple[str, ...]:
    """Return the patterns with wildcards that match no file; arguments and errors as `dependency_files`."""
    tree = Tree(directory, node, {} if found is None else found)
    wild = dict.fromkeys(pattern for pattern in patterns if glob.has_magic(pattern))
    return tuple(pattern for pattern in wild if not tree.files(pattern, recursive))


def _hidden(name: str) -> bool:
    return name.startswith(".") and name not in (".", "..")
