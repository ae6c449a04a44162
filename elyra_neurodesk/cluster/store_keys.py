"""Keys of an object store that is not KFP's own: whose secret has them, and whether they must be given."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from elyra_neurodesk.cluster.api import FIELD_MANAGER, MANAGED_BY, Api, KubernetesForbidden, Reference
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.setup import SetUp
from elyra_neurodesk.settings import SecretReference
from elyra_neurodesk.storage.transport import Credentials

KEYS = (SecretReference.access_key_field, SecretReference.secret_key_field)
"""Keys of the secret under which tasks look."""


class StoreKeysMissing(ClusterError):
    """The object store is not KFP's own, no secret in the cluster has its keys, and none are given."""

    code = "ND-CLUSTER-050"
    hint = (
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, type them at a terminal, or name a secret that has "
        "the keys accesskey and secretkey with --object-store-secret."
    )


class SecretOfOthers(ClusterError):
    """The secret for the object store's keys was made by others, and lacks them."""

    code = "ND-CLUSTER-051"
    hint = "Name another with --object-store-secret; a secret that is not ours is never changed."


def keys_in(api: Api, secret: str, namespace: str) -> Credentials | None:
    """Return the keys that a secret has, None where it has none or this account may not read it.

    Raises:
        ClusterUnreachable, KubernetesRefused: see `Api.read`.
    """
    try:
        found = api.read(Reference("v1", "Secret", secret, namespace)) or {}
    except KubernetesForbidden:
        return None
    keys = [base64.b64decode(found.get("data", {}).get(key, "")).decode() for key in KEYS]
    return Credentials(*keys) if all(keys) else None


def with_keys(
    api: Api, set_up: SetUp, given: Credentials | None, ask: Callable[[], Credentials | None]
) -> SetUp:
    """Return the set-up with the keys that its secret shall have; None where the secret stays as it is.

    A secret that others have made is used as it is. One of ours takes the keys that are given.

    Args:
        api: of the cluster.
        set_up: KFP's own store needs none.
        given: keys, None for none.
        ask: returns keys where they are needed and not given, None where nobody can be asked.

    Raises:
        StoreKeysMissing, SecretOfOthers: see there.
        ClusterUnreachable, KubernetesForbidden, KubernetesRefused: see `Api.read`.
    """
    if not set_up.object_store:
        return set_up
    which = Reference("v1", "Secret", set_up.secret, set_up.namespace)
    secret = api.read(which) or {}
    missing = [key for key in KEYS if key not in secret.get("data", {})]
    ours = secret.get("metadata", {}).get("labels", {}).get(MANAGED_BY) == FIELD_MANAGER
    if secret and not ours:
        if missing:
            raise SecretOfOthers(f"{which} has no {' and no '.join(missing)}.")
        return set_up
    keys = given or (ask() if missing else None)
    if missing and keys is None:
        raise StoreKeysMissing(f"the object store {set_up.object_store} needs keys, and {which} has none.")
    return replace(set_up, keys=keys)
