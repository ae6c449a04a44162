"""Reading a compiled KFP package: two YAML documents, PipelineSpec and (optionally) PlatformSpec.

Checked as strictly as KFP's API server does, with the SDK's own protos. What the embedded backend does not
run is refused here, when the package arrives, and not halfway through a run. kfp and yaml are imported when
first needed, because the pod supervisor, which needs neither, shares this Python package.
"""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from typing import Any

from .components import read_component
from .errors import InvalidPackage, UnsupportedPackage
from .executors import read_executor
from .model import Executor, FromPipeline, FromTask, InputArtifact, InputParameter, Package, Retry, TaskNode
from .platforms import check_platform, platform_sources
from .sources import read_artifact_source, read_parameter_source


def load_package(text: str) -> Package:
    """Read a compiled pipeline.

    Args:
        text: the package, YAML or JSON.

    Raises:
        InvalidPackage: it is not a package, or contradicts itself.
        UnsupportedPackage: it needs something that only a KFP cluster has.
    """
    pipeline, platforms = _documents(text)
    spec = _parse_pipeline(pipeline)
    executors, platform = _executors(spec), _platforms(platforms, spec)
    root = spec.get("root", {})
    tasks = root.get("dag", {}).get("tasks", {})
    if not tasks:
        raise InvalidPackage("the pipeline has no tasks.")
    nodes = {
        name: _read_task(name, task, spec.get("components", {}), executors, platform)
        for name, task in sorted(tasks.items())
    }
    root_inputs = read_component(root, "the pipeline")
    if root_inputs.input_artifacts:
        raise UnsupportedPackage("the pipeline takes artifacts as inputs.")
    package = Package(
        name=spec.get("pipelineInfo", {}).get("name", ""),
        description=spec.get("pipelineInfo", {}).get("description", ""),
        parameters=root_inputs.input_parameters,
        tasks={name: nodes[name] for name in _order(nodes)},
    )
    if not package.name:
        raise InvalidPackage("the pipeline has no name (pipelineInfo.name).")
    _check_sources(package)
    return package


