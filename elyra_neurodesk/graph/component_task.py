"""A node of a component catalog as a task."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.components import CompiledComponent, compile_component
from elyra_neurodesk.graph.kubernetes_config import kubernetes_config
from elyra_neurodesk.graph.model import Constant, PipelineInput, Task, TaskInput, TaskOutput
from elyra_neurodesk.graph.pipeline import ComponentNode
from elyra_neurodesk.graph.values import parse_value

# what the bootstrapper does for notebooks: KFP labels every pod of a run with the run's id
# (backend/src/apiserver/template/v2_template.go)
RUN_NAME = {"name": "ELYRA_RUN_NAME", "fieldPath": "metadata.labels['pipeline/runid']"}


class MissingInput(NeurodeskError):
    """A component input that needs a value has none."""

    code = "ND-VALUE-002"
    hint = "Enter a value in the node's properties, or connect the output of another node."


class ComponentMissing(NeurodeskError):
    """No catalog has the component of a node."""

    code = "ND-COMPONENT-002"
    hint = "Add or refresh the component catalog that the node came from."


class ArtifactNeedsTask(NeurodeskError):
    """A text was entered where the component takes an artifact of another task."""

    code = "ND-VALUE-003"
    hint = "Connect the output of another node to this input."


def sanitize_name(name: str) -> str:
    """Return a component's input or output name as KFP's compiler writes it (kfp/dsl/utils.py)."""
    return re.sub("[^_0-9a-z]+", "_", name.lower()).strip("_")


def component_task(
    node: ComponentNode,
    parents: tuple[str, ...],
    task_names: Mapping[str, str],
    parameters: frozenset[str],
) -> Task:
    """Return the task of a catalog node, not yet patched.

    Args:
        node: the node.
        parents: names of its parent tasks.
        task_names: node id to task name, for inputs that take another node's output.
        parameters: names of the pipeline parameters that have a value.

    Raises:
        ComponentMissing: no catalog has the node's component.
        InvalidComponent: KFP cannot read the definition.
        MissingInput: an input without default has no value.
        InvalidInputValue: a value is not of the input's type.
        ArtifactNeedsTask: an artifact input has a constant.
    """
    if node.definition is None:
        raise ComponentMissing(f"Node '{node.label}': no catalog has its component '{node.component}'.")
    compiled = compile_component(node.definition)
    given = {sanitize_name(name): entry for name, entry in node.inputs.items()}
    resolve = _InputResolver(node.label, given, compiled, task_names, parameters)
    names = (*compiled.parameter_types(), *sorted(compiled.artifact_inputs()))
    # every default is passed: for one that is not, the driver of KFP 2.17 and newer (commit 9a9b4efa0f) fails
    # with "parameter not found in executor input"
    defaults = {name: Constant(value) for name, value in compiled.defaults().items()}
    inputs = {name: source for name in names if (source := resolve(name) or defaults.get(name)) is not None}
    for name in sorted(compiled.required_inputs() - inputs.keys()):
        raise MissingInput(f"Node '{node.label}': input '{name}' has no value.")
    return Task(
        name=task_names[node.id],
        display_name=node.label,
        parents=parents,
        inputs=inputs,
        platform={**kubernetes_config(node.modifiers, node.label), "fieldPathAsEnv": [RUN_NAME]},
        caching=node.caching,
        component=node.definition,
        comment=node.comment,
    )


@dataclass(frozen=True)
class _InputResolver:
    label: str
    given: Mapping[str, Mapping[str, Any]]
    compiled: CompiledComponent
    task_names: Mapping[str, str]
    parameters: frozenset[str]

    def __call__(self, name: str) -> TaskInput | None:
        entry = self.given.get(name)
        if entry is None:
            return None
        value, widget = entry.get("value"), entry.get("widget")
        by_widget: dict[str, Callable[[Any], TaskInput | None]] = {
            "inputpath": self._output,
            "parameter": self._parameter,
        }
        return by_widget.get(widget or "", lambda given: self._constant(name, given))(value)

    def _output(self, value: Mapping[str, str] | None) -> TaskInput | None:
        if not value or value.get("value") not in self.task_names:
            return None
        return TaskOutput(
            self.task_names[value["value"]], sanitize_name(value["option"].removeprefix("output_"))
        )

    def _parameter(self, value: str | None) -> TaskInput | None:
        return PipelineInput(value) if value in self.parameters and value else None

    def _where(self, name: str) -> str:
        return f"Node '{self.label}': input '{name}'"

    def _constant(self, name: str, value: Any) -> TaskInput | None:
        if value is None or value == "":
            return None
        where = self._where(name)
        kind = self.compiled.parameter_types().get(name)
        if kind is None:
            raise ArtifactNeedsTask(f"{where} takes an artifact, not a text.")
        return Constant(parse_value(value, kind, where))
