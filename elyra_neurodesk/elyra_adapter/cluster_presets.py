"""Fields of runtime configurations for clusters that are set up in a usual way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.elyra_adapter import instances
from elyra_neurodesk.elyra_adapter.instances import InstanceInvalid
from elyra_neurodesk.elyra_adapter.runtime_configurations import RUNTIMES
from elyra_neurodesk.elyra_adapter.schema_files import RUNTIME_TYPE, runtime_schema
from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.settings import SCHEMA

KFP_CLAIM = "cvmfs-neurodesk"

_SEAWEEDFS_SINCE = (2, 16)
_STORE_SERVICE_PORT = 9000  # of KFP's own store, whichever it is


def store_url(service: str, namespace: str) -> str:
    """Return the address that tasks have for KFP's own object store, by the name of its Service."""
    return f"http://{service}.{namespace}:{_STORE_SERVICE_PORT}"


def kfp_store_service(release: str) -> str:
    """Return the Service of the object store that a release of KFP installs; the newest's without a release.

    SeaweedFS since 2.16, MinIO before (kubeflow/pipelines, manifests/kustomize/third-party).
    """
    found = re.match(r"v?(\d+)\.(\d+)", release)
    return "minio-service" if found and (int(found[1]), int(found[2])) < _SEAWEEDFS_SINCE else "seaweedfs"


class RuntimeConfigurationExists(NeurodeskError):
    """There is a runtime configuration of this name already."""

    code = "ND-CONFIG-014"
    hint = "Name another with --name, or replace it with --force."


class CannotCreateConfiguration(NeurodeskError):
    """The runtime configuration cannot be written."""

    code = "ND-CONFIG-015"
    hint = "See docs/runtime-configuration.md for the values of each field."


@dataclass(frozen=True)
class Preset:
    """What is usual for one kind of cluster.

    Attributes:
        display_name: the name people see.
        description: what it is for.
        api_endpoint: KFP API as seen from here; "" where nothing is usual.
        public_object_store: the object store as seen from here; "" where it is seen as in the cluster.
        scratch_size: size limit of the scratch volume, "" for the schema's default.
    """

    display_name: str
    description: str
    api_endpoint: str = ""
    public_object_store: str = ""
    scratch_size: str = ""


PRESETS = {
    "minikube": Preset(
        "Neurodesk (Minikube)",
        "Kubeflow Pipelines on Minikube, its user interface forwarded to port 8080 and its object store to "
        "port 9000.",
        "http://127.0.0.1:8080/pipeline",
        "http://127.0.0.1:9000",
    ),
    "wsl2": Preset(
        "Neurodesk (WSL2)",
        "Kubeflow Pipelines in a cluster inside WSL2, reached from Windows and from WSL2 through localhost.",
        "http://localhost:8080/pipeline",
        "http://localhost:9000",
        "10Gi",
    ),
    "kubernetes": Preset("Neurodesk (Kubernetes)", "Kubeflow Pipelines on a Kubernetes cluster."),
}


@dataclass(frozen=True)
class ClusterValues:
    """What differs from cluster to cluster.

    Attributes:
        api_endpoint: URL of the KFP API.
        object_store: URL of the object store as tasks see it.
        public_object_store: the same as seen from here, "" where it is equal.
        bucket: its bucket.
        secret: Kubernetes secret with its credentials, for the tasks.
        username: its user, for uploads from here.
        password: that user's password.
        claim: PersistentVolumeClaim of CVMFS.
        namespace: namespace of a multi-user KFP, or "".
        volume_mode: ``automount`` where the claim has every repository, "" for the schema's default.
        kube_context: context of the kubeconfig, for commands that ask the cluster about pods, or "".
        public_api_endpoint: URL of KFP's user interface, "" where it is below the API's.
        port_forward: ``on-demand`` where commands forward the ports of this machine, "" for the default.
        kfp_namespace: namespace of KFP's services, "" for the default.
    """

    api_endpoint: str
    object_store: str
    public_object_store: str
    bucket: str
    secret: str
    username: str
    password: str
    claim: str
    namespace: str = ""
    volume_mode: str = ""
    kube_context: str = ""
    public_api_endpoint: str = ""
    port_forward: str = ""
    kfp_namespace: str = ""


def preset_metadata(preset: Preset, values: ClusterValues) -> dict[str, Any]:
    """Return the fields of a runtime configuration; those that are empty are left out."""
    fields = {
        "runtime_type": RUNTIME_TYPE,
        "description": preset.description,
        "api_endpoint": values.api_endpoint,
        "public_api_endpoint": values.public_api_endpoint,
        "user_namespace": values.namespace,
        "engine": "Argo",
        "auth_type": "NO_AUTHENTICATION",
        "cos_endpoint": values.object_store,
        "public_cos_endpoint": values.public_object_store,
        "cos_bucket": values.bucket,
        "cos_auth_type": "KUBERNETES_SECRET",
        "cos_secret": values.secret,
        "cos_username": values.username,
        "cos_password": values.password,
        "cvmfs_claim": values.claim,
        "cvmfs_volume_mode": values.volume_mode,
        "kube_context": values.kube_context,
        "port_forward": values.port_forward,
        "kfp_namespace": values.kfp_namespace,
        "scratch_size": preset.scratch_size,
    }
    return {name: value for name, value in fields.items() if value} | {"tags": []}


def create(name: str, preset: Preset, values: ClusterValues, replace: bool = False) -> Path:
    """Write a runtime configuration of the user's.

    Args:
        name: the instance's name: lower-case letters, digits, ``-`` and ``_``.
        preset: what is usual for the cluster.
        values: what is not.
        replace: whether one of this name may be replaced.

    Returns:
        Its file (0600: it holds the password).

    Raises:
        RuntimeConfigurationExists: there is one of this name.
        CannotCreateConfiguration: a value is not valid, or the file cannot be written.
    """
    if not replace and any(
        (directory / f"{name}.json").exists() for directory in instances.directories(RUNTIMES)
    ):
        raise RuntimeConfigurationExists(f"there is a runtime configuration '{name}'.")
    schema = runtime_schema(SCHEMA)
    shortest = schema["properties"]["metadata"]["properties"]["cos_password"]["minLength"]
    if len(values.password) < shortest:  # the validator's own message would show it
        raise CannotCreateConfiguration(
            f"the object store's password has less than {shortest} characters, which Elyra refuses."
        )
    fields = preset_metadata(preset, values)
    try:
        return instances.write(RUNTIMES, name, preset.display_name, schema, fields)
    except (InstanceInvalid, OSError) as problem:
        raise CannotCreateConfiguration(
            f"the runtime configuration '{name}' cannot be written: {one_line(str(problem))}"
        ) from problem
