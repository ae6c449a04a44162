"""Says in the object store that the task runs, how far it is, and what it has written until now.

KFP ends a cancelled task in less than a second, and a node that fails in none: what was stored before is what
people get. A thread of the task's own process stores it. It has its own client, which gives up after seconds,
and raises nothing, so that a store that is slow or down neither delays the task nor fails it.

On the embedded backend the store is a directory of the same machine, whose server keeps each task's log and
knows its state: no log is copied there, and a task of less than one interval writes nothing at all.
"""

from __future__ import annotations

import hashlib
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.record import Progress, now, recorded_error, rfc3339
from elyra_neurodesk.errors import one_line
from elyra_neurodesk.record import codec
from elyra_neurodesk.record.life_sign import LIFE_SIGN, LIFE_SIGN_SCHEMA_VERSION, FileSoFar, LifeSign
from elyra_neurodesk.record.log_so_far import left_out_line
from elyra_neurodesk.storage.errors import NoSuchObject
from elyra_neurodesk.storage.interface import ObjectStorage

INTERVAL = 10.0
"""Seconds from one sign of life to the next."""

VARIABLE = "NEURODESK_LIFE_SIGN_SECONDS"
"""Sets another interval."""

LOG_LIMIT = 4 << 20
"""Bytes of a log that are stored before the task ends; of a longer one its end."""

NOTEBOOK_LIMIT = 8 << 20
"""Bytes of the largest notebook that is stored before the task ends."""

RATE = 256 << 10
"""Bytes per second that a task sends on average: a file is stored again after its size divided by this."""

SHARE = 0.02
"""Share of the time in which the notebook may be written: the task's own thread waits meanwhile."""

FILES_PATIENCE = 20.0
"""Seconds to wait for a request that is under way when the final files are to be stored."""

END_PATIENCE = 3.0
"""Seconds to wait for the last sign of life when all else is stored."""

LOG_TYPE = "text/plain; charset=utf-8"
NOTEBOOK_TYPE = "application/x-ipynb+json"

Command = Literal["hurry", "no more files", "end"]
State = Literal["started", "running", "ended"]


def interval_of(environment: Mapping[str, str]) -> float:
    """Return the seconds between two signs of life: `VARIABLE`, else 10."""
    try:
        seconds = float(environment.get(VARIABLE, ""))
    except ValueError:
        return INTERVAL
    return seconds if 0 < seconds < threading.TIMEOUT_MAX else INTERVAL


@dataclass
class _Upload:
    """What was stored of a file, and from when on (``time.monotonic``) it may be stored again."""

    version: object = None
    file: FileSoFar | None = None
    not_before: float = 0.0


