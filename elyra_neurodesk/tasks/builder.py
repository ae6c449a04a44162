"""From Elyra's pipeline object to a task graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from keyword import iskeyword
from pathlib import Path
from typing import Any

from elyra.pipeline import pipeline_constants
from elyra.pipeline.pipeline import GenericOperation, Operation, Pipeline
from elyra.pipeline.properties import ElyraProperty, ElyraPropertyList

from elyra_neurodesk.compiler.components import compile_component
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.patches import patch_task
from elyra_neurodesk.patches.sidecar import ResolvedDelivery
from elyra_neurodesk.settings import RuntimeSettings
from elyra_neurodesk.slugs import task_name
from elyra_neurodesk.submit.archives import ArchiveBuilder
from elyra_neurodesk.tasks.catalog import CatalogNode, ComponentMissing, catalog_task, sanitize_name
from elyra_neurodesk.tasks.generic import GenericNode, Target, generic_task
from elyra_neurodesk.tasks.labels import PodIdentity, add_identity
from elyra_neurodesk.tasks.model import Parameter, PipelineInput, Resources, Task, TaskGraph
from elyra_neurodesk.tasks.order import topological_order
from elyra_neurodesk.tasks.properties import image_config
from elyra_neurodesk.tasks.values import parse_value


class InvalidParameter(NeurodeskError):
    """A pipeline parameter has no usable name, or needs a value and has none."""

    code = "ND-PARAMETER-001"
    hint = "Correct it under 'Pipeline Parameters' in the pipeline's properties."


PARAMETER_KINDS = {"Integer": "NUMBER_INTEGER", "Float": "NUMBER_DOUBLE", "Bool": "BOOLEAN"}


@dataclass(frozen=True)
class GraphBuilder:
    """Turns operations into patched tasks.

    Attributes:
        settings: the runtime configuration.
        delivery: how the sidecar is delivered.
        target: what generic tasks have in common.
        archives: makes the archives.
        root: directory that file names are relative to.
        runtime_images: ``metadata`` of Elyra's runtime images.
        component_definition: catalog component id to its KFP YAML, None if no catalog has it.
        processor: takes part in Elyra's ``add_to_execution_object`` protocol.
    """

    settings: RuntimeSettings
    delivery: ResolvedDelivery
    target: Target
    archives: ArchiveBuilder
    root: Path
    runtime_images: list[Mapping[str, Any]]
    component_definition: Callable[[str], str | None]
    processor: Any

    def build(self, pipeline: Pipeline) -> TaskGraph:
        """Return the pipeline as a graph of patched tasks.

        Raises:
            NeurodeskError: of the kinds that the modules of this package define.
        """
        operations: dict[str, Operation] = pipeline.operations
        order = topological_order(
            {key: operation.parent_operation_ids for key, operation in operations.items()},
            {key: operation.name for key, operation in operations.items()},
        )
        names: dict[str, str] = {}
        taken: set[str] = set()
        for key in order:
            names[key] = task_name(operations[key].name, taken)
            taken.add(names[key])
        parameters = {parameter.name: _parameter(parameter) for parameter in pipeline.parameters}
        nearest = _nearest_generic(order, operations)
        tasks = []
        for key in order:
            operation = operations[key]
            parents = tuple(dict.fromkeys(names[parent] for parent in operation.parent_operation_ids))
            if isinstance(operation, GenericOperation):
                upstream = tuple(names[parent] for parent in nearest[key])
                task = self._generic(operation, names[key], parents, upstream, parameters)
            else:
                task = self._catalog(operation, pipeline, names, parents, frozenset(parameters))
            identity = self._identity(operation, pipeline)
            image = _image(task)
            tasks.append(patch_task(add_identity(task, identity), self.settings, self.delivery, image))
        used = {
            source.name
            for task in tasks
            for source in task.inputs.values()
            if isinstance(source, PipelineInput)
        }
        return TaskGraph(
            name=pipeline.name,
            description=pipeline.description or "",
            tasks=tuple(tasks),
            parameters=tuple(
                _checked(parameter, required=elyra.required)
                for elyra in pipeline.parameters
                if (parameter := parameters[elyra.name]).name in used
            ),
        )

    def _generic(
        self,
        operation: GenericOperation,
        name: str,
        parents: tuple[str, ...],
        generic_parents: tuple[str, ...],
        parameters: Mapping[str, Parameter],
    ) -> Task:
        notebook = self.root / operation.filename
        archive = self.archives.add(
            notebook, tuple(operation.dependencies), bool(operation.include_subdirectories), operation.name
        )
        task = generic_task(
            GenericNode(
                name=name,
                label=operation.name,
                image=operation.runtime_image,
                file=notebook.name,
                archive=archive.sha256,
                parents=parents,
                generic_parents=generic_parents,
                outputs=tuple(operation.outputs),
                env={key: str(value) for key, value in operation.env_vars.to_dict().items()},
                parameters=tuple(parameters[key] for key in operation.parameters or () if key in parameters),
                resources=_resources(operation),
                modifiers=self._modifiers(operation),
            ),
            self.target,
            self.settings,
        )
        pull = image_config(operation.runtime_image, self.runtime_images)
        return replace(task, platform={**task.platform, **pull})

    def _catalog(
        self,
        operation: Operation,
        pipeline: Pipeline,
        names: Mapping[str, str],
        parents: tuple[str, ...],
        parameters: frozenset[str],
    ) -> Task:
        definition = self.component_definition(operation.classifier)
        if definition is None:
            raise ComponentMissing(
                f"Node '{operation.name}': no catalog has its component '{operation.classifier}'."
            )
        modifiers = self._modifiers(operation)
        disabled = modifiers.get("disable_node_caching")
        if disabled is None and (
            default := pipeline.pipeline_properties.get(pipeline_constants.DISABLE_NODE_CACHING)
        ):
            disabled = default.selection
        node = CatalogNode(
            name=names[operation.id],
            label=operation.name,
            definition=definition,
            parents=parents,
            properties={
                sanitize_name(key): value
                for key, value in operation.component_props.items()
                if isinstance(value, dict)
            },
            modifiers=modifiers,
            caching=None if disabled is None else not disabled,
        )
        return catalog_task(node, names, parameters, self.root)

    def _modifiers(self, operation: Operation) -> dict[str, Any]:
        collected: dict[str, Any] = {}
        for value in operation.elyra_props.values():
            if isinstance(value, (ElyraProperty, ElyraPropertyList)):
                value.add_to_execution_object(runtime_processor=self.processor, execution_object=collected)
        return collected

    def _identity(self, operation: Operation, pipeline: Pipeline) -> PodIdentity:
        generic = isinstance(operation, GenericOperation)
        return PodIdentity(
            node_type="notebook-script" if generic else "catalog-component",
            pipeline=pipeline.name,
            experiment=pipeline.name.lower(),
            node=operation.name,
            file=_relative(self.root, operation.filename) if generic else "",
            source=pipeline.source or "",
            comment=operation.doc or "",
        )


def _relative(root: Path, file: str) -> str:
    path = root / file
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _image(task: Task) -> str:
    if task.container:
        return task.container.image
    image: str = compile_component(task.component or "").executor["container"]["image"]
    return image


def _nearest_generic(
    order: tuple[str, ...], operations: Mapping[str, Operation]
) -> dict[str, tuple[str, ...]]:
    """Map each node to the generic nodes from which a path leads to it through catalog nodes only."""
    nearest: dict[str, tuple[str, ...]] = {}
    for key in order:
        found: dict[str, None] = {}
        for parent in operations[key].parent_operation_ids:
            found |= dict.fromkeys([parent] if operations[parent].is_generic else nearest[parent])
        nearest[key] = tuple(found)
    return nearest


def _parameter(elyra: Any) -> Parameter:
    if not elyra.name or not elyra.name.isidentifier() or iskeyword(elyra.name):
        raise InvalidParameter(
            f"Pipeline parameter '{elyra.name}' has no valid name: letters, digits and underscores, "
            "not a Python keyword."
        )
    kind = elyra.input_type.base_type
    value = elyra.value
    if value is not None:
        value = parse_value(value, PARAMETER_KINDS.get(kind, "STRING"), f"Pipeline parameter '{elyra.name}'")
    return Parameter(elyra.name, kind, value, elyra.description or "")


def _checked(parameter: Parameter, required: bool) -> Parameter:
    if required and parameter.value is None:
        raise InvalidParameter(f"Pipeline parameter '{parameter.name}' is required and has no value.")
    if parameter.value is None:
        # what KFP would otherwise ask for at every run; Elyra passes an empty text
        return replace(parameter, value="") if parameter.type.endswith("String") else parameter
    return parameter


def _resources(operation: GenericOperation) -> Resources:
    def cores(value: Any) -> str | None:
        return str(value) if value else None

    def gibibytes(value: Any) -> str | None:
        return f"{value}Gi" if value else None

    accelerator = operation.gpu or None
    return Resources(
        cpu_request=cores(operation.cpu),
        cpu_limit=cores(operation.cpu_limit),
        memory_request=gibibytes(operation.memory),
        memory_limit=gibibytes(operation.memory_limit),
        accelerator_type=(operation.gpu_vendor or "nvidia.com/gpu") if accelerator else None,
        accelerator_count=str(accelerator) if accelerator else None,
    )
