"""Makes an unexpected exception an error like the others."""

from __future__ import annotations

import traceback
from pathlib import Path

from elyra_neurodesk.bootstrapper.disk import FULL, disk_full
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.errors import NeurodeskError, one_line


class InternalError(NeurodeskError):
    """The bootstrapper itself failed."""

    code = "ND-TASK-003"
    hint = "Please report this with the task's log, which holds the traceback."
    exit_status = 70


def to_neurodesk_error(problem: Exception, directory: Path, log: Log) -> NeurodeskError:
    """Return the error for an exception; the traceback of an unexpected one goes to the log.

    Args:
        problem: what was raised.
        directory: where the task works, for a full disk's message.
        log: where the traceback goes.
    """
    if isinstance(problem, NeurodeskError):
        return problem
    if isinstance(problem, OSError) and problem.errno in FULL:
        return disk_full(directory)
    log.say("".join(traceback.format_exception(type(problem), problem, problem.__traceback__)).rstrip())
    return InternalError(f"unexpected {type(problem).__name__}: {one_line(str(problem))[:300]}.")
