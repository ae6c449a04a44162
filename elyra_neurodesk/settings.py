"""A runtime configuration as plain, frozen data.

``elyra_adapter/runtime_configurations.py`` reads it from Elyra; everything else takes it from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.paths import CVMFS_AUTOMOUNT, CVMFS_ROOT
from elyra_neurodesk.quantities import InvalidQuantity, parse_limits

SCHEMA = "neurodesk"
"""Elyra's name of the schema whose configurations this package submits with."""

KFP_NAMESPACE = "kubeflow"
"""Namespace of Kubeflow Pipelines, and of its tasks where it has one user."""

KFP_SECRET = "mlpipeline-minio-artifact"  # noqa: S105  a secret's name
"""Secret with the keys of the object store that KFP brings."""

KFP_BUCKET = "mlpipeline"
"""Bucket that KFP makes in its own store."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts of an API that runs tasks on this machine."""

THIS_MACHINE = "neurodesk_this_machine"
"""Name of the runtime configuration of the embedded backend, which `elyra-neurodesk local up` writes."""

ANONYMOUS = "NO_AUTHENTICATION"
"""Elyra's authentication type for an API that asks for no credentials."""

BEARER_TOKEN = "EXISTING_BEARER_TOKEN"  # noqa: S105  the name of a type
"""Elyra's authentication type for a token, which is in the field ``api_password``."""

ON_DEMAND = "on-demand"
"""Value of ``port_forward`` with which commands start the process that forwards ports."""

PORT_FORWARDS = ("off", ON_DEMAND)

SidecarDelivery = Literal["auto", "platform-spec", "admission", "off"]
SIDECAR_DELIVERIES = ("auto", "platform-spec", "admission", "off")
VOLUME_MODES = ("repository", "automount")
LEVELS = ("error", "warn", "off")


class InvalidRuntimeConfiguration(NeurodeskError):
    """A field of the runtime configuration has a value that cannot work."""

    code = "ND-CONFIG-002"
    hint = "Edit the runtime configuration in JupyterLab (Runtimes) or with elyra-metadata."


class CredentialsNotByReference(NeurodeskError):
    """The tasks would need the object store's password inside the compiled pipeline."""

    code = "ND-CONFIG-003"


class UnusableRuntimeConfiguration(NeurodeskError):
    """The runtime configuration exists and cannot be used."""

    code = "ND-CONFIG-011"
    hint = "Correct it in JupyterLab's Runtimes tab or with `elyra-metadata update runtimes`."


class StockRuntimeConfiguration(NeurodeskError):
    """The runtime configuration is one of Elyra's own: its runs get no CVMFS, no modules and no check."""

    code = "ND-CONFIG-012"
    hint = (
        "Name a configuration of type neurodesk with --runtime-config (JupyterLab's Runtimes tab or "
        "`elyra-metadata create runtimes --schema_name=neurodesk` makes one), or use `elyra-pipeline`."
    )


@dataclass(frozen=True)
class SecretReference:
    """A Kubernetes secret that holds the object store's credentials.

    Attributes:
        name: the secret, in the namespace where pipelines run.
        access_key_field: key in the secret that holds the access key.
        secret_key_field: key in the secret that holds the secret key.
    """

    name: str
    access_key_field: str = "accesskey"
    secret_key_field: str = "secretkey"  # noqa: S105  a key's name


