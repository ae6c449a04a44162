"""What code does, as far as it concerns a task: one event for each, in the order of execution.

A text of which a part cannot be known has `UNKNOWN` in its place. A scope says which process an event
belongs to: ``()`` is the notebook's kernel or the script's interpreter, and each shell started from it has a
number of its own appended. What is loaded in a scope is there in the scopes that begin with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

UNKNOWN = "\ue000"
"""Stands for a part of a text that cannot be known here (a character of Unicode's private use)."""

Scope = tuple[int, ...]
Mode = Literal["read", "write", "create", "test", "quiet", "unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is.

    Attributes:
        file: relative to the pipeline file's directory.
        cell: from 1, counting all cells of the notebook; None in a script.
        line: from 1, in the cell or the script.
    """

    file: str
    cell: int | None = None
    line: int | None = None

    def below(self, rows: int) -> Place:
        """Return the place so many lines further down."""
        return Place(self.file, self.cell, None if self.line is None else self.line + rows)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens.

    Attributes:
        place: where the code says so.
        scope: the process it happens in.
    """

    place: Place
    scope: Scope = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Load(Event):
    """A module is loaded.

    Attributes:
        request: as written, ``fsl`` or ``fsl/6.0.4``.
        guarded: within ``try``, left of ``||``, or the condition of an ``if``.
        via: "" through Python, "ready" in a shell where ``module`` is defined, "bare" where it is not.
        lost: the shell ends without having run anything after it.
        awaited: not a statement of its own, which in Python makes a coroutine and drops it.
    """

    request: str
    guarded: bool = False
    via: Literal["", "ready", "bare"] = ""
    lost: bool = False
    awaited: bool = True


@dataclass(frozen=True, slots=True)
class Unload(Event):
    """A module is unloaded; all of them when ``request`` is ""."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class UsePath(Event):
    """A directory of modules is added: ``module use``, or ``MODULEPATH``."""

    path: str


@dataclass(frozen=True, slots=True)
class SetVariable(Event):
    """An environment variable is set."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Run(Event):
    """A command is run.

    Attributes:
        words: the command's name, and its arguments.
    """

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Define(Event):
    """A shell function or alias is defined."""

    name: str


@dataclass(frozen=True, slots=True)
class Install(Event):
    """A package is installed with pip, conda or the like."""

    package: str


@dataclass(frozen=True, slots=True)
class Text(Event):
    """A literal text, and what is done to the file of that name, if it is one."""

    text: str
    mode: Mode = "unknown"


@dataclass(frozen=True, slots=True)
class Dynamic(Event):
    """Files may be written whose names cannot be known."""


@dataclass(frozen=True, slots=True)
class Ask(Event):
    """Something that needs a person, or a display.

    Attributes:
        what: the call, for the message.
        kind: ``input`` waits for a line, ``debugger`` opens one, ``confirm`` asks yes or no, ``display``
            opens a window.
        guarded: within ``try``.
    """

    what: str
    kind: Literal["input", "debugger", "confirm", "display"]
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Import(Event):
    """A Python module is imported, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Invoke(Event):
    """A Python function may be called, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Include(Event):
    """Another file is run: ``%run``, ``python x.py``, ``bash x.sh``, ``source x.sh``.

    Attributes:
        path: as written.
        ready: ``module`` is defined there.
    """

    path: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable(Event):
    """A file or a cell cannot be parsed.

    Attributes:
        code: of the finding.
        problem: one line.
        certain: the task will fail because of it.
    """

    code: str
    problem: str
    certain: bool = True


@dataclass(frozen=True)
class Code:
    """One file, read.

    Attributes:
        file: relative to the pipeline file's directory.
        events: what its top level does.
        functions: what its functions do, by name, a class as one function.
    """

    file: str
    events: tuple[Event, ...] = ()
    functions: dict[str, tuple[Event, ...]] = field(default_factory=dict)


class Scopes:
    """Numbers for new shells, each given once."""

    def __init__(self) -> None:
        self._last = 0

    def below(self, scope: Scope) -> Scope:
        """Return the scope of a new process started from ``scope``."""
        self._last += 1
        return (*scope, self._last)


def visible(scope: Scope) -> Iterator[Scope]:
    """Yield the scope itself and those it was started from, the outermost first."""
    for length in range(len(scope) + 1):
        yield scope[:length]


def display(text: str) -> str:
    """Return a text with ``…`` where a part is not known."""
    return text.replace(UNKNOWN, "…")
