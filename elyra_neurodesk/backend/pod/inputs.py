"""The values that a run and its tasks start with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InvalidParameters, MissingInput
from .model import Constant, FromPipeline, FromTask, Inputs, Package, ParameterType, Source, TaskNode
from .platforms import resolve_platform

_MISSING = object()
_TYPE_NAMES: dict[ParameterType, str] = {
    "STRING": "a string",
    "NUMBER_INTEGER": "an integer",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a list",
    "STRUCT": "a mapping",
}


def check_run_parameters(package: Package, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a run's parameters, defaults filled in, optional ones without a value left out.

    Args:
        package: the pipeline.
        given: JSON values by name; null counts as not given.

    Raises:
        InvalidParameters: an unknown name, a missing value, a value of another type.
    """
    for name in given:
        if name not in package.parameters:
            known = ", ".join(package.parameters) or "none"
            raise InvalidParameters(
                f"the pipeline {package.name!r} has no parameter {name!r} (its parameters: {known})."
            )
    values: dict[str, Any] = {}
    for name, parameter in package.parameters.items():
        value = given.get(name)
        if value is None:
            if parameter.has_default:
                values[name] = as_type(parameter.default, parameter.type)
            elif not parameter.optional:
                raise InvalidParameters(
                    f"the pipeline {package.name!r} needs a value for its parameter {name!r} "
                    f"({_TYPE_NAMES[parameter.type]})."
                )
            continue
        if not _has_type(value, parameter.type):
            raise InvalidParameters(
                f"the parameter {name!r} of the pipeline {package.name!r} takes "
                f"{_TYPE_NAMES[parameter.type]}, not {str(value)[:80]!r}."
            )
        values[name] = as_type(value, parameter.type)
    return values


def resolve_inputs(
    task: TaskNode,
    run_parameters: Mapping[str, Any],
    outputs_by_task: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> Inputs:
    """Return what a task gets.

    Args:
        task: the task, all parents of which have succeeded.
        run_parameters: from `check_run_parameters`.
        outputs_by_task: ``Result.outputs`` of the tasks upstream.

    Raises:
        MissingInput: a required value is not there.
    """

    def find(source: Source | None, kind: str) -> Any:
        match source:
            case Constant(value):
                return value
            case FromPipeline(name):
                return run_parameters.get(name, _MISSING)
            case FromTask(producer, output):
                return outputs_by_task.get(producer, {}).get(kind, {}).get(output, _MISSING)
        return _MISSING

    def require(source: Source) -> Any:
        value = find(source, "parameters")
        if value is _MISSING:
            raise MissingInput(
                f"task {task.name!r} takes a volume or secret named by {source}, which is missing."
            )
        return value

    parameters: dict[str, Any] = {}
    for name, item in task.input_parameters.items():
        value = find(item.source, "parameters")
        if value is _MISSING and item.declared.has_default:
            value = item.declared.default
        if value is not _MISSING:
            parameters[name] = as_type(value, item.declared.type)
        elif not item.declared.optional:
            raise MissingInput(f"task {task.name!r} has no value for its input {name!r}.")
    artifacts: dict[str, Mapping[str, Any]] = {}
    for name, artifact in task.input_artifacts.items():
        found = find(artifact.source, "artifacts")
        if found is not _MISSING:
            artifacts[name] = found
        elif artifact.source is not None:
            raise MissingInput(
                f"task {task.name!r} misses its input {name!r}: {artifact.source} did not write it."
            )
    return Inputs(
        parameters=parameters,
        artifacts=artifacts,
        constants=frozenset(
            name for name, item in task.input_parameters.items() if isinstance(item.source, Constant)
        ),
        platform=resolve_platform(task.platform, require),
    )


def as_type(value: Any, kind: ParameterType) -> Any:
    """Return a JSON value as Python's type for it: protobuf gives every number as a float."""
    if isinstance(value, float) and value.is_integer() and kind != "NUMBER_DOUBLE":
        return int(value)
    if isinstance(value, list):
        return [as_type(item, kind) for item in value]
    if isinstance(value, dict):
        return {key: as_type(item, kind) for key, item in value.items()}
    return value


def _has_type(value: Any, kind: ParameterType) -> bool:
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
