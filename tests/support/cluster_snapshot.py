"""The objects of a cluster that a set-up may change, whole, to be compared before and after."""

from __future__ import annotations

from typing import Any

from elyra_neurodesk.cluster.api import Api

Object = dict[str, Any]

COMPARED = (
    "/api/v1/namespaces",
    "/api/v1/persistentvolumeclaims",
    "/api/v1/secrets",
    "/api/v1/serviceaccounts",
    "/apis/apps/v1/deployments",
    "/apis/storage.k8s.io/v1/storageclasses",
    "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies",
    "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings",
    "/apis/rbac.authorization.k8s.io/v1/roles",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
)
REVISION = "deployment.kubernetes.io/revision"  # counts rollouts, back and forth
OF_THE_SERVER = ("uid", "creationTimestamp", "managedFields", "resourceVersion", "generation")


def snapshot(api: Api) -> dict[tuple[str, str, str], Object]:
    """Return each object by its path, namespace and name, without status and what the API server keeps."""
    found = {}
    for path in COMPARED:
        for item in api.items(path):
            item.pop("status", None)
            item["metadata"].get("annotations", {}).pop(REVISION, None)
            for field in OF_THE_SERVER:
                item["metadata"].pop(field, None)
            found[path, item["metadata"].get("namespace", ""), item["metadata"]["name"]] = item
    return found
