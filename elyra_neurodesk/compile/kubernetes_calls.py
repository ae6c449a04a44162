"""A task's Kubernetes configuration as calls of the functions in ``kfp.kubernetes``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """A call that sets something of a task.

    Attributes:
        sets: what it sets; the order of calls that set the same thing has a meaning.
        function: ``.NAME`` for a method of the task, else a function whose first argument is the task.
        arguments: keyword arguments.
        key: equal for equal calls.
    """

    sets: str
    function: str
    arguments: Mapping[str, Any]
    key: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        key = json.dumps([self.sets, self.function, self.arguments], sort_keys=True)
        object.__setattr__(self, "key", key)


# Fields of the message KubernetesExecutorConfig (kubernetes_executor_config.proto) that repeat a message of
# plain values: the function that adds one, and its keyword argument for each field of that message.
_FUNCTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "pvcMount": (
        "mount_pvc",
        {"constant": "pvc_name", "mountPath": "mount_path", "subPath": "sub_path"},
    ),
    "emptyDirMounts": (
        "empty_dir_mount",
        {
            "volumeName": "volume_name",
            "mountPath": "mount_path",
            "medium": "medium",
            "sizeLimit": "size_limit",
        },
    ),
    "tolerations": (
        "add_toleration",
        {"key": "key", "operator": "operator", "value": "value", "effect": "effect"},
    ),
    "fieldPathAsEnv": ("use_field_path_as_env", {"name": "env_name", "fieldPath": "field_path"}),
}
# what set_image_pull_policy takes (kfp/kubernetes/image.py)
_PULL_POLICIES = ("Always", "Never", "IfNotPresent")


def kubernetes_calls(platform: Mapping[str, Any]) -> tuple[list[Call], dict[str, Any]]:
    """Return the calls that make a Kubernetes configuration, and the fields that no function sets.

    Args:
        platform: JSON of KubernetesExecutorConfig.
    """
    calls: list[Call] = []
    rest = {}
    for name, value in platform.items():
        made = list(_calls(name, value))
        if None in made:
            rest[name] = value
        else:
            calls += [
                Call(name, f"kubernetes.{function}", arguments) for function, arguments in filter(None, made)
            ]
    return calls, rest


def _calls(name: str, value: Any) -> Iterator[tuple[str, dict[str, Any]] | None]:
    """Yield functions and their arguments; None where there is no function for something."""
    if name in _FUNCTIONS:
        function, keywords = _FUNCTIONS[name]
        for entry in value:
            known = entry.keys() <= keywords.keys()
            yield (function, {keywords[key]: entry[key] for key in entry}) if known else None
    elif name == "secretAsEnv":
        for entry in value:
            keys = {item["secretKey"]: item["envVar"] for item in entry["keyToEnv"]}
            known = entry.keys() == {"secretName", "keyToEnv"} and len(keys) == len(entry["keyToEnv"])
            arguments = {"secret_name": entry["secretName"], "secret_key_to_env": keys}
            yield ("use_secret_as_env", arguments) if known else None
    elif name == "imagePullPolicy":
        yield ("set_image_pull_policy", {"policy": value}) if value in _PULL_POLICIES else None
    elif name == "imagePullSecret":
        yield "set_image_pull_secrets", {"secret_names": [entry["secretName"] for entry in value]}
    elif name == "podMetadata":
        for key, text in sorted(value.get("labels", {}).items()):
            yield "add_pod_label", {"label_key": key, "label_value": text}
        for key, text in sorted(value.get("annotations", {}).items()):
            yield "add_pod_annotation", {"annotation_key": key, "annotation_value": text}
    else:
        yield None
