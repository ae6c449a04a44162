"""The events of a node: those of helper modules, functions and scripts in the places of their calls."""

from __future__ import annotations

import dataclasses
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from elyra_neurodesk.check.events import (
    CallFunction,
    Event,
    FileEvents,
    ImportModule,
    LoadModule,
    RunFile,
    in_scope,
)
from elyra_neurodesk.check.readers.files import FileReader
from elyra_neurodesk.check.readers.python import MAIN

_MAX_DEPTH = 40
_MAX_RUNS = 10  # of one script that are followed: it may run itself
_SUFFIXES = (".py", ".ipynb", ".sh", ".bash", ".r", ".m")


class EventInliner:
    """What a node does, in order.

    A function counts where it is called first; one that is never seen to be called counts at the end.

    Args:
        reader: reads files.
        files: the files that the task gets: name relative to the notebook's directory to path.
        folder: the notebook's directory relative to the pipeline's, for the names in locations.
        absent: names of files beside the notebook that the task does not get.
    """

    def __init__(
        self, reader: FileReader, files: Mapping[str, Path], folder: str, absent: Iterable[str] = ()
    ) -> None:
        self._reader = reader
        self._files = files
        self._folder = folder
        self._absent = frozenset(absent)
        self._modules: dict[str, FileEvents] = {}
        self._done: set[tuple[str, str]] = set()
        self._runs: Counter[str] = Counter()
        self._depth = 0
        self.missing: dict[str, Event] = {}
        """Names of files in ``absent`` that the code imports, and where it does."""

    def events(self, main: FileEvents) -> list[Event]:
        """Return everything that the node's file does, with the files that it uses."""
        self._done.add((main.file, ""))
        found = list(self._follow(main, main.events, main=True))
        for name in main.functions:
            found += self._function(main, name, main=True)
        return found

    def _follow(self, code: FileEvents, events: Iterable[Event], main: bool) -> Iterator[Event]:
        if self._depth >= _MAX_DEPTH:
            return
        self._depth += 1
        for event in events:
            if isinstance(event, ImportModule):
                yield from self._import(event)
            elif isinstance(event, CallFunction):
                yield from self._call(code, event.name, main)
            elif isinstance(event, RunFile):
                yield event
                yield from self._run_file(event)
            else:
                yield event
        self._depth -= 1

    def _import(self, event: ImportModule) -> Iterator[Event]:
        stem = event.name.replace(".", "/")
        for name in (f"{stem}.py", f"{stem}/__init__.py"):
            if name in self._files:
                helper = self._read(name)
                self._modules[event.name] = helper
                if (helper.file, "") not in self._done:
                    self._done.add((helper.file, ""))
                    yield from self._follow(helper, helper.events, main=False)
                return
            if name in self._absent:
                self.missing.setdefault(name, event)

    def _call(self, code: FileEvents, name: str, main: bool) -> Iterator[Event]:
        if name == MAIN and not main:
            return
        module, _, function = name.rpartition(".")
        helper = self._modules.get(module)
        if name in code.functions:
            yield from self._function(code, name, main)
        elif helper is not None and function in helper.functions:
            yield from self._function(helper, function, main=False)
        elif not module:
            # `from helper import *`
            for helper in list(self._modules.values()):
                if name in helper.functions:
                    yield from self._function(helper, name, main=False)

    def _function(self, code: FileEvents, name: str, main: bool) -> Iterator[Event]:
        if (code.file, name) not in self._done:
            self._done.add((code.file, name))
            yield from self._follow(code, code.functions[name], main)

    def _run_file(self, event: RunFile) -> Iterator[Event]:
        name = posixpath.normpath(event.path)
        if name not in self._files or not name.lower().endswith(_SUFFIXES):
            return
        script = self._read(name)
        self._runs[name] += 1
        if self._runs[name] > _MAX_RUNS:
            return
        for inner in in_scope(self._follow(script, script.events, main=True), event.scope):
            if isinstance(inner, LoadModule) and inner.via == "bare" and event.ready:
                yield dataclasses.replace(inner, via="ready")
            else:
                yield inner

    def _read(self, name: str) -> FileEvents:
        return self._reader.read(self._files[name], posixpath.normpath(posixpath.join(self._folder, name)))
