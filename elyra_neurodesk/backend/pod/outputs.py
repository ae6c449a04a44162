"""Output parameters and artifacts of a task, collected as KFP's launcher does.

A component writes either the file executor_output.json (message ExecutorOutput), which comes first, or one
file per output parameter, in the text form of backend/src/v2/metadata/converter.go.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import OutputUnavailable


def executor_input(
    inputs: Mapping[str, Any],
    output_parameters: Mapping[str, str],
    output_artifacts: Mapping[str, Mapping[str, Any]],
    directory: Path,
) -> dict[str, Any]:
    """Return JSON of the message ExecutorInput.

    Args:
        inputs: ``parameters`` (values) and ``artifacts`` (RuntimeArtifact JSON) by name.
        output_parameters: types by name.
        output_artifacts: ArtifactTypeSchema JSON by name.
        directory: where outputs go; artifacts' URIs are plain paths in it, as in ``kfp.local``.
    """
    return {
        "inputs": {
            "parameterValues": dict(inputs["parameters"]),
            "artifacts": {name: {"artifacts": [value]} for name, value in inputs["artifacts"].items()},
        },
        "outputs": {
            "parameters": {
                name: {"outputFile": str(directory / "parameters" / name)} for name in output_parameters
            },
            "artifacts": {
                name: {
                    "artifacts": [
                        {
                            "name": name,
                            "type": dict(schema),
                            "uri": str(directory / "artifacts" / name),
                            "metadata": {},
                        }
                    ]
                }
                for name, schema in output_artifacts.items()
            },
            "outputFile": str(directory / "executor_output.json"),
        },
    }


def collect_outputs(expected: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the outputs of a task that finished successfully.

    Args:
        expected: ``outputs`` of the executor input.
        types: type of each output parameter.

    Raises:
        OutputUnavailable: one is missing or not of its type.
    """
    written = _read_executor_output(Path(expected["outputFile"]))
    parameters = dict(written.get("parameterValues", {}))
    for name, place in expected["parameters"].items():
        if name not in parameters:
            parameters[name] = _read_parameter(name, Path(place["outputFile"]), types[name])
    artifacts = {}
    for name, place in expected["artifacts"].items():
        artifact = dict(place["artifacts"][0])
        for changed in written.get("artifacts", {}).get(name, {}).get("artifacts", [])[:1]:
            artifact["uri"] = changed.get("uri") or artifact["uri"]
            artifact["metadata"] = {**artifact["metadata"], **changed.get("metadata", {})}
            if custom := changed.get("customPath") or changed.get("custom_path"):
                artifact["customPath"] = custom
        artifacts[name] = artifact
    return {"parameters": parameters, "artifacts": artifacts}


def parse_text(text: str, kind: str) -> Any:
    """Return the value in the text of an output file.

    Raises:
        ValueError: the text is not of the type ``kind``.
    """
    match kind:
        case "STRING":
            return text
        case "NUMBER_INTEGER":
            return int(text)
        case "NUMBER_DOUBLE":
            number = float(text)
            if not math.isfinite(number):
                raise ValueError(f"{number} has no place in JSON")
            return number
        case "BOOLEAN":
            # the spellings of Go's ParseBool
            if text.strip() in ("1", "t", "T", "TRUE", "true", "True"):
                return True
            if text.strip() in ("0", "f", "F", "FALSE", "false", "False"):
                return False
            raise ValueError(f"{text.strip()[:80]!r} is neither true nor false")
    value = json.loads(text)
    if not isinstance(value, list if kind == "LIST" else dict):
        raise ValueError("the JSON is of another type")
    return value


def _read_executor_output(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as problem:
        raise OutputUnavailable(f"the task's outputs in {file} cannot be read: {problem}.") from problem
    if not isinstance(content, dict):
        raise OutputUnavailable(f"the task's outputs in {file} are not a JSON mapping.")
    return content


def _read_parameter(name: str, file: Path, kind: str) -> Any:
    try:
        return parse_text(file.read_text(), kind)
    except FileNotFoundError as problem:
        raise OutputUnavailable(
            f"the task did not write its output {name!r} (expected in {file})."
        ) from problem
    except (OSError, ValueError, RecursionError) as problem:
        raise OutputUnavailable(
            f"the task's output {name!r} ({kind}) cannot be read from {file}: {problem}."
        ) from problem
