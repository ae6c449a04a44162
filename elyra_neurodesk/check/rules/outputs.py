"""Declared outputs that no code writes, and files that code writes and nobody declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from fnmatch import fnmatch
from posixpath import normpath

from elyra_neurodesk.check.events import (
    UNKNOWN,
    ChangeDirectory,
    Event,
    Location,
    RunCommand,
    UseString,
    WriteUnknown,
    display,
    visible,
)
from elyra_neurodesk.check.report import Finding, finding
from elyra_neurodesk.check.rules.patterns import can_match, has_wildcards
from elyra_neurodesk.check.words import word_set

MAX_REPORTED = 10
"""How many files that no output matches are reported one by one."""

_MIN_NAME = 3  # characters of a name that is looked for
_WILD = re.compile(r"[*?\[\]{}/]+")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}$")
_NOT_A_NAME = re.compile(r"[\s<>|;&$*?'\"`]|://|^[-./~]*$")
_TEMPORARY = re.compile(
    r"(^|/)(te?mp|temporary|scratch|cache)([-_.0-9][^/]*)?(/|$)|^(~|/|\.\./)|^[A-Za-z]:", re.IGNORECASE
)
# code that is written to be run, settings of tools, notes of what ran
_NO_RESULT = word_set(
    ".py .r .m .sh .bash .ipynb .rmd .qmd .c .cpp .h .jl .pl .tcl .fsf .con .cfg .ini .conf .toml .yml .yaml",
    ".log .err .out .tmp .lock .pid .bak",
)
_ALIKE = 0.8  # ratio of difflib.SequenceMatcher: result and results have 0.92


def output_findings(
    node: str, file: str, outputs: Iterable[str], events: Sequence[Event], present: Iterable[str]
) -> list[Finding]:
    """Return a finding for each declared output that no code writes, and for each undeclared file it writes.

    A false alarm is worse than a missed output: tools derive names from others (``bet in out`` writes
    ``out.nii.gz``), and programs put names together. So a name counts as mentioned when any string of the
    code has a part of it, and there are no findings where files of unknown names are written. Where a file is
    written whose name is almost that of the output, its own name does not count.

    Args:
        node: the node's label.
        file: its notebook or script.
        outputs: as declared, with wildcards.
        events: what the node does.
        present: names of files that exist when the node starts.
    """
    declared, existing = tuple(outputs), tuple(present)
    undeclared = [
        (path, event) for path, event in _written(events) if not any(_matches(path, one) for one in declared)
    ]
    missing = [one for one in declared if not any(fnmatch(name, one) for name in existing)]
    findings, explained = [], set()
    if not any(isinstance(event, WriteUnknown) for event in events):
        uses = [event for event in events if isinstance(event, UseString) and event.text.strip()]
        texts = {event.text for event in uses}
        spoken = {event.text for event in uses if event.use != "quiet"}
        for output in missing:
            near = {path: event for path, event in undeclared if _is_near(path, output)}
            if near and not _is_mentioned(output, spoken - {event.text for event in near.values()}):
                path, event = next(iter(near.items()))
                explained |= {known for known, _ in undeclared if known in near}
                what = f"output '{output}' is declared, but the code writes '{path}'"
                findings.append(finding("ND-CHECK-503", node, event.at, what))
            elif not _is_mentioned(output, texts):
                what = f"output '{output}' is declared, but no code writes it"
                findings.append(finding("ND-CHECK-501", node, Location(file), what))
    later = _LaterUses(events)
    left = {
        path: event
        for path, event in reversed(undeclared)  # the first writing of a file stays
        if path not in explained and path not in existing and _is_result(path)
    }
    written = [(path, event) for path, event in reversed(left.items()) if not later.of(path, event)]
    return [*findings, *_undeclared_findings(node, written)]


def _undeclared_findings(node: str, files: Sequence[tuple[str, UseString]]) -> Iterator[Finding]:
    for path, event in files[:MAX_REPORTED]:
        what = f"'{display(path)}' is written, but no output of the node matches it"
        yield finding("ND-CHECK-502", node, event.at, what)
    if len(files) > MAX_REPORTED:
        what = f"{len(files) - MAX_REPORTED} more files are written that no output of the node matches"
        yield finding("ND-CHECK-502", node, files[MAX_REPORTED][1].at, what)


def _written(events: Sequence[Event]) -> list[tuple[str, UseString]]:
    """Return the files that code surely writes to the working directory, as far as their names are known.

    One that is written after a change of directory has an unknown directory before its name.
    """
    moved = {event.scope for event in events if isinstance(event, ChangeDirectory)}
    found = []
    for event in events:
        if not isinstance(event, UseString) or event.use != "write":
            continue
        text, name = event.text, event.text.rpartition("/")[2]
        if not _SUFFIX.search(name) or _NOT_A_NAME.search(text) or _TEMPORARY.search(text):
            continue
        if text.startswith(f"{UNKNOWN}/") or len(name.split(".")[0].replace(UNKNOWN, "")) < 2:
            continue
        path = normpath(text)
        if any(scope in moved for scope in visible(event.scope)):
            path = f"{UNKNOWN}{path.rpartition('/')[2]}"
        found.append((path, event))
    return found


def _is_result(path: str) -> bool:
    """Return whether a written file may be a result: it is not code, and not a log."""
    name = path.rpartition("/")[2]
    suffix = _SUFFIX.search(name)
    return not (name.startswith(".") or (suffix and suffix[0].lower() in _NO_RESULT))


class _LaterUses:
    """Knows whether something reads, removes or passes on a file after it was written.

    Args:
        events: what the node does.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._positions = {id(event): number for number, event in enumerate(events)}
        self._uses: dict[str, list[tuple[int, Location | None]]] = {}
        for number, event in enumerate(events):
            if isinstance(event, RunCommand):
                for word in event.words[1:]:
                    self._uses.setdefault(word.removeprefix("./"), []).append((number, None))
            elif isinstance(event, UseString) and event.use in ("read", "test", "unknown"):
                # what is not known to be a use may be a part of the name where the file is written
                at = event.at if event.use == "unknown" else None
                self._uses.setdefault(event.text.removeprefix("./"), []).append((number, at))
        self._unknown = [text for text in self._uses if UNKNOWN in text]

    def of(self, path: str, written: UseString) -> bool:
        """Return whether a file is used after the event that writes it, as far as names are known."""
        start = self._positions[id(written)]
        texts = [path] if path in self._uses else []
        # of one that is hardly known nothing follows
        texts += [
            text
            for text in self._unknown
            if len(text.replace(UNKNOWN, "")) >= _MIN_NAME and can_match(text, path)
        ]
        return any(number > start and at != written.at for text in texts for number, at in self._uses[text])


def _matches(path: str, output: str) -> bool:
    """Return whether a declared output may be, or hold, a file whose name has unknown parts."""
    pattern = normpath(output)
    return path == pattern or can_match(path, pattern) or can_match(path, f"{pattern}/**")


def _is_near(path: str, output: str) -> bool:
    """Return whether a written file's name was probably meant to be that of a declared output."""
    name, wanted = path.rpartition("/")[2], normpath(output).rpartition("/")[2]
    if UNKNOWN in path:
        return False
    if fnmatch(name, wanted):
        return True  # in another directory
    if has_wildcards(wanted):
        return False
    (stem, _, suffix), (wanted_stem, _, wanted_suffix) = name.partition("."), wanted.partition(".")
    if suffix != wanted_suffix:
        return stem == wanted_stem
    one, other = (re.sub(r"[-_ ]", "", text.lower()) for text in (stem, wanted_stem))
    if re.sub(r"[0-9]+", "0", one) == re.sub(r"[0-9]+", "0", other):
        return one == other  # else of another subject, or another run
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


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
