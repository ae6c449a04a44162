"""Catalog components: what KFP's own compiler makes of a component definition."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.errors import NeurodeskError


class InvalidComponent(NeurodeskError):
    """A component definition of a catalog cannot be read by KFP."""

    code = "ND-COMPONENT-001"
    hint = "Correct the component definition in its catalog, then refresh the catalog."


@dataclass(frozen=True)
class CompiledComponent:
    """A component definition compiled by KFP.

    Attributes:
        component: JSON of ComponentSpec, its ``executorLabel`` to be replaced.
        executor: JSON of the executor.
    """

    component: dict[str, Any]
    executor: dict[str, Any]

    def parameter_types(self) -> dict[str, str]:
        """Return input parameter name to KFP type (STRING, NUMBER_INTEGER, ...)."""
        parameters = self.component.get("inputDefinitions", {}).get("parameters", {})
        return {name: definition["parameterType"] for name, definition in parameters.items()}

    def defaults(self) -> dict[str, Any]:
        """Return input parameter name to its default, for those that have one."""
        parameters = self.component.get("inputDefinitions", {}).get("parameters", {})
        return {
            # JSON of a protobuf number is a float, also where KFP's type is an integer
            name: int(value) if definition["parameterType"] == "NUMBER_INTEGER" else value
            for name, definition in parameters.items()
            if (value := definition.get("defaultValue")) is not None
        }

    def required_inputs(self) -> set[str]:
        """Return the names of inputs that need a value."""
        definitions = self.component.get("inputDefinitions", {})
        return {
            name
            for kind in ("parameters", "artifacts")
            for name, definition in definitions.get(kind, {}).items()
            if not definition.get("isOptional") and "defaultValue" not in definition
        }

    def artifact_inputs(self) -> set[str]:
        """Return the names of inputs that are artifacts."""
        return set(self.component.get("inputDefinitions", {}).get("artifacts", {}))


@functools.lru_cache(maxsize=512)
def compile_component(definition: str) -> CompiledComponent:
    """Compile one component definition; nothing in it is executed.

    Args:
        definition: KFP component YAML, version 1 or a compiled version 2 component.

    Raises:
        InvalidComponent: KFP cannot read it, or it is not a single container (a whole pipeline, an importer).
    """
    from google.protobuf import json_format
    from kfp import components

    try:
        loaded = components.load_component_from_text(definition)
        spec = json_format.MessageToDict(loaded.pipeline_spec)
        (component,) = spec["components"].values()
        executor = spec["deploymentSpec"]["executors"][component["executorLabel"]]
        if not executor["container"]["image"]:
            raise ValueError("it names no image")
    except Exception as problem:
        name = next((line for line in definition.splitlines() if line.startswith("name:")), "name: unknown")
        raise InvalidComponent(f"Component '{name[5:].strip()}' cannot be compiled: {problem}") from problem
    return CompiledComponent(component, executor)
