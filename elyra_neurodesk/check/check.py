"""Reads the notebooks and scripts of a pipeline and judges them."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from elyra_neurodesk.check.events import (
    Event,
    LoadModule,
    Location,
    ReadFailure,
    RunCommand,
    RunFile,
    SetVariable,
    UseString,
)
from elyra_neurodesk.check.nodes import CheckInput
from elyra_neurodesk.check.readers.files import FileReader
from elyra_neurodesk.check.readers.inline_calls import EventInliner
from elyra_neurodesk.check.report import Finding, ModuleUse, Report, finding, worst_first
from elyra_neurodesk.check.rules.commands import SYSTEM_COMMANDS, CommandRule
from elyra_neurodesk.check.rules.interactive import interactive_findings
from elyra_neurodesk.check.rules.local_files import local_file_findings
from elyra_neurodesk.check.rules.module_uses import ModuleRule
from elyra_neurodesk.check.rules.outputs import output_findings
from elyra_neurodesk.check.rules.paths import path_findings
from elyra_neurodesk.check.rules.unreadable import unreadable_findings
from elyra_neurodesk.modules.index import ModuleIndex, Origin

_NO_INDEX = ModuleIndex(Origin("none"))


def check_sources(inputs: Iterable[CheckInput], index: ModuleIndex | Callable[[], ModuleIndex]) -> Report:
    """Check the notebooks and scripts of a pipeline; nothing in them is run or imported.

    Args:
        inputs: what to read.
        index: the module index, or a function that gets it, which is called when the code needs one.
    """
    reader = FileReader()
    with _gc_paused():
        sources = [_read(item, reader) for item in inputs]
    if not isinstance(index, ModuleIndex):
        index = index() if any(map(_needs_index, sources)) else _NO_INDEX
    findings: list[Finding] = []
    uses: list[ModuleUse] = []
    index_missing = False
    for source in sources:
        modules, found = _judge(source, index)
        findings += worst_first(found)
        uses += modules.uses
        index_missing = index_missing or modules.index_missing
    if index_missing:
        what = "no module index is available: whether modules exist was not checked"
        findings.insert(0, finding("ND-CHECK-110", "", Location(""), what))
    return Report(
        findings=tuple(findings),
        uses=tuple(uses),
        nodes=tuple(source.input.node.label for source in sources),
        index=index.origin.text if uses else "",
    )


@dataclass(frozen=True)
class _Source:
    """A node with what its code does.

    Attributes:
        input: the node and its files.
        events: in the order of execution.
        missing: findings about files that are not among its dependencies.
    """

    input: CheckInput
    events: Sequence[Event]
    missing: tuple[Finding, ...] = ()


def _read(item: CheckInput, reader: FileReader) -> _Source:
    node = item.node
    if item.problem:
        return _Source(item, (), (finding("ND-CHECK-013", node.label, Location(node.file), item.problem),))
    beside = reader.scripts_in(item.path.parent)
    absent = [name for name in beside if name not in item.files and name != item.path.name]
    inliner = EventInliner(reader, item.files, posixpath.dirname(node.file), absent)
    events = inliner.events(reader.read(item.path, node.file, node.parameters))
    unmatched = tuple(
        finding(
            "ND-CHECK-304",
            node.label,
            Location(node.file),
            f"no file matches the dependency '{pattern}'",
        )
        for pattern in item.unmatched
    )
    missing = tuple(
        finding(
            "ND-CHECK-303",
            node.label,
            event.at,
            f"'{name}' is imported and lies beside '{item.path.name}', but is not among the dependencies",
        )
        for name, event in inliner.missing.items()
    )
    return _Source(item, events, (*unmatched, *missing))


@contextmanager
def _gc_paused() -> Iterator[None]:
    """Keep the garbage collector from walking syntax trees, which have no cycles: a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _needs_index(source: _Source) -> bool:
    """Return whether findings about a node depend on the module index."""
    return bool(source.input.modules) or any(
        isinstance(event, LoadModule)
        or (isinstance(event, RunCommand) and event.words[0] not in SYSTEM_COMMANDS)
        or (isinstance(event, UseString) and "/cvmfs/" in event.text)
        or (isinstance(event, SetVariable) and "/cvmfs/" in event.value)
        for event in source.events
    )


def _judge(source: _Source, index: ModuleIndex) -> tuple[ModuleRule, list[Finding]]:
    node, events = source.input.node, source.events
    modules = ModuleRule(node.label, index)
    commands = CommandRule(node.label, node.image, index, events)
    for request in source.input.modules:
        modules.declared(request, node.file)
    for number, event in enumerate(events):
        modules.see(event)
        if isinstance(event, RunCommand):
            commands.see(number, event, modules.loaded)
    present = [*source.input.files, *source.input.inherited]
    outputs = () if source.input.problem or _is_partly_unread(source) else node.outputs
    return modules, [
        *source.missing,
        *unreadable_findings(node.label, events),
        *interactive_findings(node.label, events),
        *modules.findings,
        *commands.findings,
        *path_findings(node.label, events, source.input.volumes),
        *local_file_findings(node.label, source.input.path.parent, events, present),
        *output_findings(node.label, node.file, outputs, events, present),
    ]


def _is_partly_unread(source: _Source) -> bool:
    """Return whether a file could not be read, or is not among the dependencies: it may write anything."""
    return any(
        isinstance(event, ReadFailure)
        or (isinstance(event, RunFile) and posixpath.normpath(event.path) not in source.input.files)
        for event in source.events
    )
