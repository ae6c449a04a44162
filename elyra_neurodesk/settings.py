"""A runtime configuration as plain, frozen data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.modules.modulefile import DEFAULT_ROOT

CVMFS_ROOT = DEFAULT_ROOT
CVMFS_AUTOMOUNT = "/cvmfs"
SCRATCH = "/neurodesktop-storage"

SidecarDelivery = Literal["auto", "platform-spec", "admission", "off"]


class InvalidRuntimeConfiguration(NeurodeskError):
    """A field of the runtime configuration has a value that cannot work."""

    code = "ND-CONFIG-002"
    hint = "Edit the runtime configuration in JupyterLab (Runtimes) or with elyra-metadata."


class CredentialsNotByReference(NeurodeskError):
    """The tasks would need the object store's password inside the compiled pipeline."""

    code = "ND-CONFIG-003"


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
class RuntimeSettings:
    """What a runtime configuration of the schema ``neurodesk`` says, with its defaults filled in.

    Attributes:
        name: the instance's name, as given to ``--runtime-config``.
        display_name: the name people see.
        api_endpoint: KFP API, without a slash at its end.
        public_api_endpoint: the same as a browser reaches it.
        namespace: KFP user namespace, or None.
        object_store_endpoint: as seen from here and from the tasks.
        public_object_store_endpoint: the same as a browser reaches it.
        bucket: bucket name.
        iam: tasks get their credentials from their service account (AWS IRSA).
        secret: where tasks find their credentials, or None.
        claim: PVC of CVMFS.
        volume_mode: ``repository`` or ``automount``.
        sidecar: delivery of the sidecar.
        sidecar_image: image of the sidecar, "" for the node's own.
        scratch_size: size limit of the emptyDir at `SCRATCH`.
        scratch_claim: PVC to mount there instead, or "".
        modules: modules that every generic task gets.
        strict: what a module that cannot be had, or a tool that did not work, does in a task.
        check: what the pre-flight check's errors do: ``error``, ``warn`` or ``off``.
        module_index: where it is said which modules there are: a mounted repository's directory, or URL or
            file of an apps.json; "" for this machine's own CVMFS.
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
    check: str = "error"
    module_index: str = ""

    @property
    def cvmfs_mount_path(self) -> str:
        """Where the claim is mounted in a task."""
        return CVMFS_ROOT if self.volume_mode == "repository" else CVMFS_AUTOMOUNT

    @classmethod
    def from_metadata(cls, name: str, display_name: str, metadata: Mapping[str, Any]) -> RuntimeSettings:
        """Read the ``metadata`` object of an instance.

        Raises:
            InvalidRuntimeConfiguration: an endpoint is no http(s) URL, or a required field is empty.
        """
        text = _Reader(display_name, metadata)
        auth = text("cos_auth_type", "USER_CREDENTIALS")
        secret_name = text("cos_secret") if auth == "KUBERNETES_SECRET" else ""
        api_endpoint = text.url("api_endpoint")
        store_endpoint = text.url("cos_endpoint")
        return cls(
            name=name,
            display_name=display_name,
            api_endpoint=api_endpoint,
            public_api_endpoint=text("public_api_endpoint", api_endpoint).rstrip("/"),
            namespace=text("user_namespace") or None,
            object_store_endpoint=store_endpoint,
            public_object_store_endpoint=text("public_cos_endpoint", store_endpoint).rstrip("/"),
            bucket=text.required("cos_bucket"),
            iam=auth == "AWS_IAM_ROLES_FOR_SERVICE_ACCOUNTS",
            secret=SecretReference(
                secret_name,
                text("cos_secret_access_key_field", "accesskey"),
                text("cos_secret_secret_key_field", "secretkey"),
            )
            if secret_name
            else None,
            claim=text("cvmfs_claim", cls.claim),
            volume_mode=text.one_of("cvmfs_volume_mode", "repository", "automount"),
            sidecar=text.one_of("sidecar", "auto", "platform-spec", "admission", "off"),  # type: ignore[arg-type]
            sidecar_image=text("sidecar_image"),
            scratch_size=text("scratch_size", cls.scratch_size),
            scratch_claim=text("scratch_claim"),
            modules=module_list(text("default_modules")),
            strict=text.one_of("strict_modules", "error", "warn", "off"),
            check=text.one_of("preflight_check", "error", "warn", "off"),
            module_index=text("module_index"),
        )

    def check_credentials(self) -> None:
        """Refuse a configuration with which a password would have to be compiled into the pipeline.

        Raises:
            CredentialsNotByReference: neither a secret nor a service account gives tasks credentials.
        """
        if self.iam or self.secret:
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


@dataclass(frozen=True)
class _Reader:
    """Reads fields of a metadata object; an empty string counts as absent, as Elyra's dialog saves them."""

    display_name: str
    metadata: Mapping[str, Any]

    def __call__(self, name: str, default: str = "") -> str:
        value = self.metadata.get(name)
        return str(value).strip() if value not in (None, "") else default

    def required(self, name: str) -> str:
        value = self(name)
        if not value:
            raise InvalidRuntimeConfiguration(
                f"Runtime configuration '{self.display_name}' has no value for '{name}'."
            )
        return value

    def url(self, name: str) -> str:
        value = self.required(name).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InvalidRuntimeConfiguration(
                f"Runtime configuration '{self.display_name}': '{name}' is '{value}', "
                "which is no URL that begins with http:// or https://."
            )
        return value

    def one_of(self, name: str, *allowed: str) -> str:
        value = self(name, allowed[0])
        if value not in allowed:
            raise InvalidRuntimeConfiguration(
                f"Runtime configuration '{self.display_name}': '{name}' is '{value}', "
                f"allowed are {', '.join(allowed)}."
            )
        return value
