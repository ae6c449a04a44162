"""Reading status.json, which ends an attempt: no content of it may harm more than this attempt."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any, get_args

from .model import Reason, Result

_MAX_BYTES = 64 << 20


class UnreadableStatus(Exception):
    """The file is there and is not what a supervisor wrote; the text says why."""


def read_status(file: Path) -> Result | None:
    """Return the result in a status file; None when there is no file.

    Raises:
        UnreadableStatus: it cannot be read, or something else is in it.
    """
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
            raise UnreadableStatus(f"{file.name} is not a file of at most {_MAX_BYTES >> 20} MiB")
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UnreadableStatus(f"{file.name}: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise UnreadableStatus(f"{file.name} is not JSON") from problem
    try:
        return result_of(content)
    except (KeyError, TypeError) as problem:
        raise UnreadableStatus(f"{file.name} has other content than a supervisor writes") from problem


def result_of(content: Any) -> Result:
    """Return the result that the content of a status file tells.

    Raises:
        KeyError, TypeError: it is not what a supervisor writes.
    """
    reason, code, message = content["reason"], content["exit_code"], content["message"]
    outputs = content["outputs"]
    valid = (
        reason in get_args(Reason)
        and (code is None or type(code) is int)
        and isinstance(message, str)
        and isinstance(outputs, dict)
        and all(isinstance(values, dict) for values in outputs.values())
    )
    if not valid:
        raise TypeError
    return Result(reason == "completed", code, reason, message, outputs)
