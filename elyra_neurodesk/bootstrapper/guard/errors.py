"""The errors that a strict task ends with when the guard has found something."""

from __future__ import annotations

from elyra_neurodesk.bootstrapper.guard.findings import Finding
from elyra_neurodesk.errors import NeurodeskError, one_line

_LIMIT = 500  # characters of a finding's words in the one line
OFF = "Set the node's strictness to `warn` to record it and go on."


class GuardError(NeurodeskError):
    """Something in the task did not do what it should have, and the user's code did not notice."""

    code = "ND-GUARD-000"
    hint = OFF
    exit_status = 1


class LoadWithoutEffect(GuardError):
    """A module load changed nothing: the module is not there, or the directory it names is not."""

    code = "ND-GUARD-001"


class EscapeFailed(GuardError):
    """A shell escape (``!``, ``%%bash``) ended with another status than 0."""

    code = "ND-GUARD-002"


class ToolRetired(GuardError):
    """A tool of a retired container was loaded or called: it prints a notice, does nothing and exits 0."""

    code = "ND-GUARD-003"


class FailurePrinted(GuardError):
    """A tool exited 0 but printed a line that says that it did not run."""

    code = "ND-GUARD-004"


class CommandMissing(GuardError):
    """A command was not found, and what called it went on."""

    code = "ND-GUARD-005"


class ToolFailed(GuardError):
    """A Neurodesk tool failed, and what called it went on."""

    code = "ND-GUARD-006"


class LoadNotAwaited(GuardError):
    """``module.load(…)`` without ``await`` loads nothing."""

    code = "ND-GUARD-007"


BY_CODE: dict[str, type[GuardError]] = {
    kind.code: kind
    for kind in (
        LoadWithoutEffect,
        EscapeFailed,
        ToolRetired,
        FailurePrinted,
        CommandMissing,
        ToolFailed,
        LoadNotAwaited,
    )
}


def as_error(finding: Finding, file: str) -> GuardError:
    """Return the error for a finding that ends the task: one line that names file, cell and line."""
    place = file if finding.cell is None else f"{file}, cell {finding.cell}"
    if finding.line is not None:
        place += f", line {finding.line}"
    words = one_line(finding.message)[:_LIMIT].rstrip(". ")
    hint = f"{finding.hint} {OFF}".strip()
    return BY_CODE.get(finding.code, GuardError)(f"{place}: {words}.", hint)
