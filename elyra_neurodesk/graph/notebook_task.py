"""A notebook or script node as a task that runs the bootstrapper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.declarations import (
    MODULES_VARIABLE,
    declared_keep_limits,
    declared_modules,
    declared_strictness,
)
from elyra_neurodesk.graph.kubernetes_config import kubernetes_config
from elyra_neurodesk.graph.model import Constant, Container, PipelineInput, Task, TaskInput
from elyra_neurodesk.graph.pipeline import NotebookNode, Parameter
from elyra_neurodesk.graph.resources import resources
from elyra_neurodesk.names import input_name
from elyra_neurodesk.paths import CVMFS_ROOT

# inputs of every notebook task; parameters' inputs begin with "p_"
RUN_ID = "run_id"
TASK = "task"


class RuntimeImageMissing(NeurodeskError):
    """A notebook or script has no container image to run in."""

    code = "ND-IMAGE-002"
    hint = (
        "Choose the node's Runtime Image (`--image` of `elyra-neurodesk submit`), or add a Neurodesktop "
        "image in JupyterLab's Runtime Images tab."
    )


def notebook_task(
    node: NotebookNode,
    name: str,
    parents: tuple[str, ...],
    upstream: tuple[str, ...],
    parameters: Sequence[Parameter],
    archive: str,
    context: SubmissionContext,
) -> Task:
    """Return the task of a notebook or script node, not yet patched.

    KFP's cache is off: a task that KFP skips would leave its outputs in an earlier run's directory.

    Args:
        node: the node.
        name: the task's name.
        parents: names of all parent tasks.
        upstream: names of the nearest notebook tasks upstream, whose records lead to all ancestors.
        parameters: the pipeline parameters that the node takes.
        archive: SHA-256 of the archive with the node's files (64 hex digits).
        context: what the submission's tasks share.

    Raises:
        RuntimeImageMissing: neither the node nor the context names an image.
        InvalidKeepLimit: the limit for undeclared files is not a quantity.
        InvalidResource: an amount of CPUs, memory, GPUs or shared memory is not a number, or too small.
    """
    image = node.image or context.default_image
    if not image:
        raise RuntimeImageMissing(
            f"Node '{node.label}' names no runtime image, and there is no Neurodesktop image among Elyra's "
            "runtime images that could be its default."
        )
    file = PurePath(node.file)
    spec = TaskSpec(
        pipeline=context.pipeline,
        directory=context.directory,
        task=name,
        node=node.label,
        file=file.name,
        archive=archive,
        store=context.store,
        parents=upstream,
        outputs=node.outputs,
        parameters={parameter.name: parameter.type for parameter in parameters},
        modules=declared_modules(node, context.settings),
        strict=declared_strictness(node, context.settings),
        keep_undeclared=declared_keep_limits(node, context.settings),
        claim=context.settings.claim,
        cvmfs="" if context.absent_repository else CVMFS_ROOT,
    )
    return Task(
        name=name,
        display_name=node.label,
        parents=parents,
        inputs={
            **own_inputs(name),
            **{_input(parameter): PipelineInput(parameter.name) for parameter in parameters},
        },
        env={variable: value for variable, value in node.env.items() if variable != MODULES_VARIABLE},
        resources=resources(node.requests, node.label),
        platform=kubernetes_config(node.modifiers, node.label),
        caching=False,
        container=_container(image, parameters, context),
        spec=spec,
        file=file.name if file.is_absolute() else str(file),
        comment=node.comment,
    )


def own_inputs(task: str) -> dict[str, TaskInput]:
    """Return the inputs that every notebook task has: the run's id and the task's name.

    The name is no word of the arguments, so that tasks can share an executor.
    """
    return {RUN_ID: Constant("{{$.pipeline_job_uuid}}"), TASK: Constant(task)}


def refer_to_specs(task: Task, sha256: str) -> Task:
    """Return a notebook task that reads its specification from the document with this hash (64 hex digits).

    The document is made of the patched tasks of the whole pipeline, so its name is known last.
    """
    assert task.container is not None  # noqa: S101  for the type checker
    url, *rest = task.container.args
    return replace(task, container=replace(task.container, args=(url, sha256, *rest)))


def _container(image: str, parameters: Sequence[Parameter], context: SubmissionContext) -> Container:
    # KFP fills in the run's id where it is the value of an input, not in arguments
    # (backend/src/v2/driver/resolve.go)
    args = [context.bootstrapper_url, _placeholder(RUN_ID), _placeholder(TASK)]
    args += [f"{parameter.name}={_placeholder(_input(parameter))}" for parameter in parameters]
    inputs = {RUN_ID: "String", TASK: "String"}
    inputs |= {_input(parameter): parameter.type for parameter in parameters}
    return Container(image, tuple(CONTAINER_COMMAND), tuple(args), inputs)


def _input(parameter: Parameter) -> str:
    """Return the name of the input for a parameter; none is ever called like our own inputs."""
    return f"p_{input_name(parameter.name)}"


def _placeholder(name: str) -> str:
    return f"{{{{$.inputs.parameters['{name}']}}}}"
