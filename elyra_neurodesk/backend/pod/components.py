"""The inputs and outputs that a component declares, as KFP's message ComponentSpec writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from .errors import InvalidPackage, UnsupportedPackage
from .model import Parameter, ParameterType


@dataclass(frozen=True)
class Interface:
    """What a component, or the pipeline itself, takes and gives."""

    input_parameters: Mapping[str, Parameter]
    input_artifacts: Mapping[str, Mapping[str, Any]]
    output_parameters: Mapping[str, ParameterType]
    output_artifacts: Mapping[str, Mapping[str, Any]]

    def parameter(self, name: str) -> Parameter:
        """Return an input's declaration; an undeclared one (pipelinechannel--…) is an optional string."""
        return self.input_parameters.get(name, Parameter("STRING", optional=True))


def read_component(spec: Mapping[str, Any], where: str) -> Interface:
    """Read a component's interface.

    Args:
        spec: JSON of the message ComponentSpec.
        where: names the component in errors.

    Raises:
        InvalidPackage: a parameter without a type, an output name that is not a file name.
        UnsupportedPackage: lists of artifacts as inputs.
    """
    inputs, outputs = spec.get("inputDefinitions", {}), spec.get("outputDefinitions", {})
    for name in (*outputs.get("parameters", {}), *outputs.get("artifacts", {})):
        if "/" in name or "\0" in name or name in ("", ".", "..") or len(name.encode()) > 255:
            raise InvalidPackage(f"{where} has an output named {name!r}, which cannot be a file's name.")
    for name, artifact in inputs.get("artifacts", {}).items():
        if artifact.get("isArtifactList"):
            raise UnsupportedPackage(f"input {name!r} of {where} is a list of artifacts, as after loops.")
    return Interface(
        input_parameters={
            name: _parameter(parameter, f"input {name!r} of {where}")
            for name, parameter in sorted(inputs.get("parameters", {}).items())
        },
        input_artifacts={
            name: artifact.get("artifactType", {}) for name, artifact in inputs.get("artifacts", {}).items()
        },
        output_parameters={
            name: _type(parameter, f"output {name!r} of {where}")
            for name, parameter in outputs.get("parameters", {}).items()
        },
        output_artifacts={
            name: artifact.get("artifactType", {}) for name, artifact in outputs.get("artifacts", {}).items()
        },
    )


def _parameter(spec: Mapping[str, Any], where: str) -> Parameter:
    return Parameter(
        type=_type(spec, where),
        default=spec.get("defaultValue"),
        has_default="defaultValue" in spec,
        optional=spec.get("isOptional", False),
    )


def _type(spec: Mapping[str, Any], where: str) -> ParameterType:
    name = spec.get("parameterType", "")
    if name not in get_args(ParameterType):
        raise UnsupportedPackage(
            f"{where} has the type {name or 'none'}, which the embedded backend does not know."
        )
    return cast(ParameterType, name)
