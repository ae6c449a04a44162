"""Reads the logs of a run's tasks while they grow, in constant memory: logs of gigabytes are met."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.record.log_so_far import MAX_LINE, split_left_out
from elyra_neurodesk.runs.summary import PENDING, RunSummary, TaskSummary

Write = Callable[[bytes], object]
Read = Callable[[int, int | None, Write], bool]
"""Passes on a log's bytes from the first number up to the second, which is not included (None: to its end).

Returns whether there is a log.
"""

MAX_TAIL_BYTES = 8 << 20
"""The last lines of a log are at most so many bytes."""

_OVERLAP = 4096  # bytes by which the continuation of a log is known
_TRIES = 3  # to read a log whose beginning is replaced all the time


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
    """What was passed on of one log: its length in bytes and its last bytes, not its text.

    A log that is not the continuation of what was passed on comes again as a whole. Of a long log that grows
    there may be its end alone (`record.log_so_far`): what is new of it follows.
    """

    length: int = 0
    _tail: bytes = b""

    def pass_on_new(self, read: Read, write: Write) -> bool:
        """Pass on what follows what was passed on before; little else is read.

        Args:
            read: reads the log.
            write: gets what is new, the whole log when it does not continue what was passed on before.

        Returns:
            Whether there is a log.
        """
        before = None
        for _ in range(_TRIES if self.length else 0):
            head = bytearray()
            if not read(0, MAX_LINE, head.extend):
                return False
            if head == before:  # nothing has replaced the log meanwhile: it is another one
                break
            if self._pass_on_rest(bytes(head), read, write):
                return True
            before = head
        return self._pass_on_whole(read, write)

    def add(self, piece: bytes, write: Write) -> None:
        """Pass on the next piece."""
        self._tail = (self._tail + piece[-_OVERLAP:])[-_OVERLAP:]
        self.length += len(piece)
        write(piece)

    def _pass_on_rest(self, head: bytes, read: Read, write: Write) -> bool:
        """Pass on what comes after the last bytes that are known; False where others stand in their place."""
        left_out, line = split_left_out(head)
        if left_out > self.length:
            return False
        known = self._tail[-(self.length - left_out) :] if left_out < self.length else b""
        met = 0

        def take(piece: bytes) -> None:
            nonlocal met
            part = piece[: max(0, len(known) - met)]
            if met < 0 or part != known[met : met + len(part)]:
                met = -1
                return
            met += len(part)
            if rest := piece[len(part) :]:
                self.add(rest, write)

        # a length is that of the log, with what is left out and without the line that says so
        read(self.length - left_out + line - len(known), None, take)
        return met == len(known)

    def _pass_on_whole(self, read: Read, write: Write) -> bool:
        head: bytearray | None = bytearray()

        def begin() -> None:
            nonlocal head
            beginning, head = bytes(head or b""), None
            left_out, line = split_left_out(beginning)
            self.length, self._tail = left_out - line, b""
            if beginning:
                self.add(beginning, write)

        def take(piece: bytes) -> None:
            if head is None:
                self.add(piece, write)
                return
            head.extend(piece)
            if len(head) >= MAX_LINE:
                begin()

        found = read(0, None, take)
        if found and head is not None:
            begin()
        return found


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
