"""POD.json: the description of a pod for its supervisor, as plain data."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.package.model import to_json
from elyra_neurodesk.bootstrapper.command import own_arguments

from .admission import with_sidecar
from .model import Attempt, RunnerConfig
from .outputs import executor_input
from .placeholders import resolve_constants

_PASSED_ON = ("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ")


def describe_pod(attempt: Attempt, config: RunnerConfig) -> dict[str, Any]:
    """Return the content of POD.json.

    Args:
        attempt: what to run.
        config: directories for claims, secrets, and so on; of the secrets, only those that the task names
            are in the result.
    """
    task, platform = attempt.task, with_sidecar(attempt.inputs.kubernetes, attempt.task.container.image)
    metadata = platform.get("podMetadata", {})
    pod_name = _pod_name(attempt)
    pod_uid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{attempt.run_id}/{task.name}/{attempt.number}"))
    job = {
        "pipeline_job_uuid": attempt.run_id,
        "pipeline_job_name": attempt.run_name,
        "pipeline_job_resource_name": f"{attempt.pipeline_name}-{attempt.run_id}",
        "pipeline_task_uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{attempt.run_id}/{task.name}")),
        "pipeline_task_name": task.name,
    }
    parameters = resolve_constants(attempt.inputs.parameters, tuple(attempt.inputs.constants), job)
    volumes = _volumes(platform, config)
    directory = attempt.directory.absolute()
    secret_names = {entry["secretName"] for entry in platform.get("secretAsEnv", [])}
    secret_names |= {volume["secret"] for volume in volumes.values() if volume["kind"] == "secret"}
    return {
        "directory": str(directory),
        "task": task.name,
        "display_name": task.display_name,
        "metadata": {
            "name": pod_name,
            "uid": pod_uid,
            "namespace": "kubeflow",
            # KFP's API server labels every pod so (backend/src/apiserver/template/v2_template.go)
            "labels": {**metadata.get("labels", {}), "pipeline/runid": attempt.run_id},
            "annotations": metadata.get("annotations", {}),
        },
        "job": job,
        "grace_seconds": config.grace_seconds,
        "deadline_seconds": platform.get("activeDeadlineSeconds"),
        "memory_limit": task.resources.memory_limit,
        "cgroup": _cgroup(config, directory) if task.resources.memory_limit else "",
        "base_env": base_environment(config, directory) | {"KFP_POD_NAME": pod_name, "KFP_POD_UID": pod_uid},
        "volumes": volumes,
        "secrets": {
            name: dict(config.secrets[name]) for name in sorted(secret_names) if name in config.secrets
        },
        "secret_env": platform.get("secretAsEnv", []),
        "field_env": platform.get("fieldPathAsEnv", []),
        "init_containers": [_init_container(container) for container in platform.get("initContainers", [])],
        "main": {
            "command": list(task.container.command),
            "args": list(task.container.args),
            # what a user typed is in the bootstrapper's arguments; /proc shows those to every account
            "args_in_file": own_arguments(task.container.command) is not None,
            "env": [[variable.name, variable.value] for variable in task.container.env],
            "mounts": [
                {
                    "volume": name,
                    "path": mount["mountPath"],
                    "subPath": mount.get("subPath", ""),
                }
                for name, mount in _main_mounts(platform)
            ],
        },
        "executor_input": executor_input(
            {"parameters": parameters, "artifacts": attempt.inputs.artifacts},
            task.output_types,
            {
                name: to_json(artifact.artifact_type)
                for name, artifact in sorted(task.component.output_definitions.artifacts.items())
            },
            directory / "outputs",
        ),
        "output_types": task.output_types,
    }


def _pod_name(attempt: Attempt) -> str:
    """Return a valid Kubernetes name, unique for the attempt."""
    text = f"{attempt.pipeline_name}-{attempt.task.name}".lower()
    digest = hashlib.sha256(f"{attempt.run_id}/{attempt.task.name}/{attempt.number}".encode()).hexdigest()
    return f"{re.sub('[^a-z0-9]+', '-', text).strip('-')[:50].rstrip('-') or 'task'}-{digest[:8]}"


def _cgroup(config: RunnerConfig, directory: Path) -> str:
    if config.cgroups is None:
        return ""
    return str(config.cgroups / f"elyra-neurodesk-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]}")


def base_environment(config: RunnerConfig, directory: Path) -> dict[str, str]:
    """Return the variables that tasks have unless they set them; ``directory`` is the home without HOME."""
    search = [str(Path(sys.executable).parent), *(config.path or (os.environ.get("PATH") or os.defpath,))]
    env = {"LANG": "C.UTF-8", "HOME": str(directory), "PATH": os.pathsep.join(search)}
    return env | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _main_mounts(platform: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the volume's name and the mount, for each of the main container's mounts."""
    return [
        *((mount["claim"], mount) for mount in platform.get("pvcMount", [])),
        *((mount["volumeName"], mount) for mount in platform.get("emptyDirMounts", [])),
        *((mount["volumeName"], mount) for mount in platform.get("genericEphemeralVolume", [])),
        *((_secret_volume(mount), mount) for mount in platform.get("secretAsVolume", [])),
    ]


def _secret_volume(mount: Mapping[str, Any]) -> str:
    # one volume for each mount: the same secret may be mounted twice
    return f"secret-{hashlib.sha256(mount['mountPath'].encode()).hexdigest()[:12]}"


def _volumes(platform: Mapping[str, Any], config: RunnerConfig) -> dict[str, dict[str, Any]]:
    volumes: dict[str, dict[str, Any]] = {}
    for name, mount in _main_mounts(platform):
        volume: dict[str, Any] = {"path": mount["mountPath"]}
        if "claim" in mount:
            directory = config.claims.get(name)
            volume |= {"kind": "claim", "directory": None if directory is None else str(directory)}
        elif "secretName" in mount:
            volume |= {
                "kind": "secret",
                "secret": mount["secretName"],
                "optional": mount.get("optional", False),
            }
        else:
            volume["kind"] = "empty"
        volumes[name] = volume
    return volumes


def _init_container(container: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": container["name"],
        "command": container.get("command", []),
        "args": container.get("args", []),
        "env": [[variable["name"], variable.get("value", "")] for variable in container.get("env", [])],
        "mounts": [
            {"volume": mount["volumeName"], "path": mount["mountPath"], "subPath": ""}
            for mount in container.get("volumeMounts", [])
        ],
        "sidecar": container.get("restartPolicy") == "Always",
    }
