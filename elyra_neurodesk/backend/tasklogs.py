"""Log files of tasks: their names, and what `local logs` prints of them."""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from elyra_neurodesk.backend.db.catalog import NotFound
from elyra_neurodesk.backend.db.rows import RunRow, TaskRow
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import FINAL

MAIN_LOG = "main.log"
_FOLLOW_SECONDS = 0.3
_PIECE = 1 << 20  # bytes that are read at once: logs of gigabytes are met


def log_files(directory: Path) -> list[str]:
    """Return the names of an attempt's log files, the task's own first."""
    found = sorted(file.name for file in directory.glob("*.log") if file.is_file())
    return sorted(found, key=lambda name: name != MAIN_LOG)


@dataclass
class LogReader:
    """Reads what was added to the logs of a run's tasks since the last time.

    Attributes:
        runs: the database's runs.
        run: the run.
        task: a task's name, or "" for all.
        tail: how many of the last lines of each file to begin with; None for all.
    """

    runs: RunStore
    run: RunRow
    task: str = ""
    tail: int | None = None
    _offsets: dict[Path, int] = field(default_factory=dict)
    _decoders: dict[Path, codecs.IncrementalDecoder] = field(default_factory=dict)

    def new_lines(self) -> Iterator[tuple[str, str, str]]:
        """Yield (task, file name, text) for every piece that was added.

        Raises:
            NotFound: the run has no such task.
        """
        tasks = self.runs.tasks(self.run.run_id)
        chosen = [task for task in tasks if self.task in ("", task.name, task.display_name)]
        if not chosen:
            raise NotFound(f"the run {self.run.run_id} has no task {self.task!r}.")
        for task in chosen:
            yield from self._of(task)

    def _of(self, task: TaskRow) -> Iterator[tuple[str, str, str]]:
        directory = Path(task.directory)
        for name in log_files(directory) if task.directory else []:
            file = directory / name
            with file.open("rb") as stream:
                if file not in self._offsets:
                    self._offsets[file] = 0 if self.tail is None else tail_offset(stream, self.tail)
                    self._decoders[file] = codecs.getincrementaldecoder("utf-8")("replace")
                end = os.fstat(stream.fileno()).st_size  # a log that grows faster than it is read ends here
                stream.seek(self._offsets[file])
                while self._offsets[file] < end and (piece := stream.read(_PIECE)):
                    self._offsets[file] += len(piece)
                    yield task.name, name, self._decoders[file].decode(piece)

    def ended(self) -> bool:
        """Return whether the run has ended."""
        return self.runs.run(self.run.run_id).state in FINAL


def tail_offset(stream: BinaryIO, lines: int) -> int:
    """Return where the last ``lines`` lines of a file begin, reading backwards."""
    position = stream.seek(0, os.SEEK_END)
    missing = lines + 1  # the break before the first of them; one at the end of the file begins no line
    if position:
        stream.seek(position - 1)
        missing -= stream.read(1) != b"\n"
    while position > 0:
        size = min(_PIECE, position)
        position = stream.seek(position - size)
        piece = stream.read(size)
        found = len(piece)
        while missing and (found := piece.rfind(b"\n", 0, found)) >= 0:
            missing -= 1
        if not missing:
            return position + found + 1
    return 0


def print_logs(reader: LogReader, follow: bool, write: Callable[[str], None]) -> None:
    """Write the logs under a heading per file; with ``follow``, until the run ends."""
    heading = ("", "")
    last = "\n"
    while True:
        ended = reader.ended()
        for task, name, text in reader.new_lines():
            if (task, name) != heading:
                heading = (task, name)
                write(f"{_ended(last)}==> {task}: {name} <==\n")
            write(text)
            last = text or last
        if not follow or ended:
            write(_ended(last))
            return
        time.sleep(_FOLLOW_SECONDS)


def _ended(text: str) -> str:
    """Return what ends the last line of a text."""
    return "" if text.endswith("\n") else "\n"
