"""Errors of tasks that cannot be started here, or end without their outputs.

Codes ND-LOCAL-105 and ND-LOCAL-111 to -120. Standard library only: the pod supervisor imports this module.
"""

from __future__ import annotations

from elyra_neurodesk.errors import NeurodeskError

_USE_CLUSTER = "Submit it to a Kubeflow Pipelines cluster."


class InvalidPlaceholder(NeurodeskError):
    """A placeholder in a command or argument names an input or output that the task does not have."""

    code = "ND-LOCAL-105"
    hint = "Compile the pipeline again with kfp 2."


class ClaimUnavailable(NeurodeskError):
    """A PVC has no directory on this machine, or the directory does not exist."""

    code = "ND-LOCAL-111"


class VolumeNotMountable(NeurodeskError):
    """A volume cannot be mounted at its mount path on this machine."""

    code = "ND-LOCAL-112"
    hint = (
        "Allow unprivileged user namespaces (on Ubuntu: sudo sysctl "
        "kernel.apparmor_restrict_unprivileged_userns=0), or submit to a Kubeflow Pipelines cluster."
    )


class SecretUnavailable(NeurodeskError):
    """A secret, or one of its keys, is not known to the embedded backend."""

    code = "ND-LOCAL-113"
    hint = "Use a secret that `elyra-neurodesk local up` knows."


class ProgramUnavailable(NeurodeskError):
    """A container's program cannot be started."""

    code = "ND-LOCAL-114"
    hint = "Install the program here, or submit to a Kubeflow Pipelines cluster, which uses the image."
    exit_status = 127


class PodNotMade(NeurodeskError):
    """This machine could not set up a task's processes: no room, no memory, arguments too long."""

    code = "ND-LOCAL-119"
    hint = "See pod.log in the task's directory."


class OutputUnavailable(NeurodeskError):
    """A task finished successfully without an output that it declares, or with one of another type."""

    code = "ND-LOCAL-115"
    hint = "Write the value to the file that the component was given for it."


class FieldUnavailable(NeurodeskError):
    """An environment variable asks for a field of the pod that has no counterpart on one machine."""

    code = "ND-LOCAL-116"
    hint = _USE_CLUSTER


class ContainerFailed(NeurodeskError):
    """An init container failed, so the task's main program was not started."""

    code = "ND-LOCAL-117"
    hint = "See its log."


class MemoryLimitExceeded(NeurodeskError):
    """A task used more memory than its limit: Kubernetes' OOMKilled."""

    code = "ND-LOCAL-120"
    hint = "Raise the memory limit in the node's properties, or make the task use less."
    exit_status = 137  # 128 + SIGKILL, as Kubernetes reports it


class DeadlinePassed(NeurodeskError):
    """A task ran longer than its time limit."""

    code = "ND-LOCAL-118"
    hint = "Give the task more time, or less to do."