class LifeSigns:
    """Stores a task's signs of life, its log and its notebook so far, from a thread.

    Args:
        connect: opens the store; called again after a failure, because an image without a client of the store
            gets one only when the task has begun.
        directory: whether the store is a directory, see above.
        progress: what is known of the task.
        log: the task's log, whose file is what is stored.
        executed: name of the executed notebook.
        environment: names pod and node, and may set the interval.
    """

    def __init__(
        self,
        connect: Callable[[], ObjectStorage],
        directory: bool,
        progress: Progress,
        log: Log,
        executed: str,
        environment: Mapping[str, str],
    ) -> None:
        self._connect = connect
        self._directory = directory
        self._progress = progress
        self._log = log
        self._executed = executed
        self._interval = interval_of(environment)
        # KFP's launcher passes the pod's name on; elsewhere it is the host's name
        self._pod = environment.get("KFP_POD_NAME") or socket.gethostname()
        self._node = environment.get("NODE_NAME", "")
        # whose put() may be called in a signal handler (library reference)
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="life-signs", daemon=True)
        self._store: ObjectStorage | None = None
        self._may_store_files = True
        self._no_more_files = threading.Event()
        self._log_upload = _Upload()
        self._notebook_upload = _Upload()
        self._signs = 0
        self._failed_beats = 0

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def hurry(self) -> None:
        """Store what there is now: the process may be killed in a moment. Signal handlers may call this."""
        self._commands.put("hurry")

    def leave_files(self) -> None:
        """Store log and notebook no more, because the final ones come; signs of life go on.

        Waits for a request that is under way, so that it does not replace the final file.
        """
        self._may_store_files = False
        self._commands.put("no more files")
        if self._thread.is_alive():
            self._no_more_files.wait(FILES_PATIENCE)

    def end(self) -> None:
        """Store the last sign of life, when all else is stored; waits a moment for it."""
        self._commands.put("end")
        if self._thread.is_alive():
            self._thread.join(END_PATIENCE)

    def _run(self) -> None:
        following = time.monotonic() + self._interval
        if not self._directory or self._has_earlier():
            self._beat("started")
        while True:
            try:
                command = self._commands.get(timeout=max(0.0, following - time.monotonic()))
            except queue.Empty:
                self._beat("running")
                following = time.monotonic() + self._interval
                continue
            if command == "hurry":
                self._beat("running", hurry=True)
            elif command == "no more files":
                self._no_more_files.set()
            else:
                if self._signs or not self._directory:
                    self._beat("ended")
                return

    def _beat(self, state: State, hurry: bool = False) -> None:
        """Store what has changed, then the sign of life; each is tried, whatever became of the others."""
        parts: list[Callable[[], object]] = []
        if not self._directory:
            parts.append(lambda: self._store_log(hurry))
        parts += [lambda: self._store_notebook(hurry), lambda: self._store_sign(state)]
        problem: Exception | None = None
        for part in parts:
            try:
                part()
            except Exception as failure:
                problem, self._store = failure, None
        self._failed_beats = 0 if problem is None else self._failed_beats + 1
        # one lost packet is not worth a line; the end of the log belongs to the task's own last words
        if problem is not None and self._failed_beats == 2 and self._may_store_files:
            self._log.say(
                "warning: the store does not take signs of life, which does not affect the task: "
                + one_line(str(problem) or type(problem).__name__)[:300]
            )

    def _store_log(self, hurry: bool) -> None:
        upload, path = self._log_upload, self._log.path
        if path is None or not self._due(upload, hurry):
            return
        content, size, left_out = log_so_far(path)
        if size != upload.version:
            self._put_file(upload, path.name, content, LOG_TYPE, left_out)
            upload.version = size

    def _store_notebook(self, hurry: bool) -> None:
        upload, running = self._notebook_upload, self._progress.notebook
        if running is None or not self._due(upload, hurry):
            return
        began = time.monotonic()
        content = running.content()
        written = time.monotonic()
        upload.not_before = written + (written - began) / SHARE
        if content is None or len(content) > NOTEBOOK_LIMIT:
            return
        digest = hashlib.sha256(content).digest()
        if digest != upload.version:
            self._put_file(upload, self._executed, content, NOTEBOOK_TYPE)
            upload.version = digest

    def _due(self, upload: _Upload, hurry: bool) -> bool:
        return self._may_store_files and (hurry or time.monotonic() >= upload.not_before)

    def _put_file(
        self, upload: _Upload, name: str, content: bytes, content_type: str, left_out: int = 0
    ) -> None:
        began = time.monotonic()
        upload.not_before = max(upload.not_before, began + len(content) / RATE)
        moment = now()
        self._connected().put(self._key(name), content, content_type)
        ended = time.monotonic()
        # a store that is slow is asked less often
        upload.not_before = max(upload.not_before, ended + 4 * (ended - began))
        upload.file = FileSoFar(name, self._key(name), len(content), left_out, rfc3339(moment))

    def _store_sign(self, state: State) -> None:
        running, ended = self._progress.notebook, state == "ended"
        sign = LifeSign(
            schema_version=LIFE_SIGN_SCHEMA_VERSION,
            run_id=self._progress.run_id,
            task=self._progress.spec.task,
            state=state,
            pod=self._pod,
            node=self._node,
            started=rfc3339(self._progress.started),
            updated=rfc3339(now()),
            cells_done=running.done if running else None,
            cells=running.cells if running else None,
            exit_status=self._progress.exit_status if ended else None,
            error=recorded_error(self._progress.error) if ended else None,
            # the final files are in the place of what was stored before
            log=None if ended else self._log_upload.file,
            notebook=None if ended else self._notebook_upload.file,
        )
        self._connected().put(self._key(LIFE_SIGN), codec.to_bytes(sign), codec.CONTENT_TYPE)
        self._signs += 1

    def _has_earlier(self) -> bool:
        """Return whether an earlier attempt has left a sign of life, which this one has to replace."""
        with suppress(Exception):
            try:
                self._connected().get(self._key(LIFE_SIGN))
            except NoSuchObject:
                return False
            return True
        return False

    def _connected(self) -> ObjectStorage:
        if self._store is None:
            self._store = self._connect()
        return self._store

    def _key(self, name: str) -> str:
        return self._progress.spec.run_key(self._progress.run_id, self._progress.spec.task, name)


def log_so_far(path: Path, limit: int = LOG_LIMIT) -> tuple[bytes, int, int]:
    """Return what is stored of a log that grows, its size, and how many of its first bytes are left out.

    Args:
        path: the log.
        limit: bytes that are stored at most; of a longer log its last lines, after `left_out_line`.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= limit:
            return file.read(size), size, 0
        file.seek(size - limit)
        end = file.read(limit)
    first_line = end.find(b"\n") + 1
    left_out = size - len(end) + first_line
    return left_out_line(left_out) + end[first_line:], size, left_out
