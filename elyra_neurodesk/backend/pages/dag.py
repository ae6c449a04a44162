"""Layout of the graph of a run's tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from elyra_neurodesk.backend.db.rows import TaskRow

BOX_WIDTH = 190
BOX_HEIGHT = 36
_COLUMN = 250
_ROW = 52
_MARGIN = 12
_LETTERS = 25


@dataclass(frozen=True)
class TaskBox:
    """A task in the picture; lengths in SVG units, (x, y) its upper left corner."""

    task: TaskRow
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class EdgePath:
    """A dependency: the ``d`` attribute of an SVG path from parent to child."""

    path: str


@dataclass(frozen=True)
class GraphLayout:
    """A run's graph, parents to the left of their children."""

    width: float
    height: float
    boxes: tuple[TaskBox, ...]
    lines: tuple[EdgePath, ...]


def lay_out(tasks: Sequence[TaskRow]) -> GraphLayout:
    """Return the picture of tasks.

    A task's column is the length of the longest path to it; in a column tasks stand beside their parents.

    Args:
        tasks: parents before children.
    """
    columns: list[list[TaskRow]] = []
    column: dict[str, int] = {}
    for task in tasks:
        column[task.name] = 1 + max((column[parent] for parent in task.parents), default=-1)
        if column[task.name] == len(columns):
            columns.append([])
        columns[column[task.name]].append(task)
    tallest = max((len(members) for members in columns), default=0)
    boxes: dict[str, TaskBox] = {}
    for index, members in enumerate(columns):
        top = _MARGIN + (tallest - len(members)) * _ROW / 2
        for row, task in enumerate(sorted(members, key=lambda task: _beside(task, boxes))):
            label = _short(task.display_name)
            boxes[task.name] = TaskBox(task, label, _MARGIN + index * _COLUMN, top + row * _ROW)
    lines = tuple(_line(boxes[parent], boxes[task.name]) for task in tasks for parent in task.parents)
    width = 2 * _MARGIN + max(len(columns) - 1, 0) * _COLUMN + BOX_WIDTH
    height = 2 * _MARGIN + max(tallest - 1, 0) * _ROW + BOX_HEIGHT
    return GraphLayout(width, height, tuple(boxes.values()), lines)


def _beside(task: TaskRow, boxes: dict[str, TaskBox]) -> tuple[float, int]:
    """Return the mean height of a task's parents; its position decides among equals."""
    heights = [boxes[parent].y for parent in task.parents]
    return (sum(heights) / len(heights) if heights else 0.0, task.position)


def _line(parent: TaskBox, child: TaskBox) -> EdgePath:
    x1, y1 = parent.x + BOX_WIDTH, parent.y + BOX_HEIGHT / 2
    x2, y2 = child.x, child.y + BOX_HEIGHT / 2
    bend = (_COLUMN - BOX_WIDTH) * 0.9
    return EdgePath(f"M{x1:g},{y1:g} C{x1 + bend:g},{y1:g} {x2 - bend:g},{y2:g} {x2:g},{y2:g}")


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
