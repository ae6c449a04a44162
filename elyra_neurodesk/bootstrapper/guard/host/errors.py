"""The errors that end a strict task: one for each code of a `GuardFinding`."""

from __future__ import annotations

from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.record.model import GuardFinding

_MAX_MESSAGE = 500  # characters of a finding's message in the one line
WARN_HINT = "Set the node's strictness to `warn` to record it and go on."


class GuardError(NeurodeskError):
    """Something in the task did not do what it should have, and the user's code did not notice."""

    code = "ND-GUARD-000"
    hint = WARN_HINT
    exit_status = 1


class LoadWithoutEffect(GuardError):
    """A module load changed nothing: the module is not there, or the directory it names is not."""

    code = "ND-GUARD-001"


class EscapeFailed(GuardError):
    """A shell escape (``!``, ``%%bash``) or R's ``system()`` ended with another status than 0."""

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
    """A Neurodesk tool or another command failed, and what called it went on."""

    code = "ND-GUARD-006"


class LoadNotAwaited(GuardError):
    """``module.load(…)`` without ``await`` loads nothing."""

    code = "ND-GUARD-007"


class VersionChanged(GuardError):
    """Another version of a module was loaded than the one written. A warning."""

    code = "ND-GUARD-008"


class LeftRunning(GuardError):
    """A process was still running in the background when the task ended. A warning."""

    code = "ND-GUARD-009"


class ExitIgnored(GuardError):
    """``exit()`` or ``quit()`` does not end a notebook in a batch job: the cells after it run."""

    code = "ND-GUARD-010"


class OutputUnreadable(GuardError):
    """A declared output is a NIfTI image that cannot be read: its header is broken or its data cut off."""

    code = "ND-GUARD-011"


class OutputSuspicious(GuardError):
    """A declared output is empty, or the same as a file that the task was given. A warning."""

    code = "ND-GUARD-012"


class GuardFailed(GuardError):
    """The guard itself failed; the task goes on without that check. A warning."""

    code = "ND-GUARD-099"


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
        ExitIgnored,
        OutputUnreadable,
    )
}


def guard_error(finding: GuardFinding, file: str) -> GuardError:
    """Return the error for a finding that ends the task: one line that names file, cell and line."""
    place = file if finding.cell is None else f"{file}, cell {finding.cell}"
    if finding.line is not None:
        place += f", line {finding.line}"
    words = one_line(finding.message)[:_MAX_MESSAGE].rstrip(". ")
    hint = f"{finding.hint} {WARN_HINT}".strip()
    return BY_CODE.get(finding.code, GuardError)(f"{place}: {words}.", hint)
