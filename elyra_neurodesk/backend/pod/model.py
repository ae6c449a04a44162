"""A compiled pipeline and an attempt at one of its tasks, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

# KFP's ParameterType enum, proto pipeline_spec.proto
ParameterType = Literal["STRING", "NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "LIST", "STRUCT"]


@dataclass(frozen=True)
class Parameter:
    """A parameter that a pipeline, or a task's component, declares.

    Attributes:
        type: KFP's name of the type.
        default: used when no value is given; meaningful only with ``has_default``.
        has_default: whether there is a default (it may be "" or None).
        optional: whether the task runs without a value.
    """

    type: ParameterType
    default: Any = None
    has_default: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Constant:
    """A value written in the package."""

    value: Any


@dataclass(frozen=True)
class FromPipeline:
    """The value of a parameter of the run."""

    name: str


@dataclass(frozen=True)
class FromTask:
    """An output parameter or artifact of a task upstream."""

    task: str
    output: str


Source = Constant | FromPipeline | FromTask


@dataclass(frozen=True)
class InputParameter:
    """A task's input parameter: what its component declares, and where the value comes from, if anywhere."""

    declared: Parameter
    source: Source | None = None


@dataclass(frozen=True)
class InputArtifact:
    """A task's input artifact; ``source`` is None for an optional one that was left out."""

    type: Mapping[str, Any]
    source: FromTask | None = None


@dataclass(frozen=True)
class Resources:
    """What a container asks for; None where it does not say. CPU in cores, memory in bytes."""

    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: int | None = None
    memory_limit: int | None = None
    accelerator: str | None = None
    accelerator_count: int = 0


@dataclass(frozen=True)
class Executor:
    """A container as the package describes it; command, arguments and environment are templates."""

    label: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)


@dataclass(frozen=True)
class Retry:
    """How often and after how many seconds a failed task is tried again."""

    max_retries: int = 0
    backoff_seconds: float = 0.0
    factor: float = 2.0
    max_backoff: float = 3600.0


@dataclass(frozen=True)
class TaskNode:
    """One task of a pipeline.

    Attributes:
        name: key in the pipeline's DAG.
        display_name: name for people.
        parents: tasks that must succeed first, sorted.
        executor: the container; several tasks may share one.
        platform: JSON of the message KubernetesExecutorConfig for this executor.
        input_parameters: by name, with their sources.
        input_artifacts: by name, with their sources.
        output_parameters: by name, with their types.
        output_artifacts: by name, with JSON of their ArtifactTypeSchema.
        retry: what to do after a failure.
        caching: whether results of an equal earlier execution may be used.
    """

    name: str
    display_name: str
    parents: tuple[str, ...]
    executor: Executor
    platform: Mapping[str, Any] = field(default_factory=dict)
    input_parameters: Mapping[str, InputParameter] = field(default_factory=dict)
    input_artifacts: Mapping[str, InputArtifact] = field(default_factory=dict)
    output_parameters: Mapping[str, ParameterType] = field(default_factory=dict)
    output_artifacts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    retry: Retry = field(default_factory=Retry)
    caching: bool = False


@dataclass(frozen=True)
class Package:
    """A compiled pipeline; ``tasks`` is in topological order."""

    name: str
    description: str
    parameters: Mapping[str, Parameter]
    tasks: Mapping[str, TaskNode]


@dataclass(frozen=True)
class Inputs:
    """What one task gets.

    Attributes:
        parameters: values by name; optional ones without a value are left out.
        artifacts: JSON of the message RuntimeArtifact by name.
        constants: names of the parameters whose value was written in the package: only in those may KFP's
            placeholders stand, all others came from people or programs and are taken literally.
        platform: the task's platform configuration, every reference to a parameter replaced by its value.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    platform: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """One try at running one task of one run.

    Attributes:
        run_id: the run's UUID.
        run_name: the run's display name.
        pipeline_name: the pipeline's name.
        task: the task.
        number: 1 for the first try.
        inputs: from `resolve_inputs`.
        directory: this attempt's own directory; logs, outputs and status go there.
    """

    run_id: str
    run_name: str
    pipeline_name: str
    task: TaskNode
    number: int
    inputs: Inputs
    directory: Path


@dataclass(frozen=True)
class RunnerConfig:
    """What this machine offers to tasks.

    Attributes:
        claims: directory that stands for each PVC.
        secrets: keys and values of each secret.
        grace_seconds: how long processes get between SIGTERM and SIGKILL.
        path: directories of programs; the server's own PATH when empty.
    """

    claims: Mapping[str, Path] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grace_seconds: float = 10.0
    path: tuple[str, ...] = ()


Reason = Literal["completed", "failed", "setup", "init", "outputs", "deadline", "canceled", "lost"]


@dataclass(frozen=True)
class Result:
    """How an attempt ended.

    Attributes:
        succeeded: whether tasks downstream may start.
        exit_code: of the main program (128 + signal number when a signal ended it); None when it never ran.
        reason: ``failed`` the program said so, ``setup`` the pod could not be made, ``init`` an init
            container failed, ``outputs`` a declared output is missing, ``lost`` the supervisor died.
        message: one line for people, "" after success.
        outputs: ``{"parameters": {name: value}, "artifacts": {name: RuntimeArtifact JSON}}``.
    """

    succeeded: bool
    exit_code: int | None
    reason: Reason
    message: str = ""
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
