"""Supervisors and tasks that begin as forks: what the warm process does once it has imported."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from elyra_neurodesk.bootstrapper import ARGUMENTS
from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.specs import DocumentReference, read_task
from elyra_neurodesk.bootstrapper.warm import identity, kernel, program
from elyra_neurodesk.bootstrapper.warm.interpreter import Fingerprint, Interpreter
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.storage.location import directory_of
from elyra_neurodesk.storage.task import task_storage

from . import pod
from .forked_messages import MAX_MESSAGE, READY, STALE
from .spawn import ProcessSettings
from .syscalls import become_as_executed

_MODULE = "elyra_neurodesk.bootstrapper"


def serve(channel: socket.socket, interpreter: Interpreter, fingerprint: Fingerprint) -> None:
    """Fork a supervisor for each path of a POD.json that arrives, and answer with its process id.

    Returns when the other end is closed, or after the answer `STALE`: what was imported has changed on disk.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are reaped by the kernel
    channel.sendall(READY)
    while message := channel.recv(MAX_MESSAGE):
        if fingerprint.changed():
            channel.sendall(STALE)
            return
        child = os.fork()
        if child == 0:
            channel.close()
            _supervise(Path(os.fsdecode(message)), interpreter)
        channel.sendall(b"%d" % child)


def _supervise(file: Path, interpreter: Interpreter) -> NoReturn:
    """Be the supervisor of the pod that ``file`` describes."""
    status = 1
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        log = os.open(file.parent / "pod.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        for descriptor in (1, 2):
            os.dup2(log, descriptor)
        os.close(log)
        os.chdir(file.parent)
        identity.show([sys.executable, "-m", pod.__name__, str(file)], interpreter.environment)

        def forked(words: Sequence[str], settings: ProcessSettings) -> Callable[[], None] | None:
            return _forked(words, settings, interpreter)

        status = pod.main(file, forked)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _forked(
    words: Sequence[str], settings: ProcessSettings, interpreter: Interpreter
) -> Callable[[], None] | None:
    """Return what makes a forked process this program; None when it has to be executed."""
    if why := _refusal(words, settings, interpreter):
        print(f"a new process is started: {why}", flush=True)
        return None
    arguments = words[len(CONTAINER_COMMAND) :]
    environment = {**settings.env, **interpreter.shell, "PWD": settings.directory}

    def become() -> None:
        become_as_executed()
        command = ["python3", "-m", _MODULE, *arguments]
        program.become(command, environment, interpreter, before=lambda: kernel.prepare(interpreter))

    return become


def _refusal(words: Sequence[str], settings: ProcessSettings, interpreter: Interpreter) -> str:
    if list(words[: len(CONTAINER_COMMAND)]) != CONTAINER_COMMAND:
        return "it is not a notebook or script"
    if shutil.which("python3", path=settings.env.get("PATH", os.defpath)) != sys.executable:
        return f"its python3 is not {sys.executable}"
    ours = [sys.prefix, sys.base_prefix, *interpreter.path[1:]]
    for item in settings.mounts:
        if any(_overlap(item.target, place) for place in ours):
            return f"the volume at {item.target} covers the interpreter"
    return interpreter.refusal({**settings.env, **variables_of_spec(words, settings.env)})


def variables_of_spec(words: Sequence[str], environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that the task will take from its specification.

    {} where that cannot be read here: the task reports it.
    """
    try:
        arguments = words[len(CONTAINER_COMMAND) :]
        if file := environment.get(ARGUMENTS):
            arguments = json.loads(Path(file).read_text(encoding="utf-8"))
        reference = DocumentReference.from_arguments(arguments)
        if reference is None or directory_of(reference.store.endpoint) is None:
            return {}
        store = task_storage(reference.store, environment)
        return read_task(store.get(reference.key), reference.sha256, arguments[3]).env
    except (NeurodeskError, OSError, ValueError, IndexError):
        return {}


def _overlap(target: str, place: str) -> bool:
    return f"{place}/".startswith(f"{target.rstrip('/')}/")
