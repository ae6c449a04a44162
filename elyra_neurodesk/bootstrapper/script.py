"""Runs a Python or R script and passes its output on as it is written."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO

from elyra_neurodesk.bootstrapper.guard.host.errors import guard_error
from elyra_neurodesk.bootstrapper.guard.host.session import Guard
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.errors import NeurodeskError, one_line

STOP_WAIT = 5.0  # seconds between the request to stop and SIGKILL
MAX_LINES = 200
MAX_MESSAGE = 500  # characters of the script's last line in ours


class ScriptFailed(NeurodeskError):
    """The script ended with an exit status other than 0."""

    code = "ND-RUN-002"
    hint = "The lines above are the script's own; the same text is in the uploaded log."
    exit_status = 1


class InterpreterMissing(NeurodeskError):
    """The image has no Rscript."""

    code = "ND-IMAGE-001"
    hint = "Choose a runtime image that has R."
    exit_status = 16


def command_for(file: str) -> list[str]:
    """Return the command that runs a ``.py`` or ``.r`` file.

    Raises:
        InterpreterMissing: it is an R script and Rscript is not on PATH.
    """
    # "./" so that a name which begins with "-" is not read as an option
    if Path(file).suffix.lower() == ".py":
        return [sys.executable, "-u", f"./{file}"]
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise InterpreterMissing(f"{file} is an R script, but Rscript is not on PATH in this image.")
    return [rscript, f"./{file}"]


def run(file: str, directory: Path, log: Log, guard: Guard) -> None:
    """Run the script with ``directory`` as its working directory, in a process group of its own.

    Raises:
        ScriptFailed: it ended with another status than 0, or was killed.
        GuardError: it exited with 0 although a tool or module load in it failed.
        InterpreterMissing: as `command_for`.
    """
    # before it runs: afterwards it may have moved itself away
    source = (directory / file).read_text(encoding="utf-8", errors="replace")
    language = "python" if file.lower().endswith(".py") else "r"
    process = subprocess.Popen(
        command_for(file),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    tail: deque[str] = deque(maxlen=MAX_LINES)
    reader = threading.Thread(target=_pass_on, args=(process.stdout, log, tail), daemon=True)
    reader.start()
    try:
        status = process.wait()
        # a background process of the script may hold the pipe open: do not wait for it
        reader.join(timeout=2.0)
        guard.look_for_processes(source, language, None)
    finally:
        _stop(process)
    unraised = guard.at_end(source, language, "\n".join(tail))
    if status != 0 and not (unraised and guard.strict and unraised[0].code in _last_line(list(tail))):
        raise ScriptFailed(f"{file} {describe(status)}{_last_line(list(tail))}.")
    if unraised and guard.strict:
        raise guard_error(unraised[0], file)


def describe(status: int) -> str:
    """Say in words how a process ended; negative statuses are signals, as in `subprocess`."""
    if status >= 0:
        return f"ended with exit status {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    memory = ", most likely out of memory" if -status == signal.SIGKILL else ""
    return f"was killed by {name}{memory}"


def _pass_on(pipe: IO[bytes], log: Log, tail: deque[str]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    with contextlib.suppress(OSError, ValueError):
        while chunk := os.read(pipe.fileno(), 1 << 16):
            text = decoder.decode(chunk)
            log.write(text)
            *lines, rest = (rest + text)[-(1 << 16) :].split("\n")
            tail.extend(lines)
    tail.append(rest)


def _last_line(lines: list[str]) -> str:
    """Return the script's own last error line: R prints "Execution halted" after it."""
    spoken = [one_line(line) for line in lines if line.strip()]
    errors = [line for line in spoken if line.startswith("Error")]
    if not spoken:
        return ""
    words = errors[-1] if errors and spoken[-1] == "Execution halted" else spoken[-1]
    return f": {words[:MAX_MESSAGE].rstrip('.')}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the script if it still runs, and whatever it started in its process group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WAIT)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
