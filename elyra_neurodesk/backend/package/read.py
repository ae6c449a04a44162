"""Reading a compiled KFP package: two YAML documents, PipelineSpec and (optionally) PlatformSpec.

Checked as strictly as KFP's API server does, with the SDK's own messages. What the embedded backend does not
run is refused here, when the package arrives, and not halfway through a run.
"""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import (
    ComponentSpec,
    PipelineDeploymentConfig,
    PipelineSpec,
    PipelineTaskSpec,
    PlatformSpec,
)

from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes, parse_cores

from .documents import load_documents
from .errors import InvalidPackage, UnsupportedPackage
from .kubernetes import named_objects, read_kubernetes
from .model import ContainerResources, Package, PackageTask, producer, to_json, type_name

_TYPES = frozenset({"STRING", "NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "LIST", "STRUCT"})
_Number = TypeVar("_Number", int, float)
_Message = TypeVar("_Message", bound=Message)


def load_package(text: str) -> Package:
    """Read a compiled pipeline.

    Args:
        text: the package, YAML or JSON.

    Raises:
        InvalidPackage: it is not a package, or contradicts itself.
        UnsupportedPackage: it needs something that only a KFP cluster has.
    """
    pipeline, platforms = _documents(text)
    spec = _parse(pipeline, PipelineSpec())
    # deploymentSpec is a Struct in the proto, so its own message has to be checked apart
    deployment = _parse(to_json(spec.deployment_spec), PipelineDeploymentConfig())
    executors = _Executors(deployment, platforms)
    if not spec.root.dag.tasks:
        raise InvalidPackage("the pipeline has no tasks.")
    tasks = {
        name: _read_task(name, task, spec, executors) for name, task in sorted(spec.root.dag.tasks.items())
    }
    _check_component(spec.root, "the pipeline")
    if spec.root.input_definitions.artifacts:
        raise UnsupportedPackage("the pipeline takes artifacts as inputs.")
    package = Package(spec, {name: tasks[name] for name in _order(tasks)})
    if not package.name:
        raise InvalidPackage("the pipeline has no name (pipelineInfo.name).")
    for task in package.tasks.values():
        _check_sources(task, package)
    return package


def _documents(text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    documents = load_documents(text)
    if not 1 <= len(documents) <= 2 or not all(isinstance(document, dict) for document in documents):
        raise InvalidPackage("the package is not one or two YAML documents (PipelineSpec, PlatformSpec).")
    pipeline, platform = documents[0], documents[1] if len(documents) == 2 else {}
    if "apiVersion" in pipeline:
        raise UnsupportedPackage(
            f"the package is a {pipeline.get('kind', 'resource')} of KFP 1 or Argo, not a KFP 2 package."
        )
    return pipeline, platform


def _parse(content: Mapping[str, Any], message: _Message, ignore_unknown_fields: bool = False) -> _Message:
    try:
        ParseDict(dict(content), message, ignore_unknown_fields=ignore_unknown_fields)
    except (ParseError, RecursionError) as problem:
        name = message.DESCRIPTOR.name
        raise InvalidPackage(f"the package is not a valid {name}: {problem}") from problem
    return message


class _Executors:
    """The executors of a package by label, each read once: several tasks may share one."""

    def __init__(self, deployment: PipelineDeploymentConfig, platforms: Mapping[str, Any]) -> None:
        # unknown fields are ignored: what surrounds the executors concerns other platforms or KFP itself
        platform = _parse(platforms, PlatformSpec(), ignore_unknown_fields=True).platforms.get("kubernetes")
        configs = {} if platform is None else platform.deployment_spec.executors
        for label in configs:
            if label not in deployment.executors:
                raise InvalidPackage(
                    f"the platform part of the package configures an unknown executor {label!r}."
                )
        self._specs = deployment.executors
        self._containers: dict[str, tuple[Any, ContainerResources]] = {}
        self._configs = {
            label: read_kubernetes(to_json(config), f"executor {label!r}")
            for label, config in configs.items()
        }

    def container(self, label: str, task: str) -> tuple[Any, ContainerResources]:
        """Return the PipelineContainerSpec, and its resources in numbers."""
        if label not in self._specs:
            raise InvalidPackage(f"{task} refers to the executor {label!r}, which the package lacks.")
        if label not in self._containers:
            self._containers[label] = _read_container(self._specs[label], f"executor {label!r}")
        return self._containers[label]

    def kubernetes(self, label: str) -> tuple[KubernetesExecutorConfig, tuple[Mapping[str, Any], ...]]:
        """Return the KubernetesExecutorConfig and the init containers."""
        return self._configs.get(label) or (KubernetesExecutorConfig(), ())


def _read_container(executor: Any, where: str) -> tuple[Any, ContainerResources]:
    kind = executor.WhichOneof("spec")
    if kind != "container":
        what = f"an executor of the kind {kind}" if kind else "an executor of no kind"
        raise UnsupportedPackage(f"{where} is {what}, which the embedded backend does not run.")
    for variable in executor.container.env:
        if not variable.name or "=" in variable.name:
            raise InvalidPackage(f"{where} has an environment variable named {variable.name!r}.")
    return executor.container, _read_resources(executor.container.resources, where)


def _read_resources(spec: Any, where: str) -> ContainerResources:
    def quantity(name: str, parse: Callable[[str | float], _Number], unit: str = "") -> _Number | None:
        # the string is the current form; the number, in cores or 10^9 bytes, the deprecated one
        text = getattr(spec, f"resource_{name}")
        if not text and getattr(spec, name):
            text = f"{getattr(spec, name)}{unit}"
        if "{{" in text:
            raise UnsupportedPackage(f"{where} takes its {name} from a parameter.")
        try:
            return parse(text) if text else None
        except InvalidQuantity as problem:
            raise InvalidPackage(f"{name} of {where}: {problem.message}") from problem

    count = spec.accelerator.resource_count or str(spec.accelerator.count)
    if not count.isdecimal():
        raise UnsupportedPackage(f"{where} takes its number of accelerators from a parameter.")
    return ContainerResources(
        cpu_request=quantity("cpu_request", parse_cores),
        cpu_limit=quantity("cpu_limit", parse_cores),
        memory_request=quantity("memory_request", parse_bytes, "G"),
        memory_limit=quantity("memory_limit", parse_bytes, "G"),
        accelerators=int(count),
        accelerator_kind=str(spec.accelerator.resource_type or spec.accelerator.type),
    )


def _read_task(
    name: str, spec: PipelineTaskSpec, pipeline: PipelineSpec, executors: _Executors
) -> PackageTask:
    where = f"task {name!r}"
    _refuse_control_flow(spec, where)
    component = pipeline.components.get(spec.component_ref.name)
    if component is None:
        raise InvalidPackage(
            f"{where} refers to the component {spec.component_ref.name!r}, which the package lacks."
        )
    if component.WhichOneof("implementation") == "dag":
        raise UnsupportedPackage(f"{where} is a nested pipeline, which the embedded backend does not run.")
    container, resources = executors.container(component.executor_label, where)
    _check_component(component, where)
    for key, source in spec.inputs.parameters.items():
        _check_parameter_source(source, f"input {key!r} of {where}")
    for key, source in spec.inputs.artifacts.items():
        if source.WhichOneof("kind") != "task_output_artifact":
            raise UnsupportedPackage(f"input {key!r} of {where} is an artifact that no single task makes.")
    kubernetes, init_containers = executors.kubernetes(component.executor_label)
    for _, _, source in named_objects(kubernetes):
        _check_parameter_source(source, f"a volume or secret of {where}")
    producers = {found[0] for _, _, source in _sources(spec, kubernetes) if (found := producer(source))}
    return PackageTask(
        name=name,
        spec=spec,
        component=component,
        container=container,
        resources=resources,
        kubernetes=kubernetes,
        init_containers=init_containers,
        parents=tuple(sorted({*spec.dependent_tasks, *producers})),
    )


def _sources(spec: PipelineTaskSpec, kubernetes: KubernetesExecutorConfig) -> Iterator[tuple[str, str, Any]]:
    """Yield where a task's values come from: what takes it, ``parameter`` or ``artifact``, the source."""
    for name, source in spec.inputs.parameters.items():
        yield f"input {name!r}", "parameter", source
    for name, source in spec.inputs.artifacts.items():
        yield f"input {name!r}", "artifact", source
    for _, _, source in named_objects(kubernetes):
        yield "a volume or secret", "parameter", source


def _refuse_control_flow(task: PipelineTaskSpec, where: str) -> None:
    completed = PipelineTaskSpec.TriggerPolicy.ALL_UPSTREAM_TASKS_COMPLETED
    for unsupported, what in (
        (task.WhichOneof("iterator"), "a loop"),
        (task.trigger_policy.condition, "a condition"),
        (task.trigger_policy.strategy == completed, "an exit handler (or ignores failures)"),
    ):
        if unsupported:
            raise UnsupportedPackage(f"{where} is {what}, which the embedded backend does not run.")


def _check_component(component: ComponentSpec, where: str) -> None:
    outputs = component.output_definitions
    for name in (*outputs.parameters, *outputs.artifacts):
        if "/" in name or "\0" in name or name in ("", ".", "..") or len(name.encode()) > 255:
            raise InvalidPackage(f"{where} has an output named {name!r}, which cannot be a file's name.")
    inputs = component.input_definitions
    for name, artifact in inputs.artifacts.items():
        if artifact.is_artifact_list:
            raise UnsupportedPackage(f"input {name!r} of {where} is a list of artifacts, as after loops.")
    for kind, parameters in (("input", inputs.parameters), ("output", outputs.parameters)):
        for name, parameter in parameters.items():
            if type_name(parameter) not in _TYPES:
                raise UnsupportedPackage(
                    f"{kind} {name!r} of {where} has the type {type_name(parameter)}, "
                    "which the embedded backend does not support."
                )


def _check_parameter_source(source: Any, where: str) -> None:
    if source.parameter_expression_selector:
        raise UnsupportedPackage(f"{where} is part of a value (an expression), as in loops.")
    kind = source.WhichOneof("kind")
    if kind == "task_final_status":
        raise UnsupportedPackage(f"{where} is the final status of a task (an exit handler).")
    if kind is None or (kind == "runtime_value" and source.runtime_value.WhichOneof("value") != "constant"):
        raise UnsupportedPackage(f"{where} has a source of an unknown kind: {kind or 'none'}.")


def _order(tasks: Mapping[str, PackageTask]) -> list[str]:
    """Return the tasks' names, parents first, otherwise by name."""
    for task in tasks.values():
        for parent in task.parents:
            if parent not in tasks:
                raise InvalidPackage(f"task {task.name!r} depends on {parent!r}, which the pipeline lacks.")
    try:
        return list(
            graphlib.TopologicalSorter({name: task.parents for name, task in tasks.items()}).static_order()
        )
    except graphlib.CycleError as problem:
        raise InvalidPackage(
            f"the tasks depend on each other in a circle: {' → '.join(problem.args[1])}."
        ) from problem


def _check_sources(task: PackageTask, package: Package) -> None:
    for what, kind, source in _sources(task.spec, task.kubernetes):
        if found := producer(source):
            outputs = package.tasks[found[0]].component.output_definitions
            if found[1] not in (outputs.parameters if kind == "parameter" else outputs.artifacts):
                raise InvalidPackage(
                    f"{what} of task {task.name!r} takes the {kind} {found[1]!r} of task "
                    f"{found[0]!r}, which has no such output."
                )
        elif source.WhichOneof("kind") == "component_input_parameter":
            name = source.component_input_parameter
            if name not in package.spec.root.input_definitions.parameters:
                raise InvalidPackage(
                    f"{what} of task {task.name!r} takes the pipeline's parameter {name!r}, "
                    "which the pipeline does not declare."
                )