@dataclass(frozen=True)
class RuntimeConfiguration:
    """What one of Elyra's runtime configurations says, with the defaults filled in.

    Reading one never fails, so that a wrong field does not hide the runs of the others; `validate` and
    `check_credentials` refuse what a submission could not work with.

    Attributes:
        name: the instance's name, as given to ``--runtime-config``.
        display_name: the name people see.
        api_endpoint: KFP API, without a slash at its end.
        public_api_endpoint: the same as a browser reaches it.
        namespace: KFP user namespace, or None.
        object_store_endpoint: as seen from here and from the tasks, without a slash at its end; for the
            embedded backend the file URL of a directory.
        public_object_store_endpoint: the same as a browser reaches it.
        bucket: bucket name.
        iam: tasks get their credentials from their service account (AWS IRSA).
        secret: where tasks find their credentials, or None.
        claim: PVC of CVMFS.
        volume_mode: ``repository`` or ``automount``.
        sidecar: delivery of the sidecar.
        sidecar_image: image of the sidecar, "" for the node's own.
        scratch_size: size limit of the emptyDir at `paths.SCRATCH`.
        scratch_claim: PVC to mount there instead, or "".
        modules: modules that every generic task gets.
        strict: how a task reacts to a missing module or a failed tool: ``error``, ``warn`` or ``off``.
        keep_undeclared: how much a task keeps of files that nobody declared: the size of a file, or that and
            the size of all of them (see `quantities.parse_limits`).
        check: what errors of the check before submission do: ``error``, ``warn`` or ``off``.
        module_index: where the available modules are listed: a mounted repository's directory, or URL or
            file of an apps.json; "" for this machine's own CVMFS.
        schema_name: Elyra's schema: ``neurodesk``, or ``kfp`` for Elyra's own kind.
        auth_type: name of one of Elyra's authentication types for the KFP API.
        api_username: user name for that type, or "".
        api_password: password or token for that type, or "".
        access_key: the object store's access key for uploads and downloads from here, or "".
        secret_key: the secret key that belongs to it, or "".
        kube_context: context of the kubeconfig with which commands ask the cluster about pods, "" for none.
        port_forward: ``on-demand`` where commands forward the ports of this machine that the endpoints name,
            else ``off``.
        kfp_namespace: namespace of the services that ports are forwarded to.
        backend_home: directory of the embedded backend that it was written for, or "".
    """

    name: str
    display_name: str
    api_endpoint: str
    public_api_endpoint: str
    namespace: str | None
    object_store_endpoint: str
    public_object_store_endpoint: str
    bucket: str
    iam: bool = False
    secret: SecretReference | None = None
    claim: str = "cvmfs-neurodesk"
    volume_mode: str = "repository"
    sidecar: SidecarDelivery = "auto"
    sidecar_image: str = ""
    scratch_size: str = "20Gi"
    scratch_claim: str = ""
    modules: tuple[str, ...] = ()
    strict: str = "error"
    keep_undeclared: str = "20Mi"
    check: str = "error"
    module_index: str = ""
    schema_name: str = SCHEMA
    auth_type: str = ANONYMOUS
    api_username: str = field(default="", repr=False)
    api_password: str = field(default="", repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    kube_context: str = ""
    port_forward: str = PORT_FORWARDS[0]
    kfp_namespace: str = KFP_NAMESPACE
    backend_home: str = ""

    @property
    def is_this_machine(self) -> bool:
        """Whether it is the embedded backend's, "Neurodesk (this machine)"."""
        return self.name == THIS_MACHINE

    @property
    def cvmfs_mount_path(self) -> str:
        """Where the claim is mounted in a task."""
        return CVMFS_ROOT if self.volume_mode == "repository" else CVMFS_AUTOMOUNT

    @property
    def forwards_ports(self) -> bool:
        """Whether commands forward the ports of this machine that its endpoints name."""
        return self.port_forward == ON_DEMAND

    @property
    def stores_in_directory(self) -> bool:
        """Whether objects are files of a directory of this machine: no keys, and no server of their own."""
        return urlsplit(self.object_store_endpoint).scheme == "file"

    @property
    def repository(self) -> Path | None:
        """Directory where this machine's tasks find their modules; None for a cluster, and for a list."""
        source = self.module_index
        if not self.is_this_machine or not source or "://" in source or source.endswith(".json"):
            return None
        return Path(source)

    def run_url(self, run_id: str) -> str:
        """Return the address of a run's page (the KFP UI's scheme, which Elyra uses as well)."""
        return f"{self.public_api_endpoint}/#/runs/details/{run_id}"

    def require_neurodesk(self) -> None:
        """Refuse to submit or export with a configuration of Elyra's own kind.

        Raises:
            StockRuntimeConfiguration: its schema is not ours, so Elyra's own processor would run it.
        """
        if self.schema_name != SCHEMA:
            raise StockRuntimeConfiguration(
                f"runtime configuration '{self.name}' is of type {self.schema_name}: its runs would have no "
                "Neurodesk tools, and their notebooks would not be checked."
            )

    def validate(self) -> None:
        """Check the fields that Elyra's schema leaves open.

        Raises:
            InvalidRuntimeConfiguration: a required field is empty, an endpoint is not an http(s) URL (or, for
                an API of this machine, the file URL of a directory), or a choice is not one of those that the
                schema offers.
        """
        self._require("api_endpoint", self.api_endpoint)
        self._require("cos_endpoint", self.object_store_endpoint)
        self._check_url("api_endpoint", self.api_endpoint)
        if self.stores_in_directory:
            self._check_directory()
        else:
            self._check_url("cos_endpoint", self.object_store_endpoint)
        self._require("cos_bucket", self.bucket)
        for name, value, choices in (
            ("cvmfs_volume_mode", self.volume_mode, VOLUME_MODES),
            ("sidecar", self.sidecar, SIDECAR_DELIVERIES),
            ("strict_modules", self.strict, LEVELS),
            ("preflight_check", self.check, LEVELS),
            ("port_forward", self.port_forward, PORT_FORWARDS),
        ):
            if value not in choices:
                self._refuse(name, value, f"is not one of {', '.join(choices)}")
        if self.forwards_ports:
            # the kubeconfig's current context may be another cluster's tomorrow
            self._require("kube_context", self.kube_context)
        try:
            parse_limits(self.keep_undeclared)
        except InvalidQuantity:
            self._refuse("keep_undeclared", self.keep_undeclared, "is not off, 20Mi or 20Mi/200Mi")

    def _check_url(self, name: str, value: str) -> None:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            self._refuse(name, value, "is not an http:// or https:// URL")

    def _check_directory(self) -> None:
        parts = urlsplit(self.object_store_endpoint)
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            self._refuse("cos_endpoint", self.object_store_endpoint, "is not file:// and an absolute path")
        if urlsplit(self.api_endpoint).hostname not in LOOPBACK:
            self._refuse(
                "cos_endpoint",
                self.object_store_endpoint,
                f"is a directory of this machine, and the tasks of {self.api_endpoint} do not run on it",
            )

    def _require(self, name: str, value: str) -> None:
        if not value:
            raise InvalidRuntimeConfiguration(
                f"Runtime configuration '{self.display_name}' has no value for '{name}'."
            )

    def _refuse(self, name: str, value: str, why: str) -> None:
        raise InvalidRuntimeConfiguration(
            f"Runtime configuration '{self.display_name}': '{name}' is '{value}', which {why}."
        )

    def check_credentials(self) -> None:
        """Refuse a configuration with which a password would have to be compiled into the pipeline.

        Raises:
            CredentialsNotByReference: neither a secret nor a service account gives tasks credentials.
        """
        if self.iam or self.secret or self.stores_in_directory:
            return
        namespace = f"--namespace {self.namespace} " if self.namespace else ""
        raise CredentialsNotByReference(
            f"Runtime configuration '{self.display_name}' names no Kubernetes secret with the object "
            "storage credentials, and passwords are never written into a pipeline.",
            "Create one with: kubectl create secret generic neurodesk-object-store "
            f'{namespace}--from-literal=accesskey="$ACCESS_KEY" --from-literal=secretkey="$SECRET_KEY" ; '
            "then choose authentication type KUBERNETES_SECRET and enter that name as credentials secret.",
        )


def module_list(text: str) -> tuple[str, ...]:
    """Split a list of modules at blanks and commas, dropping repetitions.

    >>> module_list("fsl/6.0.7, ants fsl/6.0.7")
    ('fsl/6.0.7', 'ants')
    """
    return tuple(dict.fromkeys(part for part in re.split(r"[\s,]+", text) if part))
