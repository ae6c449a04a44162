"""The runtime configurations that Elyra keeps, read from their files without importing Elyra."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from elyra_neurodesk.backend.recognition import NotOurServer, prove
from elyra_neurodesk.elyra_adapter import instances
from elyra_neurodesk.elyra_adapter.instances import Instance, InstanceInvalid
from elyra_neurodesk.elyra_adapter.schema_files import RUNTIME_TYPE, runtime_schema
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.settings import (
    ANONYMOUS,
    LEVELS,
    PORT_FORWARDS,
    SCHEMA,
    SIDECAR_DELIVERIES,
    VOLUME_MODES,
    RuntimeConfiguration,
    SecretReference,
    SidecarDelivery,
    UnusableRuntimeConfiguration,
    module_list,
)

SCHEMAS = (SCHEMA, "kfp")
"""Schemas whose configurations name a KFP API; ours first."""

RUNTIMES = "runtimes"
"""Elyra's name of the kind of instance that runtime configurations are."""


class UnknownRuntimeConfiguration(NeurodeskError):
    """There is no runtime configuration of this name."""

    code = "ND-CONFIG-001"
    hint = (
        "Make one with `elyra-neurodesk local up`, with `elyra-neurodesk config create`, or in JupyterLab's "
        "Runtimes tab."
    )


class AmbiguousRuntimeConfiguration(NeurodeskError):
    """No runtime configuration was named and there is not exactly one to fall back on."""

    code = "ND-CONFIG-010"
    hint = "Name one with --runtime-config, or type `elyra-neurodesk local up` to use this machine."


def runtime_configurations() -> list[RuntimeConfiguration]:
    """Return the valid configurations that name a KFP API, ours first, then by name."""
    found = []
    for content in instances.read_all(RUNTIMES).values():
        if content.get("schema_name") in SCHEMAS:
            try:
                found.append(_configuration(_validated(content)))
            except InstanceInvalid:
                continue  # the command that names it says why
    return sorted(found, key=lambda one: (SCHEMAS.index(one.schema_name), one.name))


def runtime_configuration(name: str) -> RuntimeConfiguration:
    """Return the configuration called ``name``; a display name will do when no other has the same.

    Raises:
        UnknownRuntimeConfiguration: there is none; the message lists those there are.
        UnusableRuntimeConfiguration: it does not satisfy its schema, or it is for another kind of runtime.
    """
    try:
        content = instances.read_one(RUNTIMES, name)
        if content is None:
            known = runtime_configurations()
            same = [one for one in known if one.display_name == name]
            if len(same) == 1:
                return same[0]
            raise UnknownRuntimeConfiguration(
                f"there is no runtime configuration '{name}'; {_listed(known)}."
            )
        schema = content.get("schema_name")
        if not schema:
            raise InstanceInvalid(f"Instance '{name}' is missing a 'schema_name' field!")
        if schema not in SCHEMAS:
            raise UnusableRuntimeConfiguration(
                f"runtime configuration '{name}' is of type '{schema}', which has no Kubeflow Pipelines API.",
                "Name one of type neurodesk or kfp.",
            )
        return _configuration(_validated(content))
    except (InstanceInvalid, OSError) as problem:
        raise UnusableRuntimeConfiguration(
            f"runtime configuration '{name}' is not valid: {problem}"
        ) from problem


def default_runtime_configuration() -> RuntimeConfiguration:
    """Return the configuration to use when none was named.

    That is "Neurodesk (this machine)" when its backend is up, else the only ``neurodesk`` configuration there
    is. An installation brings one of this machine that names no backend until the first start: it counts only
    where there is no other.

    Raises:
        AmbiguousRuntimeConfiguration: there are several; the message lists them.
        UnknownRuntimeConfiguration: there is none.
    """
    known = runtime_configurations()
    ours = [one for one in known if one.schema_name == SCHEMA]
    started = [one for one in ours if one.backend_home or not one.is_this_machine]
    for choice in (started, ours):
        if len(choice) == 1:
            return choice[0]
    for one in ours:
        if one.is_this_machine and is_up(one):
            return one
    if ours:
        raise AmbiguousRuntimeConfiguration(
            f"there are {len(ours)} neurodesk runtime configurations; {_listed(ours)}."
        )
    if known:
        raise AmbiguousRuntimeConfiguration(f"there is no neurodesk runtime configuration; {_listed(known)}.")
    raise UnknownRuntimeConfiguration("there is no neurodesk runtime configuration.")


def default_or_this_machine() -> RuntimeConfiguration | None:
    """Return the default configuration; among several that of this machine; None where there is neither."""
    try:
        return default_runtime_configuration()
    except AmbiguousRuntimeConfiguration:
        return next((one for one in runtime_configurations() if one.is_this_machine), None)
    except UnknownRuntimeConfiguration:
        return None


