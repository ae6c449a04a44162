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

from elyra_neurodesk.compile.components import compile_component
from elyra_neurodesk.elyra_adapter.declarations import MODULES_VARIABLE, declared_modules, declared_strictness
from elyra_neurodesk.elyra_adapter.unsupported import notices
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.archives import ArchiveBuilder
from elyra_neurodesk.graph.component_task import CatalogNode, ComponentMissing, catalog_task, sanitize_name
from elyra_neurodesk.graph.kubernetes_config import image_config
from elyra_neurodesk.graph.model import Parameter, PipelineInput, Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import GenericNode, Target, generic_task
from elyra_neurodesk.graph.order import topological_order
from elyra_neurodesk.graph.resources import TITLES, resources
from elyra_neurodesk.graph.values import parse_value
from elyra_neurodesk.names import task_name
from elyra_neurodesk.patches import patch_task
from elyra_neurodesk.patches.component_annotations import with_wishes
from elyra_neurodesk.patches.crio_workspace import add_workspace, elyra_environment, is_crio
from elyra_neurodesk.patches.labels import PodIdentity, add_identity
from elyra_neurodesk.patches.sidecar import ResolvedDelivery
from elyra_neurodesk.settings import RuntimeSettings


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
        used_names: set[str] = set()
        for key in order:
            names[key] = task_name(operations[key].name, used_names)
            used_names.add(names[key])
        parameters = {parameter.name: _parameter(parameter) for parameter in pipeline.parameters}
        given = {name for name, parameter in parameters.items() if not _is_left_out(parameter)}
        nearest = _nearest_generic(order, operations)
        crio = is_crio()
        tasks = []
        for key in order:
            operation = operations[key]
            parents = tuple(dict.fromkeys(names[parent] for parent in operation.parent_operation_ids))
            if isinstance(operation, GenericOperation):
                upstream = tuple(names[parent] for parent in nearest[key])
                taken = tuple(
                    parameters[name] for name in dict.fromkeys(operation.parameters or ()) if name in given
                )
                task = self._generic(operation, names[key], parents, upstream, taken)
            else:
                task = self._catalog(operation, pipeline, names, parents, frozenset(given))
            image = _image(task)
            task = replace(task, platform={**task.platform, **image_config(image, self.runtime_images)})
            task = add_workspace(task) if crio else task
            task = add_identity(task, self._identity(operation, pipeline))
            tasks.append(patch_task(task, self.settings, self.delivery, image))
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
                _checked(parameter)
                for elyra in pipeline.parameters
                if (parameter := parameters[elyra.name]).name in used
            ),
            notices=notices(pipeline),
        )

    def _generic(
        self,
        operation: GenericOperation,
        name: str,
        parents: tuple[str, ...],
        generic_parents: tuple[str, ...],
        parameters: tuple[Parameter, ...],
    ) -> Task:
        notebook = self.root / operation.filename
        archive = self.archives.add(
            notebook, tuple(operation.dependencies), bool(operation.include_subdirectories), operation.name
        )
        return generic_task(
            GenericNode(
                name=name,
                label=operation.name,
                image=operation.runtime_image,
                file=notebook.name,
                archive=archive.sha256,
                parents=parents,
                generic_parents=generic_parents,
                outputs=tuple(operation.outputs),
                env={
                    **elyra_environment(self.processor, is_crio()),
                    **{
                        key: str(value)
                        for key, value in operation.env_vars.to_dict().items()
                        if key != MODULES_VARIABLE
                    },
                },
                parameters=parameters,
                resources=resources(
                    {name: getattr(operation, name) for name in (*TITLES, "gpu_vendor")}, operation.name
                ),
                modifiers=self._modifiers(operation),
                modules=declared_modules(operation, self.settings),
                strict=declared_strictness(operation, self.settings),
            ),
            self.target,
            self.settings,
        )

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
        task = catalog_task(node, names, parameters, self.root)
        return with_wishes(task, self.target, self.settings)

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
    return Parameter(elyra.name, kind, value, elyra.description or "", bool(elyra.required))


def _is_left_out(parameter: Parameter) -> bool:
    """Return whether tasks do without the parameter: a number or flag that needs no value and has none."""
    return parameter.value is None and not parameter.required and not parameter.type.endswith("String")


def _checked(parameter: Parameter) -> Parameter:
    if parameter.required and parameter.value in (None, ""):
        raise InvalidParameter(f"Pipeline parameter '{parameter.name}' is required and has no value.")
    if parameter.value is None:
        # what KFP would otherwise ask for at every run; Elyra passes an empty text
        return replace(parameter, value="")
    return parameter
