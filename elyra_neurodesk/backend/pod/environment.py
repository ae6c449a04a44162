"""The environment of a pod's processes.

Order and references follow Kubernetes: the executor's variables first, each able to refer to those before it,
then those from secrets and from the pod's own fields.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import FieldUnavailable, SecretUnavailable
from .expansion import expand_all

# Marks every process of an attempt, so that what a killed supervisor leaves behind can be found.
MARK = "ELYRA_NEURODESK_ATTEMPT"
_KEYED = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


def container_variables(pod: Mapping[str, Any], env: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the variables that a main container declares.

    Args:
        pod: the content of POD.json.
        env: the executor's own variables, not expanded.

    Raises:
        SecretUnavailable: a secret or key is missing and not optional.
        FieldUnavailable: a field of the pod that one machine does not have.
    """
    variables = expand_all(env, {})
    for entry in pod["secret_env"]:
        keys = pod["secrets"].get(entry["secretName"])
        for item in entry.get("keyToEnv", []):
            if keys is not None and item["secretKey"] in keys:
                variables[item["envVar"]] = keys[item["secretKey"]]
            elif not entry.get("optional"):
                missing = "" if keys is None else f" with the key {item['secretKey']!r}"
                raise SecretUnavailable(
                    f"task {pod['task']!r} reads {item['envVar']} from the secret "
                    f"{entry['secretName']!r}{missing}, which this machine does not have."
                )
    for entry in pod["field_env"]:
        variables[entry["name"]] = _field(pod, entry.get("fieldPath", ""))
    return variables


def _field(pod: Mapping[str, Any], path: str) -> str:
    metadata = pod["metadata"]
    if keyed := _KEYED.fullmatch(path):
        return str(metadata[keyed[1]].get(keyed[2], ""))
    known = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": socket.gethostname(),
        "spec.serviceAccountName": "default",
        "status.hostIP": "127.0.0.1",
        "status.podIP": "127.0.0.1",
    }
    if path not in known:
        raise FieldUnavailable(f"task {pod['task']!r} asks for the pod's field {path!r}.")
    return str(known[path])
