"""The Kubernetes configuration of a task's pod."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from elyra_neurodesk.validate import rules
from elyra_neurodesk.validate.errors import (
    InvalidLabel,
    InvalidMount,
    InvalidReference,
    InvalidVariable,
    PlaceholderInValue,
    ValueTooLong,
)
from elyra_neurodesk.validate.placeholders import check_placeholders
from elyra_neurodesk.validate.text import check_text, is_usable, quoted

# sum over keys and values (k8s.io/apimachinery/pkg/api/validation/objectmeta.go)
MAX_ANNOTATIONS = 256 * 1024
EFFECTS = ("", "NoExecute", "NoSchedule", "PreferNoSchedule")
# checked here; the rest of a configuration is only searched for placeholders
_KNOWN = frozenset(
    {"pvcMount", "emptyDirMounts", "secretAsEnv", "podMetadata", "tolerations", "imagePullSecret"}
    # the sidecar is a constant but for its modules, which are checked as such
    | {"initContainers"}
)

Json = Mapping[str, Any]


def check_pod(platform: Json, node: str) -> None:
    """Check JSON of the message KubernetesExecutorConfig.

    Args:
        platform: the task's configuration.
        node: how messages begin.

    Raises:
        NeurodeskError: of the kinds in this package.
    """
    for path, text in _texts(platform):
        if not is_usable(text):  # the path takes longer to write than the text to check
            check_text(text, _where(node, path))
    _check_mounts(platform, node)
    _check_secrets(platform, node)
    for toleration in platform.get("tolerations", ()):
        _check_toleration(toleration, node)
    _check_metadata(platform.get("podMetadata", {}), node)
    for path, text in _texts({key: platform[key] for key in platform if key not in _KNOWN}):
        check_placeholders(text, _where(node, path))


def _check_secrets(platform: Json, node: str) -> None:
    for secret in platform.get("secretAsEnv", ()):
        name = str(secret.get("secretName", ""))
        rules.check(rules.secret_name, name, f"{node}: secret", InvalidReference)
        for item in secret.get("keyToEnv", ()):
            key, variable = item.get("secretKey", ""), item.get("envVar", "")
            rules.check(rules.secret_key, key, f"{node}: key of the secret {quoted(name)}", InvalidReference)
            rules.check(
                rules.variable_name, variable, f"{node}: variable from {quoted(name)}", InvalidVariable
            )
    for secret in platform.get("imagePullSecret", ()):
        name = str(secret.get("secretName", ""))
        rules.check(rules.secret_name, name, f"{node}: pull secret of its image", InvalidReference)


def secret_variables(platform: Json) -> set[str]:
    """Return the names of the environment variables that come from secrets."""
    return {
        item.get("envVar", "")
        for secret in platform.get("secretAsEnv", ())
        for item in secret.get("keyToEnv", ())
    }


def _check_mounts(platform: Json, node: str) -> None:
    seen: set[str] = set()
    for mount in (*platform.get("pvcMount", ()), *platform.get("emptyDirMounts", ())):
        path = str(mount.get("mountPath", ""))
        where = f"{node}: mount path"
        rules.check(rules.mount_path, path, where, InvalidMount)
        check_placeholders(path, where)
        normal = "/".join(part for part in path.split("/") if part not in ("", "."))
        if normal in seen:
            raise InvalidMount(f"{node} mounts two volumes at {quoted(path)}.")
        seen.add(normal)
        if "constant" in mount:
            rules.check(rules.claim_name, str(mount["constant"]), f"{node}: volume claim", InvalidReference)
        if sub_path := mount.get("subPath"):
            where = f"{node}: directory in the volume at {quoted(path)}:"
            rules.check(rules.sub_path, sub_path, where, InvalidMount)
            check_placeholders(sub_path, where)


def _check_toleration(toleration: Json, node: str) -> None:
    key, value = toleration.get("key") or "", toleration.get("value") or ""
    operator, effect = toleration.get("operator") or "Equal", toleration.get("effect") or ""
    if key:
        rules.check(rules.label_key, key, f"{node}: key of a toleration", InvalidLabel)
    rules.check(rules.label_value, value, f"{node}: value of a toleration", InvalidLabel)
    if operator not in ("Equal", "Exists") or effect not in EFFECTS:
        raise InvalidLabel(
            f"{node}: toleration of {quoted(key)} has operator {quoted(operator)} and effect "
            f"{quoted(effect)}.",
            "Operators are Equal and Exists, effects NoExecute, NoSchedule and PreferNoSchedule.",
        )


def _check_metadata(metadata: Json, node: str) -> None:
    for key, value in metadata.get("labels", {}).items():
        rules.check(rules.label_key, key, f"{node}: label", InvalidLabel)
        rules.check(rules.label_value, value, f"{node}: label {quoted(key)}: value", InvalidLabel)
    total = 0
    for key, value in metadata.get("annotations", {}).items():
        rules.check(rules.label_key, key, f"{node}: annotation", InvalidLabel)
        total += len(key.encode()) + len(value.encode())
        if "{{" in value:
            raise PlaceholderInValue(
                f"{node}: annotation {quoted(key)} is {quoted(value)}, which has '{{{{', where Argo and "
                "Kubeflow Pipelines expect a placeholder.",
                "Write '{ {', or leave it out (elyra/node-user-doc is the comment attached to the node).",
            )
    if total > MAX_ANNOTATIONS:
        raise ValueTooLong(
            f"{node}: its annotations have {total} bytes; Kubernetes allows {MAX_ANNOTATIONS}.",
            "Shorten them; elyra/node-user-doc is the comment attached to the node in the editor.",
        )


def _texts(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield (*path, str(key)), str(key)
            yield from _texts(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, path)


def _where(node: str, path: tuple[str, ...]) -> str:
    return ": ".join((node, *map(quoted, path)))
