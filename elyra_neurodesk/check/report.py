"""Findings of the check, their codes, and the report that collects them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from elyra_neurodesk.check.events import Location, display
from elyra_neurodesk.errors import NeurodeskError, one_line

Severity = Literal["error", "warning", "note"]
Verdict = Literal["ok", "other", "unversioned", "unknown", "retired", "cannot-tell"]
_RANK = {"error": 0, "warning": 1, "note": 2}
MAX_LISTED = 20
"""Errors that `CheckFailed` shows one by one."""


@dataclass(frozen=True)
class FindingKind:
    """The meaning of a code.

    Attributes:
        severity: unless the rule says otherwise.
        title: what is wrong, in a few words, as the documentation lists it.
        hint: what to do about it.
    """

    severity: Severity
    title: str
    hint: str


CODES: dict[str, FindingKind] = {
    "ND-CHECK-010": FindingKind(
        "error", "a file cannot be read", "Save the file again, as UTF-8, and check the node's file name."
    ),
    "ND-CHECK-011": FindingKind(
        "error", "a file is not a notebook", "Open the notebook in JupyterLab, save it and check again."
    ),
    "ND-CHECK-012": FindingKind(
        "error",
        "a cell or a script has a syntax error",
        "Run the cell in JupyterLab: it fails there as well.",
    ),
    "ND-CHECK-013": FindingKind(
        "error", "a node's file or dependency is missing", "Correct the node's file and dependencies."
    ),
    "ND-CHECK-101": FindingKind(
        "error",
        "the module does not exist",
        "Correct the name; `elyra-neurodesk modules search` lists the modules.",
    ),
    "ND-CHECK-102": FindingKind("error", "the module's container was retired", "Load a newer version."),
    "ND-CHECK-103": FindingKind(
        "warning",
        "the version does not exist, another one is loaded",
        "Write an existing version in full, so that results are reproducible.",
    ),
    "ND-CHECK-104": FindingKind(
        "warning",
        "a module is loaded without a version",
        "Write the version, so that results are reproducible.",
    ),
    "ND-CHECK-105": FindingKind(
        "note",
        "a module is loaded inside `try`, whose failure is ignored",
        "Make sure that the code after it works without the tool, or load the module outside of the `try`.",
    ),
    "ND-CHECK-106": FindingKind(
        "note",
        "which module is loaded depends on a variable",
        "Check the variable's values, or declare the module in the node's properties.",
    ),
    "ND-CHECK-107": FindingKind(
        "warning",
        "a module is loaded in a shell where it has no effect",
        "Use `await module.load('tool/version')`, or declare the module in the node's properties.",
    ),
    "ND-CHECK-108": FindingKind(
        "error", "a load that is not awaited loads nothing", "Write `await module.load('tool/version')`."
    ),
    "ND-CHECK-110": FindingKind(
        "warning",
        "no module index is available",
        "Mount Neurodesk's CVMFS repository, or run `elyra-neurodesk modules list --refresh`.",
    ),
    "ND-CHECK-201": FindingKind(
        "warning",
        "the tool of a command is not loaded",
        "Load the tool's module in an earlier cell, or declare it in the node's properties.",
    ),
    "ND-CHECK-202": FindingKind(
        "warning",
        "a command is used before its tool is loaded",
        "Load the module in an earlier cell: a batch job starts with a new kernel.",
    ),
    "ND-CHECK-301": FindingKind(
        "warning",
        "a path will not exist in the batch job",
        "Add the file to the node's dependencies, mount a volume, or use a path relative to the notebook.",
    ),
    "ND-CHECK-302": FindingKind(
        "note",
        "files written there are lost when the task ends",
        "Write below the notebook's directory and declare the file as an output of the node.",
    ),
    "ND-CHECK-303": FindingKind(
        "warning",
        "an imported helper file is not among the dependencies",
        "Add it to the node's dependencies (`--dependency` of `elyra-neurodesk submit`).",
    ),
    "ND-CHECK-304": FindingKind(
        "warning",
        "a wildcard of the dependencies matches no file",
        "Correct the pattern, or remove it where there is nothing to take along.",
    ),
    "ND-CHECK-305": FindingKind(
        "warning",
        "a local file that the code reads is not among the dependencies",
        "Add it to the node's dependencies (`--dependency` of `elyra-neurodesk submit`).",
    ),
    "ND-CHECK-401": FindingKind(
        "error",
        "the code waits for input",
        "Make the value a pipeline parameter or an environment variable of the node.",
    ),
    "ND-CHECK-402": FindingKind("warning", "the code opens a debugger", "Remove the call before submitting."),
    "ND-CHECK-403": FindingKind("warning", "a command asks for confirmation", "Add its option --yes (-y)."),
    "ND-CHECK-404": FindingKind("warning", "a program opens a window", "Let the tool render to a file."),
    "ND-CHECK-405": FindingKind(
        "warning",
        "a notebook's cell calls exit() or quit()",
        "Raise an exception to end the task as failed, or put what follows under an `if`.",
    ),
    "ND-CHECK-501": FindingKind(
        "warning",
        "no code writes a declared output",
        "Correct the node's output, or write the file: a missing output fails the task.",
    ),
    "ND-CHECK-502": FindingKind(
        "note",
        "a file is written that no output matches",
        "Declare it under Output Files: later nodes do not get it otherwise, and only a small file is kept.",
    ),
    "ND-CHECK-503": FindingKind(
        "warning",
        "a file is written under almost the name of a declared output",
        "Write one of the two names in both places: a missing output fails the task.",
    ),
}
"""Every code of a finding; docs/why-did-my-job-fail.md lists them."""


@dataclass(frozen=True)
class Finding:
    """A problem of a node's code.

    Attributes:
        code: ``ND-CHECK-NNN``, a key of `CODES`.
        severity: ``error``, ``warning`` or ``note``.
        node: the node's label; "" for the whole pipeline.
        file: relative to the pipeline file's directory; "" for the whole pipeline.
        cell: from 1, counting all cells of the notebook as JupyterLab does; None elsewhere.
        line: from 1, in the cell or in the script; None for all of it.
        message: one line.
        hint: what to do.
    """

    code: str
    severity: Severity
    node: str
    file: str
    cell: int | None
    line: int | None
    message: str
    hint: str

    @property
    def where(self) -> str:
        """Return the place for people: ``bet.ipynb, cell 3, line 2``."""
        parts = [self.file] if self.file else []
        parts += [f"cell {self.cell}"] if self.cell is not None else []
        parts += [f"line {self.line}"] if self.line is not None else []
        return ", ".join(parts)

    @property
    def text(self) -> str:
        """Return one line: place, message, code."""
        where = f"{self.where}: " if self.where else ""
        node = f"'{self.node}': " if self.node else ""
        return one_line(f"{node}{where}{self.message} ({self.code})")


def finding(code: str, node: str, at: Location, message: str, severity: Severity | None = None) -> Finding:
    """Return a finding of a kind."""
    kind = CODES[code]
    return Finding(
        code=code,
        severity=severity or kind.severity,
        node=node,
        file=at.file,
        cell=at.cell,
        line=at.line,
        message=one_line(display(message)),
        hint=kind.hint,
    )


@dataclass(frozen=True)
class ModuleUse:
    """A module that a node uses.

    Attributes:
        node: the node's label.
        file, cell, line: as in `Finding`; no line for a declared module.
        request: as written.
        verdict: what it resolves to, in a word.
        resolved: ``tool/version``, "" where that is not known.
        container: the directory of its container, "" where that is not known.
    """

    node: str
    file: str
    cell: int | None
    line: int | None
    request: str
    verdict: Verdict
    resolved: str = ""
    container: str = ""


@dataclass(frozen=True)
class Report:
    """The result of the check of a pipeline.

    Attributes:
        findings: by node, the worst first, then in the order of the code.
        uses: modules that the nodes use.
        nodes: labels of the nodes that were read.
        index: source of the module index, "" when none was needed.
    """

    findings: tuple[Finding, ...]
    uses: tuple[ModuleUse, ...] = ()
    nodes: tuple[str, ...] = ()
    index: str = ""

    def with_severity(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(found for found in self.findings if found.severity == severity)

    def to_json(self) -> dict[str, Any]:
        """Return the report for ``--json``."""
        return {
            "errors": len(self.with_severity("error")),
            "warnings": len(self.with_severity("warning")),
            "notes": len(self.with_severity("note")),
            "index": self.index,
            "nodes": list(self.nodes),
            "modules": [dataclasses.asdict(use) for use in self.uses],
            "findings": [dataclasses.asdict(found) for found in self.findings],
        }


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without duplicates, the worst first, else in the order of the code."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda found: _RANK[found.severity]))


class CheckFailed(NeurodeskError):
    """The pipeline's notebooks and scripts would fail, or run without the tool they name.

    ``message`` is one line that counts the errors; ``str()`` adds a line for each of them, which is what
    Elyra's dialog and command lines show.

    Attributes:
        report: everything that was found.
    """

    code = "ND-CHECK-001"
    hint = (
        "`elyra-neurodesk check FILE` shows every finding with its remedy; the runtime "
        "configuration's 'Check Before Submit' can be warn or off."
    )

    def __init__(self, pipeline: str, report: Report) -> None:
        self.report = report
        errors = report.with_severity("error")
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        super().__init__(f"Pipeline '{pipeline}' has {count} in its notebooks and scripts.")

    def __str__(self) -> str:
        errors = self.report.with_severity("error") if hasattr(self, "report") else ()
        lines = [f"× {found.text}" for found in errors[:MAX_LISTED]]
        if len(errors) > MAX_LISTED:
            lines.append(f"× and {len(errors) - MAX_LISTED} more")
        return "\n".join([super().__str__(), *lines])
