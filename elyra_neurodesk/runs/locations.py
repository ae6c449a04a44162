"""Where a run's files are, read from the pipeline that it ran.

A generic task names itself in the constant ``task`` among its input parameters, and the document with the
`TaskSpec` of all tasks in the arguments of its executor. In pipelines for bootstrappers before version 3 both
places have JSON: what is the task's own, and what all tasks share. The names of what is read here are those
of KFP's pipeline_spec.proto in its JSON form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elyra_neurodesk.bootstrapper.command import writes_life_signs
from elyra_neurodesk.bootstrapper.spec import InvalidTaskSpec, TaskSpec
from elyra_neurodesk.bootstrapper.specs import DocumentReference, read_document
from elyra_neurodesk.kfp_api.pipeline_spec import pipeline_spec_of

PARAMETER = "task"
"""Name of the input parameter that says which task it is."""

ReadDocument = Callable[[DocumentReference], bytes | None]
"""Returns a document with specifications, None where it cannot be had."""


@dataclass(frozen=True)
class SpecTask:
    """One task that runs a container, as the pipeline spec has it.

    Attributes:
        name: its key in the DAG, which is the task's name everywhere in KFP.
        display_name: the task's display name in the pipeline spec.
        spec: what the bootstrapper runs; None for catalog components.
        image: the container image that the pipeline asks for.
        repeated: whether it is in a loop, so that a run has several tasks of this name.
        unread: the task's own name where its specification cannot be had, else "".
        life_signs: whether it writes signs of life.
    """

    name: str
    display_name: str
    spec: TaskSpec | None
    image: str = ""
    repeated: bool = False
    unread: str = ""
    life_signs: bool = False

    @property
    def label(self) -> str:
        """The node's label for generic tasks, else the display name."""
        return self.spec.node if self.spec and self.spec.node else self.display_name

    @property
    def directory(self) -> str:
        """Name of the task's directory in the object store, "" for catalog components."""
        return self.spec.task if self.spec else self.unread


def spec_tasks(package: str | Mapping[str, Any], read: ReadDocument) -> list[SpecTask]:
    """Return the tasks of a pipeline that run a container, parents before children where possible.

    Args:
        package: as for `pipeline_spec_of`.
        read: is asked once for each document that the tasks name.

    Sub-DAGs are entered; a component used by several tasks gives one entry for each of them.
    """
    pipeline = pipeline_spec_of(package)
    executors = _at(pipeline, "deploymentSpec", "executors")
    components = _at(pipeline, "components")
    specs = _Specs(read)
    return list(_tasks_of(_at(pipeline, "root", "dag", "tasks"), components, executors, specs))


@dataclass
class _Specs:
    """Specifications of tasks; each document is read once."""

    read: ReadDocument
    _documents: dict[DocumentReference, Mapping[str, TaskSpec]] = field(default_factory=dict)

    def of(self, task: Mapping[str, Any], executor: Mapping[str, Any]) -> tuple[TaskSpec | None, str]:
        """Return a task's specification, or None and the name under which it is in a document."""
        own = _at(task, "inputs", "parameters", PARAMETER, "runtimeValue").get("constant")
        given = _words(executor, "args")
        if isinstance(own, str) and (reference := DocumentReference.from_arguments(given)):
            spec = self._document(reference).get(own)
            return spec, "" if spec else own
        return _spec_in_arguments(own, given), ""

    def _document(self, reference: DocumentReference) -> Mapping[str, TaskSpec]:
        if reference not in self._documents:
            content = self.read(reference)
            try:
                found = {} if content is None else read_document(content, reference.sha256)
            except InvalidTaskSpec:  # its tasks refuse it, and report it
                found = {}
            self._documents[reference] = found
        return self._documents[reference]


def _tasks_of(
    tasks: Mapping[str, Any],
    components: Mapping[str, Any],
    executors: Mapping[str, Any],
    specs: _Specs,
    depth: int = 0,
    repeated: bool = False,
) -> Iterator[SpecTask]:
    for name in _in_order(tasks):
        task = tasks[name]
        component = _at(components, str(_at(task, "componentRef").get("name")))
        inner = _at(component, "dag", "tasks")
        loop = repeated or bool({"parameterIterator", "artifactIterator"} & set(task))
        if inner and depth < 20:  # kfp nests by groups; a spec that nests deeper refers to itself
            yield from _tasks_of(inner, components, executors, specs, depth + 1, loop)
        elif "executorLabel" in component:
            executor = _at(executors, str(component["executorLabel"]))
            display_name = _at(task, "taskInfo").get("name") or name
            image = str(_at(executor, "container").get("image") or "")
            spec, unread = specs.of(task, executor)
            signs = writes_life_signs(_words(executor, "command"))
            yield SpecTask(name, str(display_name), spec, image, loop, unread, signs)


def _in_order(tasks: Mapping[str, Any]) -> list[str]:
    """Return the names so that each comes after those it depends on; by name where that leaves a choice."""
    waiting = {
        name: set(task.get("dependentTasks") or ()) & set(tasks) for name, task in sorted(tasks.items())
    }
    ordered: list[str] = []
    while waiting:
        ready = [name for name, before in waiting.items() if not before & set(waiting)]
        ready = ready or list(waiting)  # a cycle: KFP refuses it, and listing tasks need not fail
        ordered += ready
        for name in ready:
            del waiting[name]
    return ordered


def _spec_in_arguments(own: Any, arguments: Sequence[Any]) -> TaskSpec | None:
    """Return the specification in a task for a bootstrapper before version 3, None where there is none."""
    for text in (own, *arguments):
        if isinstance(text, str) and text.startswith("{") and '"store"' in text:
            try:
                # the argument holds what all tasks have in common, or everything
                return TaskSpec.from_json(own if isinstance(own, str) else "{}", text)
            except InvalidTaskSpec:
                continue
    return None


def _words(executor: Mapping[str, Any], field: str) -> list[str]:
    """Return a list of texts of an executor's container, [] where there is none."""
    found = _at(executor, "container").get(field)
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def _at(tree: Any, *path: str) -> Mapping[str, Any]:
    """Return the mapping at ``path`` below ``tree``, {} where there is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, Mapping) else {}
