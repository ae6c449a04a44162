"""Files as events: each is read once, by the reader of its language."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

from elyra_neurodesk.check.events import Event, FileEvents, Location, ReadFailure, Scope, in_scope
from elyra_neurodesk.check.readers.context import Context
from elyra_neurodesk.check.readers.documents import Document, DocumentError, parse_document, read_document
from elyra_neurodesk.check.readers.python import python_events, read_python
from elyra_neurodesk.check.readers.r_octave import r_octave_events
from elyra_neurodesk.check.readers.shell import shell_events


class FileReader:
    """Reads files, and remembers what is in them."""

    def __init__(self) -> None:
        self._context = Context(self._read_embedded)
        self._read: dict[tuple[Path, str, frozenset[str]], FileEvents] = {}
        self._scripts: dict[Path, tuple[str, ...]] = {}

    def scripts_in(self, folder: Path) -> tuple[str, ...]:
        """Return the names of the Python files in a directory."""
        if folder not in self._scripts:
            self._scripts[folder] = tuple(sorted(path.name for path in folder.glob("*.py")))
        return self._scripts[folder]

    def read(self, path: Path, file: str, parameters: Iterable[str] = ()) -> FileEvents:
        """Return what a file does; a file that cannot be read has one event that says so.

        Args:
            path: the file.
            file: its name in locations, relative to the pipeline file's directory.
            parameters: names that get their values when the task runs.
        """
        key = (path, file, frozenset(parameters))
        if key not in self._read:
            try:
                self._read[key] = self._events(read_document(path), file, key[2])
            except DocumentError as problem:
                self._read[key] = _failed(file, problem)
            except Exception as problem:
                # whatever is wrong with this check must not keep a pipeline from running
                what = f"cannot be read by this check: {type(problem).__name__} {problem}"
                self._read[key] = FileEvents(
                    file, (ReadFailure(Location(file), "file", what, certain=False),)
                )
        return self._read[key]

    def parse(self, content: bytes, file: str) -> FileEvents:
        """Return what a file of this content would do."""
        try:
            return self._events(parse_document(content, file), file, frozenset())
        except DocumentError as problem:
            return _failed(file, problem)

    def _events(self, document: Document, file: str, parameters: frozenset[str]) -> FileEvents:
        with warnings.catch_warnings():
            # Python's compiler warns of invalid escapes in other people's strings
            warnings.simplefilter("ignore")
            if document.language == "python":
                return read_python(document, file, parameters, self._context)
            events: list[Event] = []
            for cell in document.cells:
                start = Location(file, cell.number, 1)
                try:
                    events += self._cell(document, cell.text, start)
                except RecursionError:
                    what = "is nested too deeply to be read"
                    events.append(ReadFailure(start, "syntax", what, certain=False))
            return FileEvents(file, tuple(events))

    def _cell(self, document: Document, text: str, start: Location) -> list[Event]:
        if document.language == "bash":
            # bash_kernel starts an interactive shell, which reads the start-up files that define `module`
            first = text.partition("\n")[0]
            ready = document.notebook or (first.startswith("#!") and " -l" in first)
            return shell_events(text, start, self._context, kernel=True, ready=ready)
        if document.language in ("r", "octave"):
            return r_octave_events(text, document.language, start, self._context)
        return []

    def _read_embedded(self, language: str, text: str, at: Location, scope: Scope) -> list[Event]:
        if language == "python":
            return in_scope(python_events(text, at, self._context), scope)
        return r_octave_events(text, language, at, self._context, scope)


def _failed(file: str, problem: DocumentError) -> FileEvents:
    return FileEvents(file, (ReadFailure(Location(file), problem.what, str(problem)),))
