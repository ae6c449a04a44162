"""The values that a run and its tasks start with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import InvalidParameters, TaskInputMissing
from .model import Package, PackageTask, producer, to_json, type_name

_MISSING = object()
_TYPE_NAMES = {
    "STRING": "a string",
    "NUMBER_INTEGER": "an integer",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a list",
    "STRUCT": "a mapping",
}


@dataclass(frozen=True)
class TaskInputs:
    """What one task gets.

    Attributes:
        parameters: values by name; optional ones without a value are left out.
        artifacts: JSON of the message RuntimeArtifact by name.
        constants: names of the parameters whose value was written in the package: only in those may KFP's
            placeholders stand, all other values are taken literally.
        kubernetes: from `resolve_kubernetes`, with the init containers.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    kubernetes: Mapping[str, Any] = field(default_factory=dict)


def check_run_parameters(package: Package, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a run's parameters, defaults filled in, optional ones without a value left out.

    Args:
        package: the pipeline.
        given: JSON values by name; null counts as not given.

    Raises:
        InvalidParameters: an unknown name, a missing value, a value of another type.
    """
    declared = package.parameters
    for name in given:
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise InvalidParameters(
                f"the pipeline {package.name!r} has no parameter {name!r} (its parameters: {known})."
            )
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        value, kind = given.get(name), type_name(parameter)
        if value is None:
            if parameter.HasField("default_value"):
                values[name] = as_type(to_json(parameter.default_value), kind)
            elif not parameter.is_optional:
                raise InvalidParameters(
                    f"the pipeline {package.name!r} needs a value for its parameter {name!r} "
                    f"({_TYPE_NAMES[kind]})."
                )
            continue
        if not _has_type(value, kind):
            raise InvalidParameters(
                f"the parameter {name!r} of the pipeline {package.name!r} takes "
                f"{_TYPE_NAMES[kind]}, not {str(value)[:80]!r}."
            )
        values[name] = as_type(value, kind)
    return values


def resolve_inputs(
    task: PackageTask,
    run_parameters: Mapping[str, Any],
    outputs_by_task: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> TaskInputs:
    """Return what a task gets.

    Args:
        task: the task, all parents of which have succeeded.
        run_parameters: from `check_run_parameters`.
        outputs_by_task: ``Result.outputs`` of the upstream tasks.

    Raises:
        TaskInputMissing: a required value is missing.
    """
    from .kubernetes import resolve_kubernetes

    def find(source: Any, kind: str) -> Any:
        if found := producer(source):
            return outputs_by_task.get(found[0], {}).get(kind, {}).get(found[1], _MISSING)
        if source.WhichOneof("kind") == "runtime_value":
            return to_json(source.runtime_value.constant)
        return run_parameters.get(source.component_input_parameter, _MISSING)

    def name_of_object(source: Any) -> Any:
        value = find(source, "parameters")
        if value is _MISSING:
            raise TaskInputMissing(
                f"task {task.name!r} takes the name of a volume or secret from {_describe(source)}, "
                "which has no value."
            )
        return value

    declared, given = task.component.input_definitions.parameters, task.spec.inputs.parameters
    parameters: dict[str, Any] = {}
    # KFP adds inputs named pipelinechannel--… to a task without declaring them: optional strings
    for name in (*sorted(declared), *sorted(given.keys() - declared.keys())):
        value = find(given[name], "parameters") if name in given else _MISSING
        if value is _MISSING and name in declared and declared[name].HasField("default_value"):
            value = to_json(declared[name].default_value)
        if value is not _MISSING:
            parameters[name] = as_type(value, type_name(declared[name]) if name in declared else "STRING")
        elif name in declared and not declared[name].is_optional:
            raise TaskInputMissing(f"task {task.name!r} has no value for its input {name!r}.")
    artifacts: dict[str, Mapping[str, Any]] = {}
    for name, source in sorted(task.spec.inputs.artifacts.items()):
        value = artifacts[name] = find(source, "artifacts")
        if value is _MISSING:
            raise TaskInputMissing(
                f"task {task.name!r} has no input {name!r}: {_describe(source)} was not written."
            )
    kubernetes = resolve_kubernetes(task.kubernetes, name_of_object)
    if task.init_containers:
        kubernetes["initContainers"] = list(task.init_containers)
    return TaskInputs(
        parameters=parameters,
        artifacts=artifacts,
        constants=frozenset(
            name for name, source in given.items() if source.WhichOneof("kind") == "runtime_value"
        ),
        kubernetes=kubernetes,
    )


def _describe(source: Any) -> str:
    found = producer(source)
    if found is None:
        return f"the pipeline's parameter {source.component_input_parameter!r}"
    return f"the output {found[1]!r} of task {found[0]!r}"


def as_type(value: Any, kind: str) -> Any:
    """Return a JSON value as Python's type for it: protobuf gives every number as a float."""
    if isinstance(value, float) and value.is_integer() and kind != "NUMBER_DOUBLE":
        return int(value)
    if isinstance(value, list):
        return [as_type(item, kind) for item in value]
    if isinstance(value, dict):
        return {key: as_type(item, kind) for key, item in value.items()}
    return value


def _has_type(value: Any, kind: str) -> bool:
    match kind:
        case "STRING":
            return isinstance(value, str)
        case "BOOLEAN":
            return isinstance(value, bool)
        case "LIST":
            return isinstance(value, list)
        case "STRUCT":
            return isinstance(value, dict)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (kind == "NUMBER_DOUBLE" or float(value).is_integer())
