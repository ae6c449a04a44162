"""Declared outputs that nothing writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch

from elyra_neurodesk.check.readers.events import UNKNOWN, Dynamic, Event, Place, Text
from elyra_neurodesk.check.report import Finding, finding

_SHORTEST = 3
_WILD = re.compile(r"[*?\[\]{}/]+")


def output_findings(
    node: str, file: str, outputs: Iterable[str], events: Sequence[Event], present: Iterable[str]
) -> list[Finding]:
    """Return a finding for each declared output of which the code knows nothing.

    False alarms are worse than silence here: tools make names of others (``bet in out`` writes
    ``out.nii.gz``), and programs put names together. So a name counts as known when any text of the code has
    a part of it, and nothing is said where files of unknown names are written.

    Args:
        node: the node's label.
        file: its notebook or script, for the place.
        outputs: as declared, with wildcards.
        events: what the node does.
        present: names of files that are there from the beginning.
    """
    if any(isinstance(event, Dynamic) for event in events):
        return []
    texts = {event.text for event in events if isinstance(event, Text) and event.text.strip()}
    there = tuple(present)
    return [
        finding("ND-CHECK-501", node, Place(file), f"output '{output}' is declared and nothing writes it")
        for output in outputs
        if not any(fnmatch(name, output) for name in there) and not _is_known(output, texts)
    ]


def _is_known(output: str, texts: Iterable[str]) -> bool:
    """Return whether any text may be part of a declared output's name."""
    parts = [part for part in _WILD.split(output) if part]
    names = {part for part in parts if len(part) >= _SHORTEST} or set(parts)
    stems = {name.split(".")[0] for name in names} | {name.rpartition(".")[0] for name in names}
    stems = {stem for stem in stems if len(stem) >= _SHORTEST} | names
    base = output.rpartition("/")[2]
    return any(_touches(text, base, stems) for text in texts)


def _touches(text: str, base: str, stems: Iterable[str]) -> bool:
    if any(stem in text for stem in stems):
        return True
    last = text.rstrip("/").rpartition("/")[2]
    if UNKNOWN in last:
        pieces = [re.escape(piece) for piece in last.split(UNKNOWN)]
        return re.match(".*".join(pieces), base) is not None or len(last.strip(UNKNOWN)) < _SHORTEST
    # a tool adds to the name it is given
    name = last.split(".")[0]
    return len(name) > 1 and base.startswith(name)
