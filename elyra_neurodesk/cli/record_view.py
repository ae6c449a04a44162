"""A run's record for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from elyra_neurodesk.cli.render import plain, state
from elyra_neurodesk.formatting import format_bytes, format_duration, format_succeeded, format_time
from elyra_neurodesk.record.model import RecordedTask, RepositoryState, RunRecord, TaskFinding, TaskRecord

SHORT = 12
"""How many digits of a hash are shown; --json has them all."""

MAX_FILES = 60
"""How many files are shown at most."""

TIMELINE = 24
"""Characters of the time line."""

_MARKS = {"error": ("×", "bold red"), "warning": ("‼", "yellow")}
_WITHOUT_FILE = {"component": "catalog component", "generic": ""}


def show_record(record: RunRecord) -> Group:
    """Return the whole page."""
    record = with_labels(record)
    parts: list[RenderableType] = [_heading(record), _section("Tasks", _tasks(record))]
    for title, content in (
        ("Findings", _findings(record.findings)),
        ("Tools", _tools(record)),
        ("Parameters", _parameters(record)),
        ("Data", _data(record)),
        ("Environment", _environment(record)),
    ):
        if content is not None:
            parts.append(_section(title, content))
    return Group(*parts)


def with_labels(record: RunRecord) -> RunRecord:
    """Return the record with tasks named by their nodes' labels where these are unique."""
    nodes = Counter(task.node for task in record.tasks)
    labels = {
        task.record.task: task.node
        for task in record.tasks
        if task.record is not None and nodes[task.node] == 1
    }

    def label(name: str) -> str:
        return labels.get(name, name)

    def each(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(label(name) for name in names)

    return replace(
        record,
        tasks=tuple(
            replace(task, record=task.record and replace(task.record, task=label(task.record.task)))
            for task in record.tasks
        ),
        tools=tuple(replace(one, tasks=each(one.tasks)) for one in record.tools),
        repositories=tuple(replace(one, tasks=each(one.tasks)) for one in record.repositories),
        edges=tuple(replace(one, origin=label(one.origin), target=label(one.target)) for one in record.edges),
        findings=tuple(replace(one, task=label(one.task)) for one in record.findings),
    )


def short(sha256: str) -> str:
    """Return the beginning of a hash."""
    return sha256.removeprefix("sha256:")[:SHORT]


def joined(names: Iterable[str], most: int = 6) -> str:
    """Return names in one line, the rest of a long list as a number."""
    known = list(names)
    rest = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + rest


def quoted(value: object) -> str:
    """Return a parameter's value so that texts, numbers and Booleans can be distinguished."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, str) else str(value)


def table(*titles: str, right: Iterable[int] = ()) -> Table:
    """Return an empty table in our style; columns in ``right`` hold numbers."""
    made = Table(*titles, box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for index in right:
        made.columns[index].justify = "right"
    return made


def _section(title: str, content: RenderableType) -> RenderableType:
    return Group(Text(), Text(title, style="bold"), Padding(content, (0, 0, 0, 2), expand=False))


def _heading(record: RunRecord) -> Group:
    done = format_succeeded(task.state for task in record.tasks)
    times = Text.assemble(
        format_time(_time(record.created)),
        *((" → ", format_time(_time(record.finished))) if record.finished else ()),
    )
    lines = [
        Text.assemble(
            (plain(record.name).plain, "bold"),
            "  ",
            state(record.state),
            f"  {done} tasks succeeded  {format_duration(record.seconds)}",
        ),
        Text(f"run {record.run_id}", style="dim"),
        Text.assemble(times, style="dim"),
    ]
    # a backend repeats the failed task's message as the run's own
    if record.message and not any(task.message and task.message in record.message for task in record.tasks):
        lines.append(plain(record.message))
    return Group(*lines)


def _tasks(record: RunRecord) -> Table:
    shown = table("task", "file", "state", "exit", "took", "when", "message", right=(3, 4))
    spans = [_span(task) for task in record.tasks]
    known = [moment for span in spans if span for moment in span]
    for task, span in zip(record.tasks, spans, strict=True):
        inner = task.record
        shown.add_row(
            plain(task.node),
            plain(inner.file) if inner else Text(_WITHOUT_FILE[task.kind], style="dim"),
            state(task.state),
            "" if inner is None else str(inner.exit_status),
            format_duration(inner.seconds if inner else task.seconds),
            _bar(span, min(known), max(known)) if span else Text(),
            _message(task),
        )
    return shown


def _message(task: RecordedTask) -> Text:
    if task.record and task.record.error:
        return plain(f"{task.record.error.code}: {task.record.error.message}")
    if task.reference and not task.record:
        return Text("its record is of another version, or damaged", style="yellow")
    return plain(task.message)


def _span(task: RecordedTask) -> tuple[datetime, datetime] | None:
    """Return when a task ran: by its own record, else by the backend."""
    if task.record:
        return datetime.fromisoformat(task.record.started), datetime.fromisoformat(task.record.finished)
    began = _time(task.started)
    if began is None or task.seconds is None:
        return None
    return began, began + timedelta(seconds=task.seconds)


def _bar(span: tuple[datetime, datetime], first: datetime, last: datetime) -> Text:
    """Return a task's place between the run's first and last moment."""
    whole = (last - first).total_seconds() or 1.0
    begin = min(int((span[0] - first).total_seconds() / whole * TIMELINE), TIMELINE - 1)
    end = max(round((span[1] - first).total_seconds() / whole * TIMELINE), begin + 1)
    return Text.assemble(
        ("·" * begin, "dim"), ("━" * (end - begin), "cyan"), ("·" * (TIMELINE - end), "dim"), no_wrap=True
    )


def _findings(findings: Iterable[TaskFinding]) -> Table | None:
    shown = table("", "task", "where", "what")
    for finding in findings:
        mark, style = _MARKS[finding.severity]
        where = [
            f"{name} {number}"
            for name, number in (("cell", finding.cell), ("line", finding.line))
            if number is not None
        ]
        shown.add_row(
            Text(mark, style=style),
            plain(finding.task),
            ", ".join(where),
            Text.assemble(
                plain(f"{finding.code}: {finding.message}"),
                *((("\n", ""), (plain(finding.hint).plain, "dim")) if finding.hint else ()),
            ),
        )
    return shown if shown.rows else None


def _tools(record: RunRecord) -> RenderableType | None:
    shown = table("module", "container it was", "asked for as", "tasks")
    for tool in record.tools:
        container = PurePosixPath(tool.container).name
        shown.add_row(
            plain(tool.module) if tool.module else Text("not there", style="yellow"),
            plain(container) if container else Text("unknown", style="dim"),
            plain(joined(tool.requested) or "loaded by the notebook"),
            plain(joined(tool.tasks)),
        )
    lines = [Text(_repository(seen), style="dim") for seen in record.repositories]
    if not shown.rows:
        return Group(Text("no Neurodesk module was loaded", style="dim"), *lines) if lines else None
    return Group(shown, *lines)


def _repository(seen: RepositoryState) -> str:
    parts = [
        f"revision {seen.revision}" if seen.revision else "",
        f"root hash {short(seen.root_hash)}" if seen.root_hash else "",
        f"published {seen.published}" if seen.published else "",
    ]
    known = ", ".join(filter(None, parts)) or "a directory without a revision (not a CVMFS mount)"
    return f"CVMFS: {plain(known).plain}"


def _parameters(record: RunRecord) -> Table | None:
    shown = table("name", "value")
    for name, value in record.parameters.items():
        shown.add_row(plain(name), plain(quoted(value)))
    return shown if shown.rows else None


def _data(record: RunRecord) -> Table | None:
    """List what went into the run, from task to task, and out of it."""
    shown = table("file", "size", "sha256", "from", "used by", right=(1,))
    readers: dict[str, list[str]] = {}
    for edge in record.edges:
        readers.setdefault(edge.key, []).append(edge.target)
    rows = [
        (*_file(*file), Text("submitted", style="dim"), plain(joined(tasks)))
        for file, tasks in _given(record).items()
    ]
    rows += [
        (
            *_file(output.path, output.size, output.sha256),
            plain(task.task),
            plain(joined(readers.get(output.key, ()))),
        )
        for task in _records(record)
        for output in task.outputs
    ]
    for row in rows[:MAX_FILES]:
        shown.add_row(*row)
    if len(rows) > MAX_FILES:
        shown.add_row(Text(f"and {len(rows) - MAX_FILES} more: --json has them all", style="dim"))
    return shown if rows else None


def _given(record: RunRecord) -> dict[tuple[str, int, str], list[str]]:
    """Return the files that were submitted beside notebooks and scripts, and the tasks that got them."""
    given: dict[tuple[str, int, str], list[str]] = {}
    for task in _records(record):
        for file in task.files:
            given.setdefault((file.path, file.size, file.sha256), []).append(task.task)
    return given


def _file(path: str, size: int, sha256: str) -> tuple[Text, str, Text]:
    return plain(path), format_bytes(size), Text(short(sha256), style="dim")


def _environment(record: RunRecord) -> Table | None:
    """List images, languages and packages, each once, with the tasks when they are not all."""
    everyone = [task.task for task in _records(record)]
    found: dict[tuple[str, str], list[str]] = {}
    for task in record.tasks:
        if task.record is not None:
            for what in _surroundings(task.record, task.image, record):
                found.setdefault(what, []).append(task.record.task)
    shown = table("", "", "tasks")
    for (name, value), tasks in found.items():
        shown.add_row(
            Text(name, style="dim"), plain(value), "all" if tasks == everyone else plain(joined(tasks))
        )
    return shown if shown.rows else None


def _surroundings(task: TaskRecord, requested_image: str, record: RunRecord) -> Iterator[tuple[str, str]]:
    image = task.image
    if image and not image.used:
        yield "image", f"{image.reference} (not used: the backend runs tasks on its own machine)"
    elif image:
        yield "image", image.reference
    elif requested_image:
        yield "image", f"{requested_image} (asked for)"
    language = task.language
    if language and language.name != "python":
        yield "language", " ".join(filter(None, (language.name, language.version)))
    count = len(record.packages.get(task.packages_sha256, ()))
    yield "python", f"{task.python}, {count} packages ({short(task.packages_sha256)})"
    yield "host", task.host


def _records(record: RunRecord) -> list[TaskRecord]:
    return [task.record for task in record.tasks if task.record is not None]


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
