"""A notebook, Python script or R script node as a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.spec import Store, TaskSpec
from elyra_neurodesk.graph.kubernetes_config import kubernetes_config
from elyra_neurodesk.graph.model import (
    Constant,
    Container,
    Parameter,
    PipelineInput,
    Resources,
    Task,
    TaskInput,
)
from elyra_neurodesk.names import input_name
from elyra_neurodesk.settings import CVMFS_ROOT, RuntimeSettings

# inputs of every generic task; parameters' inputs begin with "p_"
RUN_ID = "run_id"
TASK = "task"


@dataclass(frozen=True)
class GenericNode:
    """What is needed of an Elyra GenericOperation, and what was found out about it.

    Attributes:
        name: the task's name.
        label: the node's label.
        image: runtime image.
        file: base name of the notebook or script.
        archive: SHA-256 of its archive.
        parents: names of all parent tasks.
        generic_parents: names of the nearest generic tasks upstream.
        outputs: declared outputs.
        env: environment variables.
        parameters: pipeline parameters the node takes.
        resources: requests and limits.
        modifiers: Elyra's execution object for the node.
        modules: Neurodesk modules to load before the first cell.
        strict: what a tool that did not work does: ``error``, ``warn`` or ``off``.
    """

    name: str
    label: str
    image: str
    file: str
    archive: str
    parents: tuple[str, ...]
    generic_parents: tuple[str, ...]
    outputs: tuple[str, ...]
    env: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    resources: Resources
    modifiers: Mapping[str, Any]
    modules: tuple[str, ...] = ()
    strict: str = "error"


@dataclass(frozen=True)
class Target:
    """What all generic tasks of a pipeline have in common.

    Attributes:
        pipeline: the pipeline's name.
        directory: its directory in the object store.
        store: the object store.
        bootstrapper: SHA-256 of the bootstrapper's zipapp.
        bootstrapper_url: where tasks fetch it if their image lacks the package.
    """

    pipeline: str
    directory: str
    store: Store
    bootstrapper: str
    bootstrapper_url: str


def generic_task(node: GenericNode, target: Target, settings: RuntimeSettings) -> Task:
    """Return the task of a generic node, not yet patched.

    KFP's cache is off: a task that KFP skips would leave its outputs in an earlier run's directory.
    """
    spec = TaskSpec(
        pipeline=target.pipeline,
        directory=target.directory,
        task=node.name,
        node=node.label,
        file=node.file,
        archive=node.archive,
        store=target.store,
        parents=node.generic_parents,
        outputs=node.outputs,
        parameters={parameter.name: parameter.type for parameter in node.parameters},
        modules=node.modules,
        strict=node.strict,
        claim=settings.claim,
        cvmfs=CVMFS_ROOT,
    )
    return Task(
        name=node.name,
        display_name=node.label,
        parents=node.parents,
        inputs={
            **own_inputs(spec),
            **{_input(parameter): PipelineInput(parameter.name) for parameter in node.parameters},
        },
        env=node.env,
        resources=node.resources,
        platform=kubernetes_config(node.modifiers, node.label),
        caching=False,
        container=_container(node, target, spec),
        spec=spec,
    )


def own_inputs(spec: TaskSpec) -> dict[str, TaskInput]:
    """Return the inputs that every generic task has: the run's id and what it is told about itself."""
    return {RUN_ID: Constant("{{$.pipeline_job_uuid}}"), TASK: Constant(spec.own_json())}


def _container(node: GenericNode, target: Target, spec: TaskSpec) -> Container:
    # KFP fills in the run's id where it is the value of an input, not in arguments
    # (backend/src/v2/driver/resolve.go)
    args = [target.bootstrapper, target.bootstrapper_url]
    args += ["--run-id", _placeholder(RUN_ID), "--pipeline", spec.common_json(), "--task", _placeholder(TASK)]
    for parameter in node.parameters:
        args += ["--parameter", f"{parameter.name}={_placeholder(_input(parameter))}"]
    inputs = {RUN_ID: "String", TASK: "String"}
    inputs |= {_input(parameter): parameter.type for parameter in node.parameters}
    return Container(node.image, tuple(CONTAINER_COMMAND), tuple(args), inputs)


def _input(parameter: Parameter) -> str:
    """Return the name of the input for a parameter; none is ever called like our own inputs."""
    return f"p_{input_name(parameter.name)}"


def _placeholder(name: str) -> str:
    return f"{{{{$.inputs.parameters['{name}']}}}}"
