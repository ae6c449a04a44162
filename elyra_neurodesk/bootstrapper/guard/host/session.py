"""The guard of one task: reads after each cell, and at the end, what the user's processes wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from elyra_neurodesk.bootstrapper.guard.host import kernel_files
from elyra_neurodesk.bootstrapper.guard.host.cell_result import CellResult, judge
from elyra_neurodesk.bootstrapper.guard.host.findings import ReportedFinding, read_finding
from elyra_neurodesk.bootstrapper.guard.kernel import notes
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.record.model import GuardFinding

MAX_FINDINGS = 200  # of one task


class Guard:
    """The guard of one task.

    Args:
        mode: ``error``, ``warn`` or ``off``.
        findings: the list that gets them, in their order.
        log: gets each warning, and errors where they do not end the task.

    Attributes:
        directory: where its files are, None while it is off.
        loaded: modules that the task's own code loaded, ``tool/version``, and what they put on PATH.
    """

    def __init__(self, mode: str, findings: list[GuardFinding], log: Log) -> None:
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
        """Write the kernel's files and set the variables; a failure turns the guard off and is a finding.

        Args:
            reports: where the task keeps its own files.
            environment: gains the variables.
            script: whether the task runs a script, not a notebook.
        """
        if self.mode not in ("error", "warn"):
            return
        with self.reporting_errors("the start of the task"):
            directory = kernel_files.write_kernel_files(reports)
            environment.update(kernel_files.environment(directory, self.mode, environment, script))
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
    ) -> list[ReportedFinding]:
        """Read what a cell left; returns the errors that were not raised in it.

        Args:
            cell: its number, from 1.
            source: its text.
            language: the notebook's language in small letters.
            output: what it printed.
            raised: whether it ended with an exception.
            status: exit status, of a shell kernel's cell.
            allowed: whether the cell may fail; its findings are then warnings.
        """
        if self.directory is None:
            return []
        new: list[ReportedFinding] = []
        with self.reporting_errors(f"cell {cell}"):
            for finding in self._read_findings():
                caught = finding.raised and not raised
                new.append((finding.handled() if caught else finding).in_cell(cell))
            result = CellResult(source, language, output, status, self._read_notes())
            new += [finding.in_cell(cell) for finding in _judge_notes(result)]
        self._add([finding.handled() for finding in new] if allowed else new)
        return _unraised(new)

    def at_end(self, source: str, language: str, output: str = "") -> list[ReportedFinding]:
        """Read what a script left, or a notebook's kernel at its end; returns the errors.

        Args:
            source: the script's text, "" for a notebook.
            language: its language in small letters.
            output: the end of what the script printed.
        """
        if self.directory is None:
            return []
        new: list[ReportedFinding] = []
        with self.reporting_errors("the end of the task"):
            found = self._read_findings()
            result = CellResult(source, language, output, 0, self._read_notes())
            found = found if source else [replace(finding, line=None) for finding in found]
            new = [*found, *_judge_notes(result)]
        return self._add(new)

    def cause_of(self, ename: str, evalue: str, cell: int) -> GuardFinding | None:
        """Return the finding that ended a cell; None if another exception did.

        Args:
            ename: the exception's name, as the kernel gave it.
            evalue: its message.
            cell: the cell's number, from 1.
        """
        if ename != "NeurodeskGuardError":
            return None
        here = [item for item in self.findings if item.cell == cell]
        return next(
            (item for item in reversed(here) if evalue.startswith(f"{item.code}: {item.message}")), None
        )

    @contextmanager
    def reporting_errors(self, where: str) -> Iterator[None]:
        """Turn an exception of the guard's own code into a finding: it must never end a task."""
        try:
            yield
        except Exception as problem:
            self.internal_error(where, problem)

    def internal_error(self, where: str, problem: Exception) -> None:
        """Add the finding that the guard itself failed."""
        self._add([read_finding(notes.internal_error_finding(problem, where))])

    def _add(self, new: Sequence[ReportedFinding]) -> list[ReportedFinding]:
        for item in new[: max(0, MAX_FINDINGS - len(self.findings))]:
            self.findings.append(item.recorded())
            if item.severity == "warning" or not self.strict:
                self._log.say(f"warning: {item}")
        return _unraised(new)

    def _read_findings(self) -> list[ReportedFinding]:
        """Return the findings that the user's processes have written since the last call."""
        assert self.directory is not None  # noqa: S101 - callers know
        read, self._findings_at = notes.read_lines(str(self.directory / "findings.jsonl"), self._findings_at)
        found = []
        for line in read:
            content = json.loads(line)
            if "loaded" in content:
                self.loaded.append((str(content["loaded"]), tuple(map(str, content["paths"]))))
            else:
                found.append(read_finding(content))
        return found

    def _read_notes(self) -> list[Note]:
        """Return the notes written since the last call, without those that a shell escape has judged."""
        assert self.directory is not None  # noqa: S101 - callers know
        read, self._notes_at = notes.read(str(self.directory / "notes"), self._notes_at)
        return [note for note in read if not note.call]


def _judge_notes(result: CellResult) -> list[ReportedFinding]:
    return [read_finding(content) for content in judge(result)]


def _unraised(findings: Sequence[ReportedFinding]) -> list[ReportedFinding]:
    """Return the errors that were not raised in the user's code."""
    return [item for item in findings if item.severity == "error" and not item.raised]
