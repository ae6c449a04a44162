"""Declared outputs that no code writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch

from elyra_neurodesk.check.events import UNKNOWN, Event, Location, UseString, WriteUnknown
from elyra_neurodesk.check.report import Finding, finding

_MIN_NAME = 3  # characters of a name that is looked for
_WILD = re.compile(r"[*?\[\]{}/]+")


def output_findings(
    node: str, file: str, outputs: Iterable[str], events: Sequence[Event], present: Iterable[str]
) -> list[Finding]:
    """Return a finding for each declared output that the code does not mention.

    A false alarm is worse than a missed output: tools derive names from others (``bet in out`` writes
    ``out.nii.gz``), and programs put names together. So a name counts as mentioned when any string of the
    code has a part of it, and there are no findings where files of unknown names are written.

    Args:
        node: the node's label.
        file: its notebook or script.
        outputs: as declared, with wildcards.
        events: what the node does.
        present: names of files that exist when the node starts.
    """
    if any(isinstance(event, WriteUnknown) for event in events):
        return []
    texts = {event.text for event in events if isinstance(event, UseString) and event.text.strip()}
    existing = tuple(present)
    return [
        finding("ND-CHECK-501", node, Location(file), f"output '{output}' is declared, but no code writes it")
        for output in outputs
        if not any(fnmatch(name, output) for name in existing) and not _is_mentioned(output, texts)
    ]


def _is_mentioned(output: str, texts: Iterable[str]) -> bool:
    """Return whether any string may be part of a declared output's name."""
    parts = [part for part in _WILD.split(output) if part]
    names = {part for part in parts if len(part) >= _MIN_NAME} or set(parts)
    stems = {name.split(".")[0] for name in names} | {name.rpartition(".")[0] for name in names}
    stems = {stem for stem in stems if len(stem) >= _MIN_NAME} | names
    base = output.rpartition("/")[2]
    return any(_is_part(text, base, stems) for text in texts)


def _is_part(text: str, base: str, stems: Iterable[str]) -> bool:
    if any(stem in text for stem in stems):
        return True
    last = text.rstrip("/").rpartition("/")[2]
    if UNKNOWN in last:
        pieces = [re.escape(piece) for piece in last.split(UNKNOWN)]
        return re.match(".*".join(pieces), base) is not None or len(last.strip(UNKNOWN)) < _MIN_NAME
    # a tool adds to the name it is given
    name = last.split(".")[0]
    return len(name) > 1 and base.startswith(name)
