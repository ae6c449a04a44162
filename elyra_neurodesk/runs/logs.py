"""Reads the logs of a run's tasks while they grow, in constant memory: logs of gigabytes are met."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.record.log_so_far import MAX_LINE, split_left_out
from elyra_neurodesk.runs.summary import PENDING, RunSummary, TaskSummary

Write = Callable[[bytes], object]
MAX_TAIL_BYTES = 8 << 20
"""The last lines of a log are at most so many bytes."""


class NoLogYet(NeurodeskError):
    """The task has no log that can be read."""

    code = "ND-RUNS-007"
    hint = "Logs are stored from a task's start on: --follow waits for it. Or see the task on the run's page."


def follow_logs(
    snapshots: Iterable[RunSummary],
    select: Callable[[RunSummary], Iterable[TaskSummary]],
    pass_on_new: Callable[[TaskSummary, Write], object],
    write: Callable[[TaskSummary, bytes], object],
) -> None:
    """Pass on what is new in the tasks' logs at each snapshot of the run.

    A log is followed while its task runs and read once more after its end.

    Args:
        snapshots: of the run, the final one last (see `poll.poll`).
        select: which tasks to follow.
        pass_on_new: passes on what is new of a task's log (`RunLogs.pass_on_new`).
        write: gets the pieces.
    """
    final: set[str] = set()
    for summary in snapshots:
        for task in select(summary):
            if task.name in final or task.state == PENDING:
                continue
            pass_on_new(task, partial(write, task))
            if task.ended:
                final.add(task.name)


@dataclass
class GrowingLog:
    """What was passed on of one log: its length in bytes and its hash, not its text.

    A log that is not the continuation of what was passed on comes again as a whole. Of a long log that grows
    there may be its end alone (`record.log_so_far`): what is new of it follows.
    """

    length: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def pass_on_new(self, read: Callable[[Write], bool], write: Write) -> bool:
        """Read the log from its beginning and pass on what follows what was passed on before.

        Args:
            read: passes the whole log on; returns False when there is none.
            write: gets what is new, the whole log when it does not begin with what was passed on before.

        Returns:
            What ``read`` did.
        """
        before, position = self.length, 0
        beginning = hashlib.sha256()
        same = before == 0
        left_out, line, begun = 0, 0, False

        def take(piece: bytes) -> None:
            nonlocal position, same, left_out, line, begun
            if not begun:
                begun = True
                left_out, line = split_left_out(piece[:MAX_LINE])
                if before == 0:
                    self.length = left_out - line
                elif 0 < left_out <= before:
                    same, position, piece = True, left_out, piece[line:]
            if position < before:
                known = piece[: before - position]
                beginning.update(known)
                position += len(known)
                piece = piece[len(known) :]
                if position == before and not same:
                    same = beginning.digest() == self._digest.digest()
            if piece and same and position == before:
                self.add(piece, write)

        found = read(take)
        if found and not same:
            # a length is that of the log, with what is left out and without the line that says so
            self.length, self._digest = left_out - line, hashlib.sha256()
            read(lambda piece: self.add(piece, write))
        return found

    def add(self, piece: bytes, write: Write) -> None:
        """Pass on the next piece."""
        self._digest.update(piece)
        self.length += len(piece)
        write(piece)


class LastLines:
    """Keeps the last lines of a log that comes in pieces, at most `MAX_TAIL_BYTES`.

    Args:
        count: how many lines.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept = bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        self._kept += piece
        if len(self._kept) > 2 * MAX_TAIL_BYTES:
            self._kept = bytearray(self.text())

    def text(self) -> bytes:
        """Return the lines."""
        end = len(self._kept)
        begin = end - 1 if self._kept.endswith(b"\n") else end  # a line break at the end begins no line
        for _ in range(self._count):
            begin = self._kept.rfind(b"\n", 0, max(begin, 0))
            if begin < 0:
                break
        return bytes(self._kept[max(begin + 1, end - MAX_TAIL_BYTES) :])
