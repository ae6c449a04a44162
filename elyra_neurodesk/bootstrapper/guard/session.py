"""One task under guard: what its processes wrote, read after each cell and at the end."""

from __future__ import annotations

import json
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.guard import host as outside
from elyra_neurodesk.bootstrapper.guard import prepare
from elyra_neurodesk.bootstrapper.guard.findings import Finding, from_line
from elyra_neurodesk.bootstrapper.guard.kernel import notes
from elyra_neurodesk.bootstrapper.log import Log

LIMIT = 200  # findings of one task


class Guard:
    """The guard of one task.

    Args:
        mode: ``error``, ``warn`` or ``off``.
        findings: where findings are put, in the order in which they arise.
        log: told of each warning, and of errors where they do not end the task.

    Attributes:
        directory: where its files are, None while it is off.
        loaded: modules that the task's own code loaded, ``tool/version``, and what they put on PATH.
    """

    def __init__(self, mode: str, findings: list[Any], log: Log) -> None:
        self.mode = mode
        self._log = log
        self.findings = findings
        self.directory: Path | None = None
        self.loaded: list[tuple[str, tuple[str, ...]]] = []
        self._notes_at = 0
        self._findings_at = 0

    @property
    def strict(self) -> bool:
        """Whether an error ends the task."""
        return self.mode == "error"

    def start(self, reports: Path, environment: MutableMapping[str, str], script: bool) -> None:
        """Lay out the files and set the variables; what goes wrong turns the guard off and is noted.

        Args:
            reports: where the task keeps its own files.
            environment: gains the variables.
            script: whether the task runs a script, not a notebook.
        """
        if self.mode not in ("error", "warn"):
            return
        with self.watched("the start of the task"):
            directory = prepare.lay_out(reports)
            environment.update(prepare.environment(directory, self.mode, environment, script))
            self.directory = directory

    def after_cell(
        self,
        cell: int,
        source: str,
        language: str,
        output: str = "",
        raised: bool = False,
        status: int = 0,
        allowed: bool = False,
    ) -> list[Finding]:
        """Read what a cell left; returns those errors that the user's code has not had as an exception.

        Args:
            cell: its number, from 1.
            source: its text.
            language: the notebook's language in small letters.
            output: what it printed.
            raised: whether it ended with an exception.
            status: exit status, of a shell kernel's cell.
            allowed: whether the cell may fail: what is found in it is noted as a warning.
        """
        if self.directory is None:
            return []
        new: list[Finding] = []
        with self.watched(f"cell {cell}"):
            told = [finding.in_cell(cell) for finding in self._told()]
            new += [finding if raised or not finding.raised else finding.handled() for finding in told]
            new += [finding.in_cell(cell) for finding in self._seen(source, language, output, status)]
        self._add([finding.handled() for finding in new] if allowed else new)
        return _unheard(new)

    def at_end(self, source: str, language: str, output: str = "") -> list[Finding]:
        """Read what a script left, or a notebook's kernel at its end; returns the errors.

        Args:
            source: the script's text, "" for a notebook.
            language: its language in small letters.
            output: the end of what the script printed.
        """
        if self.directory is None:
            return []
        new: list[Finding] = []
        with self.watched("the end of the task"):
            told = self._told() if source else [replace(item, line=None) for item in self._told()]
            new = [*told, *self._seen(source, language, output)]
        return self._add(new)

    def cause_of(self, ename: str, evalue: str, cell: int) -> Finding | None:
        """Return the finding that a cell ended with; None if it was an exception of another kind.

        Args:
            ename: the exception's name, as the kernel gave it.
            evalue: its words.
            cell: the cell's number, from 1.
        """
        if ename != "NeurodeskGuardError":
            return None
        here = [item for item in self.findings if isinstance(item, Finding) and item.cell == cell]
        return next(
            (item for item in reversed(here) if evalue.startswith(f"{item.code}: {item.message}")), None
        )

    def watched(self, what: str) -> Watched:
        """Return a context in which the guard's own defects are noted instead of raised."""
        return Watched(self, what)

    def defect(self, what: str, problem: BaseException) -> None:
        """Note that the guard itself failed."""
        self._add([from_line(notes.defect_finding(problem, what))])

    def _add(self, new: Sequence[Finding]) -> list[Finding]:
        for item in new[: max(0, LIMIT - len(self.findings))]:
            self.findings.append(item)
            if item.severity == "warning" or not self.strict:
                self._log.say(f"warning: {item}")
        return _unheard(new)

    def _told(self) -> list[Finding]:
        """Return the findings that user processes wrote since the last time."""
        assert self.directory is not None  # noqa: S101 - callers know
        read, self._findings_at = notes.read_lines(str(self.directory / "findings.jsonl"), self._findings_at)
        found = []
        for line in read:
            content = json.loads(line)
            if "loaded" in content:
                self.loaded.append((str(content["loaded"]), tuple(map(str, content["paths"]))))
            else:
                found.append(from_line(content))
        return found

    def _seen(self, source: str, language: str, output: str, status: int = 0) -> list[Finding]:
        """Judge the notes that belong to no escape: another process's doings, or a bash or R kernel's."""
        assert self.directory is not None  # noqa: S101 - callers know
        read, self._notes_at = notes.read(str(self.directory / "notes"), self._notes_at)
        mine = [note for note in read if not note.call]
        return [
            from_line(content)
            for content in outside.judge(outside.Left(source, language, output, status, mine))
        ]


def _unheard(findings: Sequence[Finding]) -> list[Finding]:
    """Return the errors that the user's code has not had as an exception."""
    return [item for item in findings if item.severity == "error" and not item.raised]


class Watched:
    """A context that swallows the guard's own exceptions (not those that end the process)."""

    def __init__(self, guard: Guard, what: str) -> None:
        self._guard = guard
        self._what = what

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> bool:
        """Note an exception."""
        if isinstance(problem, Exception):
            self._guard.defect(self._what, problem)
            return True
        return False
