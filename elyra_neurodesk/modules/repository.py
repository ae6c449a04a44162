"""What is where a Neurodesk repository is expected: a CVMFS mount, a directory of its shape, or neither."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from elyra_neurodesk.modules.fingerprint import revision_of
from elyra_neurodesk.modules.timeouts import read_with_timeout
from elyra_neurodesk.modules.tree import is_tree

ANSWER_TIMEOUT = 5.0
"""Seconds that a directory gets to answer: a dead mount never does."""

WAYS_TO_A_REPOSITORY = (
    "Mount CVMFS (https://neurodesk.org says how), or name another directory of its shape: "
    "`elyra-neurodesk local up --claim cvmfs-neurodesk=DIRECTORY`"
)
"""What a user without a repository can do."""


@dataclass(frozen=True)
class Repository:
    """What was found in a directory.

    Attributes:
        kind: ``cvmfs``: a mounted CVMFS repository; ``directory``: another directory with module files;
            ``none``: no module file can be read there.
        directory: where it was looked for.
        revision: of the mounted repository (extended attribute ``user.revision``, which the CVMFS client
            sets); "" for the other kinds.
        problem: why there is none, "" for the other kinds.
    """

    kind: Literal["cvmfs", "directory", "none"]
    directory: str
    revision: str = ""
    problem: str = ""

    @property
    def text(self) -> str:
        """Return one line for people."""
        if self.kind == "cvmfs":
            return f"CVMFS, revision {self.revision}, mounted at {self.directory}"
        if self.kind == "directory":
            return f"the directory {self.directory}, which is not a CVMFS mount: its revision is not known"
        return f"none: {self.problem}. Tasks run without modules. {WAYS_TO_A_REPOSITORY}."


def find_repository(directory: Path) -> Repository:
    """Return what is in ``directory``; takes `ANSWER_TIMEOUT` at most."""
    found = read_with_timeout(ANSWER_TIMEOUT, directory, lambda: _look(directory))
    return found or Repository("none", str(directory), problem=f"{directory} does not answer")


def absence(directory: Path) -> str:
    """Return why there is no repository in ``directory``, "" where there is one.

    A directory that does not answer within `ANSWER_TIMEOUT` counts as one: a mount that was never read needs
    longer at times, and tasks wait for it.
    """
    found = read_with_timeout(ANSWER_TIMEOUT, directory, lambda: _look(directory))
    return found.problem if found else ""


def directory_problems(directories: Iterable[str]) -> dict[str, str]:
    """Return what is wrong with each directory: ``not found``, ``does not answer``, or "".

    All are looked at side by side; takes `ANSWER_TIMEOUT` at most.
    """
    wanted = list(dict.fromkeys(directories))
    with ThreadPoolExecutor(max(len(wanted), 1)) as pool:
        return dict(zip(wanted, pool.map(_problem, wanted), strict=True))


def _problem(directory: str) -> str:
    there = read_with_timeout(ANSWER_TIMEOUT, Path(directory), Path(directory).is_dir)
    return "does not answer" if there is None else "" if there else "not found"


def _look(directory: Path) -> Repository:
    if is_tree(directory):  # listing it is what makes an automount happen
        revision = revision_of(directory)
        return Repository("cvmfs" if revision else "directory", str(directory), revision)
    there = "holds no modules" if directory.is_dir() else "does not exist"
    return Repository("none", str(directory), problem=f"{directory} {there}")
