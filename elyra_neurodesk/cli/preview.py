"""What ``submit --dry-run`` prints: the tasks that would run, from the graph that would be submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.check.nodes import check_inputs
from elyra_neurodesk.graph.declarations import declared_modules
from elyra_neurodesk.graph.model import Resources, Task, TaskGraph
from elyra_neurodesk.graph.order import topological_order
from elyra_neurodesk.graph.pipeline import NotebookNode, Pipeline
from elyra_neurodesk.settings import RuntimeConfiguration

if TYPE_CHECKING:
    from rich.console import RenderableType

MAX_FILES = 8
"""Files of a task that are listed one by one on a terminal; the others are counted."""


@dataclass(frozen=True)
class Preview:
    """A pipeline that would be submitted.

    Attributes:
        pipeline: as its author drew it.
        graph: its tasks, ready to be compiled.
        root: directory that the nodes' files are relative to.
        settings: the runtime configuration.
    """

    pipeline: Pipeline
    graph: TaskGraph
    root: Path
    settings: RuntimeConfiguration

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "pipeline": self.pipeline.name,
            "runtime_config": self.settings.name,
            "parameters": [
                {"name": one.name, "type": one.type, "value": one.value} for one in self.graph.parameters
            ],
            "tasks": self._tasks(),
            "warnings": list(self.graph.warnings),
            "submitted": False,
        }

    def _tasks(self) -> list[dict[str, Any]]:
        """Return the tasks in the order in which they may start."""
        nodes = {node.id: node for node in self.pipeline.nodes}
        order = topological_order(
            {node.id: node.parents for node in nodes.values()},
            {node.id: node.label for node in nodes.values()},
        )
        files = {item.node.id: item.files for item in check_inputs(self.pipeline, self.root, self.settings)}
        labels = {task.name: task.display_name for task in self.graph.tasks}
        return [
            _task_json(task, nodes[key], labels, files.get(key, {}), self.settings)
            # tasks are made in this very order (`graph.build.build_graph`)
            for key, task in zip(order, self.graph.tasks, strict=True)
        ]


def _task_json(
    task: Task,
    node: Any,
    labels: Mapping[str, str],
    files: Mapping[str, Path],
    settings: RuntimeConfiguration,
) -> dict[str, Any]:
    notebook = node if isinstance(node, NotebookNode) else None
    return {
        "name": task.name,
        "label": task.display_name,
        "file": task.file,
        "after": [labels[parent] for parent in task.parents],
        "image": task.image,
        "modules": list(declared_modules(notebook, settings)) if notebook else [],
        "resources": _resources(task.resources),
        "parameters": list(notebook.parameters) if notebook else [],
        # values may be secrets
        "env": sorted(notebook.env) if notebook else [],
        "files": {name: path.stat().st_size for name, path in sorted(files.items())},
        "outputs": list(notebook.outputs) if notebook else [],
    }


def _resources(resources: Resources) -> dict[str, str]:
    found = {
        "cpu": resources.cpu_request,
        "cpu_limit": resources.cpu_limit,
        "memory": resources.memory_request,
        "memory_limit": resources.memory_limit,
        resources.accelerator_type or "gpu": resources.accelerator_count,
    }
    return {name: value for name, value in found.items() if value}


def render(content: Mapping[str, Any]) -> RenderableType:
    """Return what `Preview.to_json` says, for a terminal."""
    from rich.console import Group
    from rich.text import Text

    from elyra_neurodesk.cli.render import plain

    count = len(content["tasks"])
    lines: list[RenderableType] = [
        Text.assemble(plain(content["pipeline"]), f": {count} task{'' if count == 1 else 's'}"),
        _line("runs on", f"runtime configuration '{content['runtime_config']}'"),
    ]
    for parameter in content["parameters"]:
        lines.append(_line("parameter", f"{parameter['name']} = {parameter['value']} ({parameter['type']})"))
    for number, task in enumerate(content["tasks"], 1):
        title = plain(f"{number}. {task['label']}")
        title.stylize("bold")
        lines += ["", title]
        resources = ", ".join(f"{name} {value}" for name, value in task["resources"].items())
        shown = (
            ("after", ", ".join(task["after"])),
            ("image", task["image"]),
            ("modules", ", ".join(task["modules"])),
            ("resources", resources),
            ("parameters", ", ".join(task["parameters"])),
            ("environment", ", ".join(task["env"])),
            ("files", _files(task["files"])),
            ("outputs", ", ".join(task["outputs"])),
        )
        lines += [_line(name, value) for name, value in shown if value]
    for warning in content["warnings"]:
        lines += ["", Text.assemble(("‼", "yellow"), " ", plain(warning))]
    lines += ["", Text("nothing was uploaded or started", style="dim")]
    return Group(*lines)


def _line(name: str, value: str) -> RenderableType:
    from rich.text import Text

    from elyra_neurodesk.cli.render import plain

    return Text.assemble((f"  {name:<12}", "dim"), plain(value))


def _files(files: Mapping[str, int]) -> str:
    from elyra_neurodesk.formatting import format_bytes

    names = list(files)[:MAX_FILES]
    more = len(files) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    return f"{listed} ({format_bytes(sum(files.values()))})" if files else ""
