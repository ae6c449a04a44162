"""Files as code, each read once."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable
from pathlib import Path

from elyra_neurodesk.check.readers.documents import (
    UNREADABLE,
    Document,
    DocumentUnreadable,
    parse_document,
    read_document,
)
from elyra_neurodesk.check.readers.events import Code, Event, Place, Scopes, Unreadable
from elyra_neurodesk.check.readers.ipython import CellBroken, parse
from elyra_neurodesk.check.readers.literals import Names
from elyra_neurodesk.check.readers.other_code import other_events
from elyra_neurodesk.check.readers.python_code import Reader, read_python
from elyra_neurodesk.check.readers.shell_code import shell_events
from elyra_neurodesk.check.readers.shell_commands import Nested

TOO_DEEP = "ND-CHECK-012"


class Library:
    """Reads files, and remembers what is in them."""

    def __init__(self) -> None:
        self.scopes = Scopes()
        self._read: dict[tuple[Path, str, frozenset[str]], Code] = {}
        self._scripts: dict[Path, tuple[str, ...]] = {}

    def scripts_in(self, folder: Path) -> tuple[str, ...]:
        """Return the names of the Python files in a directory."""
        if folder not in self._scripts:
            self._scripts[folder] = tuple(sorted(path.name for path in folder.glob("*.py")))
        return self._scripts[folder]

    def read(self, path: Path, file: str, parameters: Iterable[str] = ()) -> Code:
        """Return what a file does; a file that cannot be read has one event that says so.

        Args:
            path: the file.
            file: its name in places, relative to the pipeline file's directory.
            parameters: names that get their values when the task runs.
        """
        key = (path, file, frozenset(parameters))
        if key not in self._read:
            try:
                self._read[key] = self.code(read_document(path), file, key[2])
            except DocumentUnreadable as problem:
                self._read[key] = Code(file, (Unreadable(Place(file), problem.code, str(problem)),))
            except Exception as problem:
                # whatever is wrong with this check must not keep a pipeline from running
                what = f"cannot be read by this check: {type(problem).__name__} {problem}"
                self._read[key] = Code(file, (Unreadable(Place(file), UNREADABLE, what, certain=False),))
        return self._read[key]

    def parse(self, content: bytes, file: str) -> Code:
        """Return what the content of a file would do."""
        try:
            return self.code(parse_document(content, file), file)
        except DocumentUnreadable as problem:
            return Code(file, (Unreadable(Place(file), problem.code, str(problem)),))

    def code(self, document: Document, file: str, parameters: Iterable[str] = ()) -> Code:
        """Return what a notebook or a script does."""
        with warnings.catch_warnings():
            # Python's compiler has opinions on escapes in other people's texts
            warnings.simplefilter("ignore")
            return self._code(document, file, parameters)

    def _code(self, document: Document, file: str, parameters: Iterable[str]) -> Code:
        if document.language == "python":
            return read_python(document, file, parameters, self.scopes, self._other)
        events: list[Event] = []
        variables: dict[str, str] = {}
        for cell in document.cells:
            place = Place(file, cell.number, 1)
            try:
                events += self._cell(document, cell.text, place, variables)
            except RecursionError:
                events.append(Unreadable(place, TOO_DEEP, "is nested too deeply to be read", certain=False))
        return Code(file, tuple(events))

    def _cell(self, document: Document, text: str, place: Place, variables: dict[str, str]) -> list[Event]:
        if document.language == "bash":
            # bash_kernel starts an interactive shell, which reads the start-up files that define `module`
            first = text.partition("\n")[0]
            ready = document.notebook or (first.startswith("#!") and " -l" in first)
            return shell_events(text, place, self.scopes, kernel=True, ready=ready, other=self._other)
        if document.language in ("r", "octave"):
            return other_events(text, document.language, place, self.scopes, self._other)
        return []

    def _other(self, nested: Nested, place: Place) -> list[Event]:
        """Read code in an argument of a command."""
        scope = nested.session.scope
        if nested.language in ("r", "octave"):
            return other_events(nested.text, nested.language, place, self.scopes, self._other, scope)
        try:
            tree = parse(nested.text, notebook=False)
        except CellBroken:
            return []
        # its loads end with it: their scope is the kernel's, so they are left out
        events = Reader(Names.of([(tree, False)]), self.scopes, self._other).read(tree, place)
        return moved(events, scope)


def moved(events: Iterable[Event], scope: tuple[int, ...]) -> list[Event]:
    """Return events of a process's own code as those of the process ``scope``."""
    return [dataclasses.replace(event, scope=(*scope, *event.scope)) for event in events]
