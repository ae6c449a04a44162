"""An attempt at a task, what this machine offers to it, and how it ended: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from elyra_neurodesk.backend.package.inputs import TaskInputs
from elyra_neurodesk.backend.package.model import PackageTask


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
    task: PackageTask
    number: int
    inputs: TaskInputs
    directory: Path


@dataclass(frozen=True)
class RunnerConfig:
    """What this machine provides to tasks.

    Attributes:
        claims: directory of this machine for each PVC.
        secrets: keys and values of each secret.
        grace_seconds: how long processes get between SIGTERM and SIGKILL.
        path: directories of programs; the server's own PATH when empty.
        cgroups: directory of the control group below which tasks with a memory limit get one of their own;
            None where the kernel does not let this user limit memory: the supervisor watches it instead.
    """

    claims: Mapping[str, Path] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grace_seconds: float = 10.0
    path: tuple[str, ...] = ()
    cgroups: Path | None = None


Reason = Literal[
    "completed", "failed", "setup", "init", "outputs", "deadline", "OOMKilled", "canceled", "lost"
]


@dataclass(frozen=True)
class Result:
    """How an attempt ended.

    Attributes:
        succeeded: whether downstream tasks may start.
        exit_code: of the main program (128 + signal number when a signal ended it); None when it never ran.
        reason: ``failed`` the exit code is not 0, ``setup`` the pod could not be made, ``init`` an init
            container failed, ``outputs`` a declared output is missing, ``OOMKilled`` it used more memory than
            its limit (Kubernetes' word), ``lost`` the supervisor died or its report cannot be read.
        message: one line for the user, "" after success.
        outputs: ``{"parameters": {name: value}, "artifacts": {name: RuntimeArtifact JSON}}``.
    """

    succeeded: bool
    exit_code: int | None
    reason: Reason
    message: str = ""
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
