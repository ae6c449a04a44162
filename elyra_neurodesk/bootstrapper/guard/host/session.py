"""The guard of one task: reads after each cell, and at the end, what the user's processes wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.file_manifest import FileManifest
from elyra_neurodesk.bootstrapper.guard.host import declared_outputs, kernel_files, processes
from elyra_neurodesk.bootstrapper.guard.host.calls import PREFIX, PythonCalls
from elyra_neurodesk.bootstrapper.guard.host.cell_result import CellResult, judge, unused_in_r
from elyra_neurodesk.bootstrapper.guard.host.findings import ReportedFinding, read_finding
from elyra_neurodesk.bootstrapper.guard.kernel import notes
from elyra_neurodesk.bootstrapper.guard.kernel.judge import finding
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
        self._calls = PythonCalls()
        self._uncaught: set[str] = set()
        self._running: dict[int, tuple[int | None, str]] = {}
        self._r_code: list[str] = []
        self._kept_in_r: list[tuple[int | None, Note]] = []
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
        exits: bool = False,
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
            exits: whether it called ``exit()`` or ``quit()`` although there are cells after it.
        """
        if self.directory is None:
            return []
        new: list[ReportedFinding] = []
        with self.reporting_errors(f"cell {cell}"):
            self._uncaught.clear()
            for reported in self._read_findings():
                new.append(self._seen_from_outside(reported, raised).in_cell(cell))
            result = CellResult(source, language, output, status, self._read_notes(cell))
            self._note_r(result, cell)
            self.look_for_processes(source, language, cell)
            new += [reported.in_cell(cell) for reported in _judge_notes(result)]
            new += _in_cells(self._calls.judge_ended())
            new += _in_cells([(cell, _exit())] if exits else [])
        self._add([reported.handled() for reported in new] if allowed else new)
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
            result = CellResult(source, language, output, 0, self._read_notes(None))
            self._note_r(result, None)
            found = found if source else [replace(reported, line=None) for reported in found]
            new = [*found, *_judge_notes(result), *_in_cells(self._calls.judge_rest())]
            new += _in_cells([*self._unread_in_r(), *self._still_running()])
        return self._add(new)

    def look_for_processes(self, source: str, language: str, cell: int | None) -> None:
        """Note what runs on in the background after a cell or script has ended.

        Args:
            source: its code.
            language: its language in small letters.
            cell: the cell's number, None for a script.
        """
        if self.directory is None or not (self._running or processes.may_start_one(source)):
            return
        with self.reporting_errors("processes in the background"):
            now = processes.running(self.directory / "notes", language == "python")
            self._running = {pid: self._running.get(pid, (cell, text)) for pid, text in now.items()}

    def _still_running(self) -> list[tuple[int | None, dict[str, Any]]]:
        """Return the findings of what ran when the last cell or the script had ended."""
        found = [
            (
                cell,
                finding(
                    "ND-GUARD-009",
                    text,
                    f"`{text}` still runs, and is ended with the task",
                    "Wait for it (`wait`, Popen.wait): what it has not written by then is lost.",
                    "warning",
                ),
            )
            for cell, text in self._running.values()
        ]
        self._running = {}
        return found

    def look_at_outputs(
        self,
        files: Sequence[str],
        directory: Path,
        manifest: FileManifest | None,
        inputs: Mapping[str, str],
        patterns: Sequence[str],
    ) -> list[ReportedFinding]:
        """Look at the declared outputs, given as to `declared_outputs.findings_of`; returns the errors."""
        if self.directory is None:
            return []
        new: list[ReportedFinding] = []
        with self.reporting_errors("the declared outputs"):
            found = declared_outputs.findings_of(files, directory, manifest, inputs, patterns)
            new = [read_finding(content) for content in found]
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
            if "uncaught" in content:
                self._uncaught.add(str(content["uncaught"]))
            elif "loaded" in content:
                self.loaded.append((str(content["loaded"]), tuple(map(str, content["paths"]))))
            else:
                found.append(read_finding(content))
        return found

    def _note_r(self, result: CellResult, cell: int | None) -> None:
        if result.language == "r":
            self._r_code.append(result.source)
            self._kept_in_r += [(cell, note) for note in result.notes if note.kind == "rkept"]

    def _unread_in_r(self) -> list[tuple[int | None, dict[str, Any]]]:
        """Return the findings of statuses that R code keeps in a variable which it does not mention again."""
        code, found = "\n".join(self._r_code), []
        for cell, note in self._kept_in_r:
            name = re.escape(note.arguments.strip())
            mentioned = len(re.findall(rf"(?<![\w.]){name}(?![\w.])", code))
            assigned = len(re.findall(rf"(?<![\w.]){name}\s*(?:<<?-|=(?!=))", code))
            if mentioned <= assigned:
                found.append((cell, unused_in_r(note, "warning")))
        self._kept_in_r = []
        return found

    def _seen_from_outside(self, reported: ReportedFinding, raised: bool) -> ReportedFinding:
        """Return a finding as the cell's end shows it: the code may have caught what was raised.

        A magic such as ``%%capture`` is not the code: it drops the errors of the cell that it runs.
        """
        if not reported.raised or raised:
            return reported
        if f"{reported.code}: {reported.message}" in self._uncaught:
            return replace(reported, raised=False)
        return reported.handled()

    def _read_notes(self, cell: int | None) -> list[Note]:
        """Return the notes written since the last call, without those of a shell escape, which it has judged.

        Those of calls that Python code made are kept with the call.
        """
        assert self.directory is not None  # noqa: S101 - callers know
        read, self._notes_at = notes.read(str(self.directory / "notes"), self._notes_at)
        self._calls.add((note for note in read if note.call.startswith(PREFIX)), cell)
        return [note for note in read if not note.call]


def _exit() -> dict[str, Any]:
    return finding(
        "ND-GUARD-010",
        "exit()",
        "exit() or quit() does not end a notebook in a batch job: later cells run until the kernel is gone",
        "Raise an exception to fail the task, or call sys.exit(0) to end it well without the other cells.",
    )


def _in_cells(found: Sequence[tuple[int | None, dict[str, Any]]]) -> list[ReportedFinding]:
    return [read_finding(content).in_cell(cell) for cell, content in found]


def _judge_notes(result: CellResult) -> list[ReportedFinding]:
    return [read_finding(content) for content in judge(result)]


def _unraised(findings: Sequence[ReportedFinding]) -> list[ReportedFinding]:
    """Return the errors that were not raised in the user's code."""
    return [item for item in findings if item.severity == "error" and not item.raised]
