"""Where a task's inputs come from, as KFP's message TaskInputsSpec writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import UnsupportedPackage
from .model import Constant, FromPipeline, FromTask, Source


def read_parameter_source(spec: Mapping[str, Any], where: str) -> Source:
    """Return the source of a parameter.

    Args:
        spec: JSON of the message InputParameterSpec.
        where: names the input in errors.

    Raises:
        UnsupportedPackage: expressions, the final status of a task, values of the old form.
    """
    if spec.get("parameterExpressionSelector"):
        raise UnsupportedPackage(f"{where} is part of a value (an expression), as in loops.")
    match spec:
        case {"taskOutputParameter": {"producerTask": task, "outputParameterKey": output}}:
            return FromTask(task, output)
        case {"componentInputParameter": name}:
            return FromPipeline(name)
        case {"runtimeValue": {"constant": value}}:
            return Constant(value)
        case {"taskFinalStatus": _}:
            raise UnsupportedPackage(f"{where} is the final status of a task (an exit handler).")
    raise UnsupportedPackage(f"{where} has a source of an unknown kind: {', '.join(spec) or 'none'}.")


def read_artifact_source(spec: Mapping[str, Any], where: str) -> FromTask:
    """Return the source of an artifact; see `read_parameter_source`."""
    match spec:
        case {"taskOutputArtifact": {"producerTask": task, "outputArtifactKey": output}}:
            return FromTask(task, output)
    raise UnsupportedPackage(f"{where} is an artifact that no single task makes.")
