"""What code does, as far as it concerns a task: one event for each action, in the order of execution.

Readers turn source code into events, rules turn events into findings; neither knows the other.

A string of which a part cannot be known has `UNKNOWN` in its place. A scope says which process an event
belongs to: ``()`` is the notebook's kernel or the script's interpreter, and each shell started from it has a
number of its own appended. What is loaded in a scope is available in the scopes that begin with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

UNKNOWN = "\ue000"
"""Stands for a part of a string that cannot be known here (a character of Unicode's private use area)."""

Scope = tuple[int, ...]
FileUse = Literal["read", "write", "create", "test", "quiet", "unknown"]
LoadedVia = Literal["", "ready", "bare"]


@dataclass(frozen=True, slots=True)
class Location:
    """Where something is.

    Attributes:
        file: relative to the pipeline file's directory.
        cell: from 1, counting all cells of the notebook; None in a script.
        line: from 1, in the cell or the script.
    """

    file: str
    cell: int | None = None
    line: int | None = None

    def below(self, rows: int) -> Location:
        """Return the location that many lines further down."""
        return Location(self.file, self.cell, None if self.line is None else self.line + rows)


@dataclass(frozen=True, slots=True)
class Event:
    """An action of the code.

    Attributes:
        at: where the code is.
        scope: the process it happens in.
    """

    at: Location
    scope: Scope = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class LoadModule(Event):
    """A Neurodesk module is loaded.

    Attributes:
        request: as written, ``fsl`` or ``fsl/6.0.4``.
        guarded: within ``try``, left of ``||``, or in the condition of an ``if``.
        via: "" for a load that stays, through Python or in a shell that is the kernel; in other shells
            "ready" where ``module`` is defined, "bare" where it is not.
        lost: the shell ends without having run anything after it.
        awaited: False for a Python statement of its own, which makes a coroutine and drops it.
    """

    request: str
    guarded: bool = False
    via: LoadedVia = ""
    lost: bool = False
    awaited: bool = True


@dataclass(frozen=True, slots=True)
class UnloadModule(Event):
    """A module is unloaded; all of them when ``request`` is ""."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class UseModulePath(Event):
    """A directory of modules is added with ``module use``."""

    path: str


@dataclass(frozen=True, slots=True)
class SetVariable(Event):
    """An environment variable is set."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RunCommand(Event):
    """A command is run.

    Attributes:
        words: the command's name and its arguments.
    """

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefineCommand(Event):
    """A shell function or alias is defined."""

    name: str


@dataclass(frozen=True, slots=True)
class InstallPackage(Event):
    """A package is installed with pip, conda or the like."""

    package: str


@dataclass(frozen=True, slots=True)
class UseString(Event):
    """A string occurs, perhaps as a file's name.

    Attributes:
        text: the string.
        use: what is done to the file of that name; "quiet" where it is not a file's name.
    """

    text: str
    use: FileUse = "unknown"


@dataclass(frozen=True, slots=True)
class WriteUnknown(Event):
    """Files may be written whose names cannot be known."""


@dataclass(frozen=True, slots=True)
class ChangeDirectory(Event):
    """The process works in another directory from now on, or for a while."""


@dataclass(frozen=True, slots=True)
class Interact(Event):
    """The code needs a user or a display.

    Attributes:
        what: the call, for the message.
        kind: ``input`` waits for a line, ``debugger`` opens one, ``confirm`` asks yes or no, ``display``
            opens a window, ``leave`` asks JupyterLab to shut the kernel down.
        guarded: within ``try``.
    """

    what: str
    kind: Literal["input", "debugger", "confirm", "display", "leave"]
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class ImportModule(Event):
    """A Python module is imported, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class CallFunction(Event):
    """A Python function may be called, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class RunFile(Event):
    """Another file is run: ``%run``, ``python x.py``, ``bash x.sh``, ``source x.sh``.

    Attributes:
        path: as written.
        ready: ``module`` is defined there.
    """

    path: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class ReadFailure(Event):
    """A file or a cell cannot be read.

    Attributes:
        what: ``file`` for one that cannot be read as text, ``notebook`` for one that is not a notebook,
            ``syntax`` for code that cannot be parsed.
        problem: one line.
        certain: the task will fail because of it.
    """

    what: Literal["file", "notebook", "syntax"]
    problem: str
    certain: bool = True


@dataclass(frozen=True)
class FileEvents:
    """One file, read.

    Attributes:
        file: relative to the pipeline file's directory.
        events: what its top level does.
        functions: what its functions do, by name, a class as one function.
    """

    file: str
    events: tuple[Event, ...] = ()
    functions: dict[str, tuple[Event, ...]] = field(default_factory=dict)


def visible(scope: Scope) -> Iterator[Scope]:
    """Yield the scope itself and those it was started from, the outermost first."""
    for length in range(len(scope) + 1):
        yield scope[:length]


def in_scope(events: Iterable[Event], scope: Scope) -> list[Event]:
    """Return events of a program as those of the process ``scope`` that runs it."""
    return [dataclasses.replace(event, scope=(*scope, *event.scope)) for event in events]


def display(text: str) -> str:
    """Return a string with ``…`` where a part is not known."""
    return text.replace(UNKNOWN, "…")