def _documents(text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    import yaml

    try:
        documents = [
            document
            for document in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            if document is not None
        ]
    except (yaml.YAMLError, RecursionError) as problem:
        raise InvalidPackage(f"the package is not YAML: {problem}") from problem
    if not 1 <= len(documents) <= 2 or not all(isinstance(document, dict) for document in documents):
        raise InvalidPackage("the package is not one or two YAML documents (PipelineSpec, PlatformSpec).")
    pipeline, platform = documents[0], documents[1] if len(documents) == 2 else {}
    if "apiVersion" in pipeline:
        raise UnsupportedPackage(
            f"the package is a {pipeline.get('kind', 'resource')} of KFP 1 or Argo, not a KFP 2 package."
        )
    return pipeline, platform


def _parse_pipeline(document: Mapping[str, Any]) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
    from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec

    try:
        message = ParseDict(document, PipelineSpec())
        spec: dict[str, Any] = MessageToDict(message)
        # deploymentSpec is a Struct in the proto, so its own message has to be checked apart
        deployment = ParseDict(MessageToDict(message.deployment_spec), PipelineDeploymentConfig())
    except (ParseError, RecursionError) as problem:
        raise InvalidPackage(f"the package is no PipelineSpec: {problem}") from problem
    spec["deploymentSpec"] = MessageToDict(deployment)
    return spec


def _executors(spec: Mapping[str, Any]) -> dict[str, Executor]:
    used = {component.get("executorLabel") for component in spec.get("components", {}).values()}
    return {
        label: read_executor(label, executor)
        for label, executor in spec["deploymentSpec"].get("executors", {}).items()
        if label in used
    }


def _platforms(document: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each executor's Kubernetes configuration."""
    found = document
    for key in ("platforms", "kubernetes", "deploymentSpec", "executors"):
        if not isinstance(found, dict):
            raise InvalidPackage(f"the platform part of the package has no mapping above {key!r}.")
        found = found.get(key, {})
    known = spec["deploymentSpec"].get("executors", {})
    for label, config in found.items():
        if label not in known or not isinstance(config, dict):
            raise InvalidPackage(
                f"the platform part of the package configures an unknown executor {label!r}."
            )
    return {label: check_platform(config, f"executor {label!r}") for label, config in found.items()}


def _read_task(
    name: str,
    task: Mapping[str, Any],
    components: Mapping[str, Any],
    executors: Mapping[str, Executor],
    platforms: Mapping[str, dict[str, Any]],
) -> TaskNode:
    where = f"task {name!r}"
    _refuse_control_flow(task, where)
    reference = task.get("componentRef", {}).get("name", "")
    if reference not in components:
        raise InvalidPackage(f"{where} refers to the component {reference!r}, which the package lacks.")
    if "dag" in components[reference]:
        raise UnsupportedPackage(f"{where} is a nested pipeline, which the embedded backend does not run.")
    label = components[reference].get("executorLabel", "")
    if label not in executors:
        raise InvalidPackage(f"{where} refers to the executor {label!r}, which the package lacks.")
    component = read_component(components[reference], where)
    given = task.get("inputs", {})
    given_parameters, given_artifacts = given.get("parameters", {}), given.get("artifacts", {})
    # KFP adds inputs named pipelinechannel--… to a task without declaring them; they are read as strings.
    parameters = {
        key: InputParameter(
            component.parameter(key),
            read_parameter_source(given_parameters[key], f"input {key!r} of {where}")
            if key in given_parameters
            else None,
        )
        for key in (
            *component.input_parameters,
            *(given_parameters.keys() - component.input_parameters.keys()),
        )
    }
    artifacts = {
        key: InputArtifact(
            component.input_artifacts.get(key, {}),
            read_artifact_source(given_artifacts[key], f"input {key!r} of {where}")
            if key in given_artifacts
            else None,
        )
        for key in (*component.input_artifacts, *(given_artifacts.keys() - component.input_artifacts.keys()))
    }
    platform = platforms.get(label, {})
    sources = [item.source for item in parameters.values()]
    sources += [artifact.source for artifact in artifacts.values()]
    sources += [source for _, source in platform_sources(platform)]
    parents = set(task.get("dependentTasks", []))
    parents |= {source.task for source in sources if isinstance(source, FromTask)}
    return TaskNode(
        name=name,
        display_name=task.get("taskInfo", {}).get("name", "") or name,
        parents=tuple(sorted(parents)),
        executor=executors[label],
        platform=platform,
        input_parameters=parameters,
        input_artifacts=artifacts,
        output_parameters=component.output_parameters,
        output_artifacts=component.output_artifacts,
        retry=_read_retry(task.get("retryPolicy", {})),
        caching=task.get("cachingOptions", {}).get("enableCache", False),
    )


def _refuse_control_flow(task: Mapping[str, Any], where: str) -> None:
    trigger = task.get("triggerPolicy", {})
    for unsupported, what in (
        ("parameterIterator" in task or "artifactIterator" in task, "a loop"),
        (trigger.get("condition"), "a condition"),
        (trigger.get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED", "an exit handler (or ignores failures)"),
    ):
        if unsupported:
            raise UnsupportedPackage(f"{where} is {what}, which the embedded backend does not run.")


def _read_retry(policy: Mapping[str, Any]) -> Retry:
    def seconds(key: str, default: float) -> float:
        return float(policy[key].removesuffix("s")) if key in policy else default

    return Retry(
        max_retries=policy.get("maxRetryCount", 0),
        backoff_seconds=seconds("backoffDuration", 0.0),
        factor=policy.get("backoffFactor", 2.0),
        max_backoff=seconds("backoffMaxDuration", 3600.0),
    )


def _order(nodes: Mapping[str, TaskNode]) -> list[str]:
    """Return the tasks' names, parents first, otherwise in the package's order."""
    for node in nodes.values():
        for parent in node.parents:
            if parent not in nodes:
                raise InvalidPackage(f"task {node.name!r} depends on {parent!r}, which the pipeline lacks.")
    try:
        return list(
            graphlib.TopologicalSorter({name: node.parents for name, node in nodes.items()}).static_order()
        )
    except graphlib.CycleError as problem:
        raise InvalidPackage(
            f"the tasks depend on each other in a circle: {' → '.join(problem.args[1])}."
        ) from problem


def _check_sources(package: Package) -> None:
    for task in package.tasks.values():
        named = [(f"input {key!r}", item.source, "parameter") for key, item in task.input_parameters.items()]
        named += [(f"input {key!r}", item.source, "artifact") for key, item in task.input_artifacts.items()]
        named += [
            ("a volume or secret", source, "parameter") for _, source in platform_sources(task.platform)
        ]
        for what, source, kind in named:
            if isinstance(source, FromPipeline) and source.name not in package.parameters:
                raise InvalidPackage(
                    f"{what} of task {task.name!r} takes the pipeline's parameter {source.name!r}, "
                    "which the pipeline does not declare."
                )
            if isinstance(source, FromTask):
                producer = package.tasks[source.task]
                outputs = producer.output_parameters if kind == "parameter" else producer.output_artifacts
                if source.output not in outputs:
                    raise InvalidPackage(
                        f"{what} of task {task.name!r} takes the {kind} {source.output!r} of task "
                        f"{source.task!r}, which has no such output."
                    )
