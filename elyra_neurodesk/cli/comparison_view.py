"""What differed between two runs, for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from elyra_neurodesk.cli.record_view import joined, quoted, short, table
from elyra_neurodesk.cli.render import plain, state
from elyra_neurodesk.formatting import format_bytes, format_time
from elyra_neurodesk.record.model import RunRecord
from elyra_neurodesk.runs.compare import KINDS, Comparison, Difference, Kind

_TITLES: Mapping[Kind, str] = {
    "parameters": "Parameters",
    "code": "Code",
    "data": "Data",
    "tools": "Tools",
    "environment": "Environment",
    "results": "Results",
}


def show_comparison(found: Comparison) -> Group:
    """Return the whole page: a line for each kind that is the same, a table for each that is not."""
    parts: list[RenderableType] = [_run("A", found.a), _run("B", found.b), Text()]
    for letter, names in (("A", found.only_a), ("B", found.only_b)):
        if names:
            parts.append(Text.assemble(("≠ ", "yellow"), f"only in {letter}: ", plain(joined(names))))
    for kind in KINDS:
        parts += _kind(kind, found)
    parts += _remarks(found)
    parts += [Text(), _verdict(found)]
    return Group(*parts)


def _run(letter: str, run: RunRecord) -> Text:
    created = datetime.fromisoformat(run.created) if run.created else None
    return Text.assemble(
        (f"{letter}  ", "bold"),
        plain(run.name),
        "  ",
        state(run.state),
        (f"  {format_time(created)}  {run.run_id}", "dim"),
    )


def _kind(kind: Kind, found: Comparison) -> list[RenderableType]:
    differences = found.of(kind)
    if not differences:
        if not found.compared:
            return []
        return [Text.assemble(("√ ", "green"), (f"{_TITLES[kind]}: same", "dim"))]
    shown = table("", "A", "B", "tasks")
    for one in differences:
        shown.add_row(plain(one.what), *_both(one), _tasks(one))
    heading = Text.assemble(("≠ ", "yellow"), (_TITLES[kind], "bold"))
    return [heading, Padding(shown, (0, 0, 0, 2), expand=False)]


def _both(one: Difference) -> tuple[Text, Text]:
    return _value(one, one.a), _value(one, one.b)


def _value(one: Difference, value: Any) -> Text:
    if value is None:
        return Text("–", style="dim")
    if isinstance(value, dict):
        return Text(f"{format_bytes(value['size'])}, {short(value['sha256'])}")
    if one.kind == "parameters":
        return plain(quoted(value))
    if one.what in ("archive", "CVMFS root hash", "image digest"):
        return plain(short(str(value)))
    return state(str(value)) if one.what == "state" else plain(str(value))


def _tasks(one: Difference) -> Text:
    tasks = plain(joined(one.tasks))
    return tasks if not one.follows else Text.assemble(tasks, (f"  follows from {one.follows}", "dim"))


def _remarks(found: Comparison) -> list[RenderableType]:
    lines = []
    if found.unexplained:
        lines.append(
            f"{joined(found.unexplained)}: the outputs differ although nothing recorded differs before them. "
            "Possible causes: random numbers, the time of day, undeclared files."
        )
    if found.unrecorded:
        lines.append(
            f"{joined(found.unrecorded)}: without a record in both runs; only state and image are compared."
        )
    return [Text.assemble(("‼ ", "yellow"), plain(line)) for line in lines]


def _verdict(found: Comparison) -> Text:
    count = len(found.compared)
    tasks = f"{count} task{'' if count == 1 else 's'} compared"
    if found.same and found.unrecorded:
        return Text.assemble(("Nothing differs", "bold"), f" in what is recorded ({tasks}).")
    if found.same:
        return Text.assemble(("Nothing differs", "bold green"), f" ({tasks}).")
    kinds = [kind for kind in KINDS if any(not one.follows for one in found.of(kind))]
    names = joined(_TITLES[kind].lower() for kind in kinds) or "their tasks"
    return Text.assemble(("The runs differ", "bold"), f" in {names} ({tasks}).")
