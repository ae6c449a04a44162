"""Reads the notebooks and scripts of a pipeline and judges them."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from elyra_neurodesk.check.nodes import Node
from elyra_neurodesk.check.readers.events import (
    Event,
    Include,
    Load,
    Place,
    Run,
    SetVariable,
    Text,
)
from elyra_neurodesk.check.readers.inline_calls import Stream
from elyra_neurodesk.check.readers.reading import Library
from elyra_neurodesk.check.readers.vocabulary import SYSTEM_COMMANDS
from elyra_neurodesk.check.report import Finding, ModuleUse, Report, finding, in_order
from elyra_neurodesk.check.rules.commands import CommandJudge
from elyra_neurodesk.check.rules.interactive import asking_findings
from elyra_neurodesk.check.rules.module_uses import ModuleJudge
from elyra_neurodesk.check.rules.outputs import output_findings
from elyra_neurodesk.check.rules.paths import path_findings
from elyra_neurodesk.modules.index import ModuleIndex


@dataclass(frozen=True)
class Sources:
    """A node with what its code does.

    Attributes:
        node: the node.
        events: in the order of execution.
        missing: findings about files that are not taken along.
    """

    node: Node
    events: Sequence[Event]
    missing: tuple[Finding, ...] = field(default=())


def read_sources(nodes: Iterable[Node]) -> list[Sources]:
    """Read the files of all nodes, each distinct one once; nothing in them is run or imported."""
    library = Library()
    with _uncollected():
        return [_read(node, library) for node in nodes]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking syntax trees, which have no cycles: a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read(node: Node, library: Library) -> Sources:
    if node.problem:
        return Sources(node, (), (finding("ND-CHECK-013", node.label, Place(node.file), node.problem),))
    code = library.read(node.path, node.file, node.parameters)
    beside = library.scripts_in(node.path.parent)
    absent = [name for name in beside if name not in node.files and name != node.path.name]
    stream = Stream(library, node.files, posixpath.dirname(node.file), absent)
    events = stream.events(code)
    missing = tuple(
        finding(
            "ND-CHECK-303",
            node.label,
            event.place,
            f"'{name}' is imported, lies beside '{node.path.name}' and is not among the dependencies",
        )
        for name, event in stream.missing.items()
    )
    return Sources(node, events, missing)


def needs_index(sources: Iterable[Sources]) -> bool:
    """Return whether a module index has anything to say about the code."""
    return any(source.node.modules or any(map(_asks_index, source.events)) for source in sources)


def _asks_index(event: Event) -> bool:
    if isinstance(event, Run):
        return event.words[0] not in SYSTEM_COMMANDS
    return isinstance(event, Load) or (isinstance(event, Text | SetVariable) and "/cvmfs/" in _text(event))


def _text(event: Text | SetVariable) -> str:
    return event.text if isinstance(event, Text) else event.value


def check_sources(nodes: Iterable[Node], index: ModuleIndex | Callable[[], ModuleIndex]) -> Report:
    """Check the notebooks and scripts of a pipeline.

    Args:
        nodes: what to read.
        index: the module index, or a function that gets it, which is called when the code needs one.
    """
    sources = read_sources(nodes)
    if not isinstance(index, ModuleIndex):
        index = index() if needs_index(sources) else _no_index()
    findings: list[Finding] = []
    uses: list[ModuleUse] = []
    untold = False
    for source in sources:
        found, used, unsaid = _judge(source, index)
        findings += in_order(found)
        uses += used
        untold = untold or unsaid
    if untold:
        what = "no module index is at hand: whether modules exist could not be checked"
        findings.insert(0, finding("ND-CHECK-110", "", Place(""), what))
    return Report(
        findings=tuple(findings),
        uses=tuple(uses),
        nodes=tuple(source.node.label for source in sources),
        index=index.origin.text if uses else "",
    )


def _no_index() -> ModuleIndex:
    from elyra_neurodesk.modules.index import Origin

    return ModuleIndex(Origin("none"))


def _judge(source: Sources, index: ModuleIndex) -> tuple[list[Finding], list[ModuleUse], bool]:
    node, events = source.node, source.events
    modules = ModuleJudge(node.label, index)
    commands = CommandJudge(node.label, node.image, index, events)
    for request in node.modules:
        modules.declared(request, node.file)
    for number, event in enumerate(events):
        modules.see(event)
        if isinstance(event, Run):
            commands.see(number, event, modules.loaded)
    present = [*node.files, *node.given]
    # a file that could not be read may write anything
    unread = any(
        found.code in ("ND-CHECK-010", "ND-CHECK-011", "ND-CHECK-012")
        for found in asking_findings("", events)
    )
    outputs = [] if unread or node.problem or _runs_unseen(node, events) else node.outputs
    findings = [
        *source.missing,
        *asking_findings(node.label, events),
        *modules.findings,
        *commands.findings,
        *path_findings(node.label, events, node.volumes),
        *output_findings(node.label, node.file, outputs, events, present),
    ]
    return findings, modules.uses, modules.untold


def _runs_unseen(node: Node, events: Iterable[Event]) -> bool:
    """Return whether the node runs a file that was not read."""
    return any(
        isinstance(event, Include) and posixpath.normpath(event.path) not in node.files for event in events
    )


__all__ = ["Node", "Report", "check_sources", "needs_index", "read_sources"]
