"""The Kubernetes part of a package: what one executor's pod mounts, reads and runs beside its main program.

The released SDK's proto knows all fields but ``initContainers`` (kubernetes_executor_config.proto, field 19
on KFP's master), which is therefore checked here by hand, as strictly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes, parse_cores

from .errors import InvalidPackage, UnsupportedPackage
from .model import Constant, FromPipeline, FromTask, Source

_NOT_HERE = ("configMapAsVolume", "configMapAsEnv")
_CONTAINER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_VOLUME_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
# A volume's or secret's name is given by one of these, the last one being the current form.
_REFERENCES = {
    "pvcMount": ("constant", "componentInputParameter", "taskOutputParameter", "pvcNameParameter"),
    "secretAsEnv": ("secretName", "secretNameParameter"),
    "secretAsVolume": ("secretName", "secretNameParameter"),
}


def check_platform(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check one executor's KubernetesExecutorConfig and return it as plain JSON.

    Args:
        config: the JSON found in the package.
        where: names the executor in errors.

    Raises:
        InvalidPackage: unknown or wrong fields, volumes that are not defined, relative mount paths.
        UnsupportedPackage: config maps.
    """
    from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
    from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig

    rest = dict(config)
    containers = rest.pop("initContainers", [])
    try:
        message = ParseDict(rest, KubernetesExecutorConfig())
    except ParseError as problem:
        raise InvalidPackage(f"the Kubernetes configuration of {where} is wrong: {problem}") from problem
    checked: dict[str, Any] = MessageToDict(message)
    # int64 is a string in proto JSON
    if "activeDeadlineSeconds" in checked:
        checked["activeDeadlineSeconds"] = int(checked["activeDeadlineSeconds"])
    for name in _NOT_HERE:
        if checked.get(name):
            raise UnsupportedPackage(f"{where} uses {name}, and the embedded backend has no config maps.")
    for mount in _mounts(checked):
        _check_path(str(mount.get("mountPath", "")), where)
    for mount in checked.get("pvcMount", []):
        if ".." in PurePosixPath(mount.get("subPath", "")).parts or mount.get("subPath", "").startswith("/"):
            raise InvalidPackage(
                f"{where} mounts the sub-path {mount['subPath']!r}, which leaves the volume."
            )
    for volume in (*checked.get("emptyDirMounts", []), *checked.get("genericEphemeralVolume", [])):
        if not _VOLUME_NAME.fullmatch(volume.get("volumeName", "")):
            raise InvalidPackage(f"{where} has a volume named {volume.get('volumeName', '')!r}.")
    if containers:
        checked["initContainers"] = _check_init_containers(containers, where)
    return checked


def platform_sources(platform: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Source]]:
    """Yield each entry of a platform configuration that names a PVC or secret, with the name's source.

    Raises:
        InvalidPackage: an entry names nothing.
    """
    for kind, fields in _REFERENCES.items():
        for entry in platform.get(kind, []):
            found = [field for field in fields if field in entry]
            if not found:
                raise InvalidPackage(f"a {kind} names no {'PVC' if kind == 'pvcMount' else 'secret'}.")
            yield entry, _source(entry[found[-1]], found[-1])


def resolve_platform(platform: Mapping[str, Any], value: Callable[[Source], Any]) -> dict[str, Any]:
    """Return the configuration with the name of each PVC (``claim``) and secret (``secretName``) added."""
    resolved = {key: list(entry) if isinstance(entry, list) else entry for key, entry in platform.items()}
    for kind in _REFERENCES:
        if kind in platform:
            name = "claim" if kind == "pvcMount" else "secretName"
            resolved[kind] = [
                {**entry, name: str(value(source))}
                for entry, source in platform_sources({kind: platform[kind]})
            ]
    return resolved


def _source(reference: Any, field: str) -> Source:
    """Return the source that a reference describes; ``field`` tells in which of KFP's forms it is written."""
    if field in ("constant", "secretName"):
        return Constant(reference)
    if field == "componentInputParameter":
        return FromPipeline(reference)
    if field == "taskOutputParameter":
        return FromTask(reference["producerTask"], reference["outputParameterKey"])
    if "runtimeValue" in reference:
        return Constant(reference["runtimeValue"].get("constant"))
    return _source(*next((value, key) for key, value in reference.items()))


def _mounts(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for kind in ("pvcMount", "emptyDirMounts", "secretAsVolume", "genericEphemeralVolume"):
        yield from config.get(kind, [])


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
