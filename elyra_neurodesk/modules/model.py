"""The types of the index: entries, where they come from, what a request resolves to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

Status = Literal["exact", "other", "default", "unknown", "retired", "cannot-tell"]


@dataclass(frozen=True)
class ModuleEntry:
    """One module.

    Attributes:
        tool: its name, ``fsl``.
        version: as in the module's name.
        container: name of the container's directory, ``fsl_6.0.7.16_20240807``; "" where it is not known.
        date: when the container was built, ``YYYYMMDD``; "" where it is not known.
        categories: sorted, as the tree spells them (``structural_imaging``).
        retired: whether the container was retired, or is gone: its commands do not run.
    """

    tool: str
    version: str
    container: str = ""
    date: str = ""
    categories: tuple[str, ...] = ()
    retired: bool = False

    @property
    def name(self) -> str:
        """Return ``tool/version``."""
        return f"{self.tool}/{self.version}"


@dataclass(frozen=True)
class Resolution:
    """What a request resolves to.

    Attributes:
        requested: as written.
        status: ``exact``: the version as written; ``other``: one was written, and it resolves to this
            other one; ``default``: none was written; ``unknown``: there is no such module; ``retired``: it
            resolves to a retired container; ``cannot-tell``: the index knows nothing.
        entry: None when ``unknown`` or ``cannot-tell``.
        near: names that may be meant instead, best first; only where the request cannot be used.
    """

    requested: str
    status: Status
    entry: ModuleEntry | None = None
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """Where an index comes from.

    Attributes:
        kind: ``tree``: a mounted repository; ``list``: neurocommand's list of tools; ``none``: neither.
        place: directory, file or URL.
        read: when the list was written (a file) or fetched (a URL); None for a tree.
        problem: why something better was not to be had, "" if nothing went wrong.
    """

    kind: Literal["tree", "list", "none"]
    place: str = ""
    read: datetime | None = None
    problem: str = ""

    @property
    def text(self) -> str:
        """Return one line for people."""
        tail = f"; {self.problem}" if self.problem else ""
        if self.kind == "tree":
            return f"from the mounted tree {self.place}{tail}"
        if self.kind == "list":
            age = f" ({old(self.read)}{tail})" if self.read else tail
            return f"from the list of tools at {self.place}{age}"
        return f"no module index{tail}"


def old(moment: datetime) -> str:
    """Return the age of something as people say it: ``3 days old``."""
    seconds = max((datetime.now(timezone.utc) - moment).total_seconds(), 0)
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        number = int(seconds // size)
        if number:
            return f"{number} {name}{'s' if number > 1 else ''} old"
    return "just read"
