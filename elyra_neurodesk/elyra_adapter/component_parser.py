"""KFP version 2 components in Elyra's palette.

Elyra's parser takes component YAML of KFP version 1 and passes over what KFP 2's compiler writes
(elyra-ai/elyra issue 1930). Elyra finds its parser by name in ``ComponentParser._parser_class_map``; the name
of the one below is entered there when Elyra makes our processor, which it does before it reads a catalog
(``ComponentCache.read_component_catalog`` asks the processor registry first). A version 1 component is parsed
by Elyra's own code as ever.

The map and the cache of components are per runtime type, not per runtime configuration: on a server with this
processor, version 2 components are in the palette for Elyra's own ``kfp`` runtime configurations as well
(docs/stock-elyra.md says so). Where an administrator leaves ``neurodesk`` out of Elyra's
``PipelineProcessorRegistry.runtimes``, nothing changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import yaml
from elyra.pipeline.component import ComponentParser

PLATFORM = "KUBEFLOW_PIPELINES"
# the module's name differs between Elyra's distributions
_module, _, _name = ComponentParser._parser_class_map[PLATFORM].partition(":")
ElyraParser: Any = getattr(import_module(_module), _name)
# parameter types of pipeline_spec.proto to the type names of version 1 that Elyra makes widgets for
TYPES = {
    "STRING": "String",
    "NUMBER_INTEGER": "Integer",
    "NUMBER_DOUBLE": "Float",
    "BOOLEAN": "Bool",
    "LIST": "List",
    "STRUCT": "Dict",
}


class NeurodeskComponentParser(ElyraParser):  # type: ignore[misc]
    """Elyra's parser, which also reads compiled components of KFP version 2."""

    def _read_component_yaml(self, catalog_entry: Any) -> dict[str, Any] | None:
        """Return what Elyra's parser works on; a version 2 component is described in terms of version 1."""
        compiled = compiled_component(catalog_entry.entry_data.definition)
        if compiled is None:
            content: dict[str, Any] | None = super()._read_component_yaml(catalog_entry)
            return None if content is None else with_text_defaults(content)
        try:
            return described(compiled)
        except (KeyError, ValueError, TypeError, AttributeError) as problem:
            self.log.warning(
                f"Component '{catalog_entry.entry_reference}' has no single component: {problem}"
            )
            return None


def register() -> None:
    """Let Elyra use this parser for components of Kubeflow Pipelines."""
    ComponentParser._parser_class_map[PLATFORM] = f"{__name__}:{NeurodeskComponentParser.__name__}"


def compiled_component(definition: str) -> dict[str, Any] | None:
    """Return the pipeline spec of a component that KFP 2 compiled, None for anything else."""
    if "pipelineInfo" not in definition:
        return None
    try:
        documents = list(yaml.safe_load_all(definition))
    except yaml.YAMLError:
        return None  # Elyra's parser reports what is wrong
    return next((item for item in documents if isinstance(item, dict) and "pipelineInfo" in item), None)


def described(compiled: Mapping[str, Any]) -> dict[str, Any]:
    """Return name, description, inputs and outputs of a compiled component as version 1 writes them.

    Raises:
        ValueError: there is not exactly one component: it is a pipeline.
        KeyError, TypeError, AttributeError: it is damaged.
    """
    (component,) = compiled["components"].values()
    inputs, outputs = component.get("inputDefinitions", {}), component.get("outputDefinitions", {})
    artifacts = list(inputs.get("artifacts", {}))
    made = [*outputs.get("parameters", {}), *outputs.get("artifacts", {})]
    return {
        "name": compiled["pipelineInfo"]["name"],
        "description": compiled["pipelineInfo"].get("description") or "",
        "inputs": [
            *(_parameter(name, definition) for name, definition in inputs.get("parameters", {}).items()),
            *(_artifact(name, definition) for name, definition in inputs.get("artifacts", {}).items()),
        ],
        "outputs": [
            *(_parameter(name, definition) for name, definition in outputs.get("parameters", {}).items()),
            *(_artifact(name, definition) for name, definition in outputs.get("artifacts", {}).items()),
        ],
        # from this, Elyra learns which of them are files
        "implementation": {
            "container": {
                "image": "",
                "command": [],
                "args": [
                    *({"inputPath": name} for name in artifacts),
                    *({"outputPath": name} for name in made),
                ],
            }
        },
    }


def with_text_defaults(content: dict[str, Any]) -> dict[str, Any]:
    """Return a version 1 component whose defaults are texts: Elyra's parser breaks on numbers and null.

    An input with a default needs no value, as KFP sees it.
    """
    inputs = [
        {**entry, "default": _text(entry["default"]), "optional": True} if "default" in entry else entry
        for entry in content.get("inputs") or ()
    ]
    outputs = content.get("outputs") or []
    return {**content, "inputs": inputs, "outputs": outputs}


def _parameter(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "type": TYPES[definition["parameterType"]],
        "description": definition.get("description") or "",
        "default": _text(definition.get("defaultValue")),
        "optional": bool(definition.get("isOptional") or "defaultValue" in definition),
    }


def _artifact(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    kind = definition.get("artifactType", {}).get("schemaTitle", "system.Artifact").partition(".")[2]
    return {
        "name": name,
        "type": kind or "Artifact",
        "description": definition.get("description") or "",
        "optional": bool(definition.get("isOptional")),
    }


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
