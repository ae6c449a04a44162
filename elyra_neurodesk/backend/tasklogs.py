"""Log files of tasks: their names, and what `local logs` prints of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from elyra_neurodesk.backend.db.catalog import NotFound
from elyra_neurodesk.backend.db.rows import RunRow, TaskRow
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import FINAL

MAIN_LOG = "main.log"
_FOLLOW_SECONDS = 0.3


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
    """

    runs: RunStore
    run: RunRow
    task: str = ""
    _offsets: dict[Path, int] = field(default_factory=dict)

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
                stream.seek(self._offsets.get(file, 0))
                content = stream.read()
            if content:
                self._offsets[file] = self._offsets.get(file, 0) + len(content)
                yield task.name, name, content.decode("utf-8", "replace")

    def ended(self) -> bool:
        """Return whether the run has ended."""
        return self.runs.run(self.run.run_id).state in FINAL


def print_logs(reader: LogReader, follow: bool, write: Callable[[str], None]) -> None:
    """Write the logs under a heading per file; with ``follow``, until the run ends."""
    heading = ("", "")
    while True:
        ended = reader.ended()
        for task, name, text in reader.new_lines():
            if (task, name) != heading:
                heading = (task, name)
                write(f"==> {task}: {name} <==\n")
            write(text if text.endswith("\n") or follow else f"{text}\n")
        if not follow or ended:
            return
        time.sleep(_FOLLOW_SECONDS)
