"""The Kubernetes part of a package: one executor's volumes, secrets, init containers and metadata."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from google.protobuf.json_format import ParseDict, ParseError
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import TaskInputsSpec

from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes, parse_cores

from .errors import InvalidPackage, UnsupportedPackage
from .model import to_json

InputParameterSpec: TypeAlias = TaskInputsSpec.InputParameterSpec
_CONTAINER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_VOLUME_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def read_kubernetes(
    config: Mapping[str, Any], where: str
) -> tuple[KubernetesExecutorConfig, tuple[Mapping[str, Any], ...]]:
    """Read one executor's configuration and its init containers.

    Init containers are JSON of the message InitContainer, checked here by hand: they are field 19 of
    kubernetes_executor_config.proto on KFP's master, and not in the kfp-kubernetes that pip installs.

    Args:
        config: JSON of the message KubernetesExecutorConfig.
        where: names the executor in errors.

    Raises:
        InvalidPackage: unknown or wrong fields, volumes that are not defined, relative mount paths.
        UnsupportedPackage: config maps.
    """
    known = {key: value for key, value in config.items() if key != "initContainers"}
    try:
        message = ParseDict(known, KubernetesExecutorConfig())
    except ParseError as problem:
        raise InvalidPackage(f"the Kubernetes configuration of {where} is wrong: {problem}") from problem
    for name, used in (
        ("configMapAsVolume", message.config_map_as_volume),
        ("configMapAsEnv", message.config_map_as_env),
    ):
        if used:
            raise UnsupportedPackage(f"{where} uses {name}, and the embedded backend has no config maps.")
    for mount in (
        *message.pvc_mount,
        *message.empty_dir_mounts,
        *message.secret_as_volume,
        *message.generic_ephemeral_volume,
    ):
        _check_path(mount.mount_path, where)
    for mount in message.pvc_mount:
        if ".." in PurePosixPath(mount.sub_path).parts or mount.sub_path.startswith("/"):
            raise InvalidPackage(f"{where} mounts the sub-path {mount.sub_path!r}, which leaves the volume.")
    for volume in (*message.empty_dir_mounts, *message.generic_ephemeral_volume):
        if not _VOLUME_NAME.fullmatch(volume.volume_name):
            raise InvalidPackage(f"{where} has a volume named {volume.volume_name!r}.")
    return message, tuple(_check_init_containers(config.get("initContainers", []), where))


def named_objects(
    config: KubernetesExecutorConfig,
) -> Iterator[tuple[str, int, InputParameterSpec]]:
    """Yield each place that names a PVC or secret: field of the configuration, index, source of the name.

    The deprecated forms (``constant``, ``secret_name`` …) are returned as the message that replaced them.

    Raises:
        InvalidPackage: nothing is named.
    """
    for index, mount in enumerate(config.pvc_mount):
        yield "pvcMount", index, _claim(mount)
    secrets = (("secretAsEnv", config.secret_as_env), ("secretAsVolume", config.secret_as_volume))
    for field, entries in secrets:
        for index, entry in enumerate(entries):
            if entry.HasField("secret_name_parameter"):
                yield field, index, entry.secret_name_parameter
            elif entry.secret_name:
                yield field, index, _constant(entry.secret_name)
            else:
                raise InvalidPackage(f"a {field} names no secret.")


def resolve_kubernetes(
    config: KubernetesExecutorConfig, value: Callable[[InputParameterSpec], Any]
) -> dict[str, Any]:
    """Return a configuration as JSON, with the name of each PVC (``claim``) and secret (``secretName``).

    Args:
        config: from `read_kubernetes`.
        value: returns the value of a source.
    """
    resolved: dict[str, Any] = to_json(config)
    if "activeDeadlineSeconds" in resolved:  # an int64 is a string in JSON
        resolved["activeDeadlineSeconds"] = int(resolved["activeDeadlineSeconds"])
    for field, index, source in named_objects(config):
        key = "claim" if field == "pvcMount" else "secretName"
        resolved[field][index][key] = str(value(source))
    return resolved


def _claim(mount: Any) -> InputParameterSpec:
    if mount.HasField("pvc_name_parameter"):
        return mount.pvc_name_parameter
    match mount.WhichOneof("pvc_reference"):
        case "constant":
            return _constant(mount.constant)
        case "component_input_parameter":
            return InputParameterSpec(component_input_parameter=mount.component_input_parameter)
        case "task_output_parameter":
            return InputParameterSpec(task_output_parameter=mount.task_output_parameter)
    raise InvalidPackage("a pvcMount names no PVC.")


def _constant(text: str) -> InputParameterSpec:
    source = InputParameterSpec()
    source.runtime_value.constant.string_value = text
    return source


def _check_path(path: str, where: str) -> None:
    parts = PurePosixPath(path).parts
    if not path.startswith("/") or len(parts) < 2 or ".." in parts or "\0" in path:
        raise InvalidPackage(f"{where} has the mount path {path!r}, which is not an absolute path below /.")


def _check_init_containers(containers: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(containers, list):
        raise InvalidPackage(f"initContainers of {where} is not a list.")
    names: set[str] = {"main"}
    for container in containers:
        _check(container, _INIT_CONTAINER, f"init container of {where}")
        name = container.get("name", "")
        if not _CONTAINER_NAME.fullmatch(name) or name in names:
            raise InvalidPackage(f"an init container of {where} is named {name!r}: not valid, or used twice.")
        names.add(name)
        label = f"init container {name!r} of {where}"
        if not container.get("image"):
            raise InvalidPackage(f"{label} has no image.")
        if container.get("restartPolicy", "Always") != "Always":
            raise InvalidPackage(f"{label} has a restartPolicy other than Always.")
        for variable in container.get("env", []):
            if not variable.get("name"):
                raise InvalidPackage(f"{label} has a variable without a name.")
        for mount in container.get("volumeMounts", []):
            _check_path(mount.get("mountPath", ""), label)
            if not mount.get("volumeName"):
                raise InvalidPackage(f"{label} mounts a volume without naming it.")
        for kind in container.get("resources", {}).values():
            _check_resources(kind, label)
    return [dict(container) for container in containers]


def _check_resources(quantities: Mapping[str, str], label: str) -> None:
    try:
        for name, quantity in quantities.items():
            (parse_cores if name == "cpu" else parse_bytes)(quantity)
    except InvalidQuantity as problem:
        raise InvalidPackage(f"{label}: {problem.message}") from problem


# The shape of the message InitContainer: a type, a list of one shape, a message's fields, or (dict, type) for
# a map.
_INIT_CONTAINER: dict[str, Any] = {
    "name": str,
    "image": str,
    "command": [str],
    "args": [str],
    "env": [{"name": str, "value": str}],
    "volumeMounts": [{"volumeName": str, "mountPath": str}],
    "restartPolicy": str,
    "resources": {"requests": (dict, str), "limits": (dict, str)},
}


def _check(value: Any, shape: Any, where: str) -> None:
    match shape:
        case list():
            valid = isinstance(value, list)
        case (_, inner):
            valid = isinstance(value, dict) and all(isinstance(item, inner) for item in value.values())
        case dict():
            valid = isinstance(value, dict)
        case _:
            valid = isinstance(value, shape)
    if not valid:
        raise InvalidPackage(f"{where} has a value of the wrong type: {value!r}.")
    if isinstance(shape, list):
        for item in value:
            _check(item, shape[0], where)
    elif isinstance(shape, dict):
        for key, item in value.items():
            if key not in shape:
                raise InvalidPackage(f"{where} has an unknown field {key!r}.")
            _check(item, shape[key], f"{key} of {where}")
