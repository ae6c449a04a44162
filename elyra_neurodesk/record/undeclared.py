"""What is said of a task's undeclared files: the same in its log, in ``runs show`` and on the run's page.

Standard library only: tasks import this.
"""

from __future__ import annotations

from elyra_neurodesk.errors import one_line
from elyra_neurodesk.formatting import format_bytes
from elyra_neurodesk.record.model import NotKept, StoredFile, TaskRecord

DIRECTORY = "undeclared"
"""Where kept files are, below the task's own directory in the object store."""

MAX_NAMES = 3
"""How many names of files that were not kept stand in a sentence; the record has more."""


def undeclared_sentences(record: TaskRecord) -> tuple[str, ...]:
    """Return what to say about a task's undeclared files; nothing where it has none."""
    kept = (kept_sentence(record.undeclared),) if record.undeclared else ()
    lost = (not_kept_sentence(record.not_kept),) if record.not_kept else ()
    return (*kept, *lost)


def kept_sentence(files: tuple[StoredFile, ...]) -> str:
    """Return one line about files that were kept."""
    size = format_bytes(sum(file.size for file in files))
    what, them = ("undeclared file was", "it") if len(files) == 1 else ("undeclared files were", "them")
    return (
        f"{len(files):,} {what} kept in {DIRECTORY}/, {size}; declare {them} under Output Files for later "
        "nodes to use"
    )


def not_kept_sentence(lost: NotKept) -> str:
    """Return one line about files that were not kept, which names the largest."""
    names = ", ".join(file.path for file in lost.named[:MAX_NAMES])
    more = lost.files - len(lost.named[:MAX_NAMES])
    rest = f" and {more:,} more" if more > 0 else ""
    if not lost.files:
        return "the directory is too large to look for undeclared files in all of it"
    least = "" if lost.complete else "at least "
    what, them = ("file was", "it") if lost.files == 1 else ("files were", "them")
    why = f" ({lost.problem})" if lost.problem else ""
    return one_line(
        f"{least}{lost.files:,} {what} not kept: {names}{rest}, {format_bytes(lost.size)}{why}; "
        f"declare {them} under Output Files"
    )