def is_up(configuration: RuntimeConfiguration) -> bool:
    """Return whether the embedded backend that a configuration of this machine names answers."""
    try:
        prove(urlsplit(configuration.api_endpoint).port or 0, configuration.api_password)
    except (ValueError, NotOurServer):
        return False
    return True


def chosen_runtime_configuration(name: str | None) -> RuntimeConfiguration:
    """Return the configuration called ``name``, or the default one when no name was given."""
    return runtime_configuration(name) if name else default_runtime_configuration()


def read_metadata(
    name: str, display_name: str, schema_name: str, metadata: Mapping[str, Any]
) -> RuntimeConfiguration:
    """Return what the ``metadata`` object of an instance says (fields: Elyra's kfp.json, our neurodesk.json).

    An empty value counts as absent, as Elyra's dialog saves it.
    """

    def text(field: str, default: str = "") -> str:
        value = metadata.get(field)
        return str(value).strip() if value not in (None, "") else default

    def secret_text(field: str) -> str:  # blanks at its ends belong to it
        return str(metadata.get(field) or "")

    api_endpoint = text("api_endpoint").rstrip("/")
    store_endpoint = text("cos_endpoint").rstrip("/")
    auth_type = text("cos_auth_type", "USER_CREDENTIALS")
    secret = text("cos_secret") if auth_type == "KUBERNETES_SECRET" else ""
    return RuntimeConfiguration(
        name=name,
        display_name=display_name,
        schema_name=schema_name,
        api_endpoint=api_endpoint,
        public_api_endpoint=text("public_api_endpoint", api_endpoint).rstrip("/"),
        namespace=text("user_namespace") or None,
        auth_type=text("auth_type", ANONYMOUS),
        api_username=text("api_username"),
        api_password=secret_text("api_password"),
        object_store_endpoint=store_endpoint,
        public_object_store_endpoint=text("public_cos_endpoint", store_endpoint).rstrip("/"),
        bucket=text("cos_bucket"),
        access_key=text("cos_username"),
        secret_key=secret_text("cos_password"),
        iam=auth_type == "AWS_IAM_ROLES_FOR_SERVICE_ACCOUNTS",
        secret=SecretReference(
            secret,
            text("cos_secret_access_key_field", SecretReference.access_key_field),
            text("cos_secret_secret_key_field", SecretReference.secret_key_field),
        )
        if secret
        else None,
        claim=text("cvmfs_claim", RuntimeConfiguration.claim),
        volume_mode=text("cvmfs_volume_mode", VOLUME_MODES[0]),
        sidecar=cast(SidecarDelivery, text("sidecar", SIDECAR_DELIVERIES[0])),
        sidecar_image=text("sidecar_image"),
        scratch_size=text("scratch_size", RuntimeConfiguration.scratch_size),
        scratch_claim=text("scratch_claim"),
        modules=module_list(text("default_modules")),
        strict=text("strict_modules", LEVELS[0]),
        keep_undeclared=text("keep_undeclared", RuntimeConfiguration.keep_undeclared),
        check=text("preflight_check", LEVELS[0]),
        module_index=text("module_index"),
        kube_context=text("kube_context"),
        port_forward=text("port_forward", PORT_FORWARDS[0]),
        kfp_namespace=text("kfp_namespace", RuntimeConfiguration.kfp_namespace),
        backend_home=text("backend_home"),
    )


def _configuration(instance: Instance) -> RuntimeConfiguration:
    return read_metadata(instance.name, instance.display_name, instance.schema_name, instance.metadata)


def _validated(content: dict[str, Any]) -> Instance:
    schema = runtime_schema(content["schema_name"])
    metadata = content.get("metadata")
    if isinstance(metadata, dict):
        content = {**content, "metadata": _migrated(metadata, schema)}
    return instances.validated(content, schema)


def _migrated(metadata: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what Elyra makes of fields that older versions saved (elyra/pipeline/kfp/kfp_metadata.py).

    Elyra writes the result back; reading must not write, so here it is made anew each time.
    """
    found = {"runtime_type": RUNTIME_TYPE, **metadata}
    complete = "runtime_type" in metadata or schema["name"] == SCHEMA
    if found.get("auth_type") is None:
        password = all(str(found.get(field) or "").strip() for field in ("api_username", "api_password"))
        found["auth_type"] = "DEX_LEGACY" if password else ANONYMOUS
    if found.get("cos_auth_type") is None:
        complete = False
        if found.get("cos_username") and found.get("cos_password"):
            secret = str(found.get("cos_secret") or "").strip()
            found["cos_auth_type"] = "KUBERNETES_SECRET" if secret else "USER_CREDENTIALS"
    return found if complete else instances.with_defaults(found, schema)


def _listed(known: list[RuntimeConfiguration]) -> str:
    if not known:
        return "none exists yet"
    return "those that exist: " + ", ".join(f"{one.name} ({one.schema_name})" for one in known)
