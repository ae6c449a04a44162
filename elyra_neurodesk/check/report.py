"""What the check found, and the codes it has for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from elyra_neurodesk.check.readers.events import Place, display
from elyra_neurodesk.errors import NeurodeskError, one_line

Severity = Literal["error", "warning", "note"]
Verdict = Literal["ok", "other", "unversioned", "unknown", "retired", "cannot-tell"]
_RANK = {"error": 0, "warning": 1, "note": 2}
LISTED = 20
"""Errors that `CheckFailed` shows one by one."""


@dataclass(frozen=True)
class Kind:
    """A code and what it stands for.

    Attributes:
        severity: where nothing speaks for another.
        title: what is wrong, in a few words.
        hint: what to do about it.
    """

    severity: Severity
    title: str
    hint: str


CODES: dict[str, Kind] = {
    "ND-CHECK-010": Kind(
        "error", "A file cannot be read.", "Save the file again, as UTF-8, and check the node's file name."
    ),
    "ND-CHECK-011": Kind(
        "error", "A file is no notebook.", "Open the notebook in JupyterLab, save it and check again."
    ),
    "ND-CHECK-012": Kind(
        "error", "A cell or a script has a syntax error.", "Run the cell once: it fails there as well."
    ),
    "ND-CHECK-013": Kind(
        "error", "A node's file or dependency is missing.", "Correct the node's file and dependencies."
    ),
    "ND-CHECK-101": Kind(
        "error",
        "There is no such module.",
        "Correct the name; `elyra-neurodesk modules search` lists what there is.",
    ),
    "ND-CHECK-102": Kind(
        "error",
        "The module's container was retired: its commands print a notice and exit 0.",
        "Load a newer version.",
    ),
    "ND-CHECK-103": Kind(
        "warning",
        "There is no such version; another one is loaded.",
        "Write the version that is meant, in full, so that the result stays the same.",
    ),
    "ND-CHECK-104": Kind(
        "warning",
        "A module is loaded without a version.",
        "Write the version, so that a newer one does not change the result.",
    ),
    "ND-CHECK-105": Kind(
        "note",
        "A module is loaded where a failure is passed over.",
        "Make sure that what follows does not need the tool, or load it outside.",
    ),
    "ND-CHECK-106": Kind(
        "note",
        "Which module is loaded depends on a variable.",
        "Nothing, if its values are right; or declare the module in the node's properties.",
    ),
    "ND-CHECK-107": Kind(
        "warning",
        "A module is loaded in a shell where that changes nothing.",
        "Use `await module.load('tool/version')`, or declare the module in the node's properties.",
    ),
    "ND-CHECK-108": Kind(
        "error",
        "A module's load is not awaited, so that nothing is loaded.",
        "Write `await module.load('tool/version')`.",
    ),
    "ND-CHECK-110": Kind(
        "warning",
        "No module index is at hand, so that modules could not be checked.",
        "Mount Neurodesk's CVMFS repository, or run `elyra-neurodesk modules list --refresh`.",
    ),
    "ND-CHECK-201": Kind(
        "warning",
        "A command belongs to a tool that nothing loads.",
        "Load the tool's module in an earlier cell, or declare it in the node's properties.",
    ),
    "ND-CHECK-202": Kind(
        "warning",
        "A command is used before its tool is loaded.",
        "Load the module in an earlier cell: a batch run starts afresh.",
    ),
    "ND-CHECK-301": Kind(
        "warning",
        "A path will not exist in the batch job.",
        "Take the file along as a dependency, mount a volume there, or use a path relative to the notebook.",
    ),
    "ND-CHECK-302": Kind(
        "note",
        "What is written there is gone when the task ends.",
        "Write below the notebook's directory and declare the file as an output of the node.",
    ),
    "ND-CHECK-303": Kind(
        "warning",
        "A helper module is imported and not taken along.",
        "Add it to the node's dependencies.",
    ),
    "ND-CHECK-401": Kind(
        "error", "The code waits for a person.", "Make it a pipeline parameter, or a variable of the node."
    ),
    "ND-CHECK-402": Kind("warning", "A debugger is opened.", "Remove the call before submitting."),
    "ND-CHECK-403": Kind("warning", "A command asks for confirmation.", "Add its option --yes (-y)."),
    "ND-CHECK-404": Kind(
        "warning",
        "A window needs a display, which a task has not.",
        "Use the tool's way to render to a file.",
    ),
    "ND-CHECK-501": Kind(
        "warning",
        "A declared output is never written, for all that can be seen.",
        "Correct the node's output, or write the file: a missing output fails the task.",
    ),
}
"""Every code of a finding; docs list them."""


@dataclass(frozen=True)
class Finding:
    """Something about a node's code.

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


def finding(code: str, node: str, place: Place, message: str, severity: Severity | None = None) -> Finding:
    """Return a finding of a kind."""
    kind = CODES[code]
    return Finding(
        code=code,
        severity=severity or kind.severity,
        node=node,
        file=place.file,
        cell=place.cell,
        line=place.line,
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
        verdict: what it comes to, in a word.
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
    """What the check says about a pipeline.

    Attributes:
        findings: by node, the worst first, then in the order of the code.
        uses: the modules that the nodes use.
        nodes: labels of the nodes that were read.
        index: where the knowledge about modules comes from, "" when none was needed.
    """

    findings: tuple[Finding, ...]
    uses: tuple[ModuleUse, ...] = ()
    nodes: tuple[str, ...] = ()
    index: str = ""

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(found for found in self.findings if found.severity == severity)

    def to_json(self) -> dict[str, Any]:
        """Return the report for ``--json``."""
        return {
            "errors": len(self.of("error")),
            "warnings": len(self.of("warning")),
            "notes": len(self.of("note")),
            "index": self.index,
            "nodes": list(self.nodes),
            "modules": [dataclasses.asdict(use) for use in self.uses],
            "findings": [dataclasses.asdict(found) for found in self.findings],
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repetitions, the worst first; equal ones stay in the order of the code."""
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
        "`elyra-neurodesk check FILE.pipeline` shows every finding with its remedy; the runtime "
        "configuration's 'Check Before Submit' can be warn or off."
    )

    def __init__(self, pipeline: str, report: Report) -> None:
        self.report = report
        errors = report.of("error")
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        super().__init__(f"Pipeline '{pipeline}' has {count} in its notebooks and scripts.")

    def __str__(self) -> str:
        errors = self.report.of("error") if hasattr(self, "report") else ()
        lines = [f"× {found.text}" for found in errors[:LISTED]]
        if len(errors) > LISTED:
            lines.append(f"× and {len(errors) - LISTED} more")
        return "\n".join([super().__str__(), *lines])
