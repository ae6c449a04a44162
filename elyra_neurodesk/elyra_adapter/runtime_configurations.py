"""The runtime configurations that Elyra keeps, read for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from elyra_neurodesk.errors import NeurodeskError

SCHEMAS = ("neurodesk", "kfp")
"""Schemas whose configurations name a KFP API; ours first."""

HOW_TO_MAKE_ONE = (
    "Make one with `elyra-neurodesk local up`, in JupyterLab's Runtimes tab, or with "
    "`elyra-metadata create runtimes --schema_name=neurodesk`."
)


class UnknownRuntimeConfig(NeurodeskError):
    """There is no runtime configuration of this name."""

    code = "ND-CONFIG-001"
    hint = HOW_TO_MAKE_ONE


class UnclearRuntimeConfig(NeurodeskError):
    """No runtime configuration was named and there is not exactly one to fall back on."""

    code = "ND-CONFIG-010"
    hint = "Name one with --runtime-config."


class InvalidRuntimeConfig(NeurodeskError):
    """The runtime configuration exists and cannot be used."""

    code = "ND-CONFIG-011"
    hint = "Correct it in JupyterLab's Runtimes tab or with `elyra-metadata update runtimes`."


@dataclass(frozen=True)
class RuntimeConfig:
    """One runtime configuration.

    Attributes:
        name: the name that commands take.
        display_name: the name that JupyterLab shows.
        schema_name: ``neurodesk`` or ``kfp``.
        metadata: its fields (see Elyra's kfp.json); left out of ``repr`` because passwords are among them.
    """

    name: str
    display_name: str
    schema_name: str
    metadata: Mapping[str, Any] = field(repr=False)

    @property
    def api_endpoint(self) -> str:
        """URL of the KFP API, without a slash at its end."""
        return str(self.metadata["api_endpoint"]).rstrip("/")

    @property
    def public_api_endpoint(self) -> str:
        """URL that a browser opens, without a slash at its end; the API's when none is set."""
        return str(self.metadata.get("public_api_endpoint") or self.api_endpoint).rstrip("/")

    @property
    def namespace(self) -> str | None:
        """Kubernetes namespace of the user; None on single-user installations."""
        return self.metadata.get("user_namespace") or None

    def run_url(self, run_id: str) -> str:
        """Return the address of a run's page (the KFP UI's scheme, which Elyra uses as well)."""
        return f"{self.public_api_endpoint}/#/runs/details/{run_id}"


def runtime_configs() -> list[RuntimeConfig]:
    """Return the valid configurations that name a KFP API, ours first, then by name."""
    from elyra.metadata.manager import MetadataManager

    found = [
        _from_elyra(instance)
        for instance in MetadataManager(schemaspace="runtimes").get_all()
        if instance.schema_name in SCHEMAS
    ]
    return sorted(found, key=lambda config: (SCHEMAS.index(config.schema_name), config.name))


def runtime_config(name: str) -> RuntimeConfig:
    """Return the configuration called ``name``; a display name will do when no other has the same.

    Raises:
        UnknownRuntimeConfig: there is none; the message lists those there are.
        InvalidRuntimeConfig: it does not satisfy its schema, or it is for another kind of runtime.
    """
    from elyra.metadata.error import MetadataNotFoundError
    from elyra.metadata.manager import MetadataManager

    try:
        instance = MetadataManager(schemaspace="runtimes").get(name)
    except MetadataNotFoundError as problem:
        known = runtime_configs()
        same = [config for config in known if config.display_name == name]
        if len(same) == 1:
            return same[0]
        raise UnknownRuntimeConfig(
            f"there is no runtime configuration '{name}'; {_listed(known)}."
        ) from problem
    except Exception as problem:  # Elyra raises whatever its store or jsonschema raised
        raise InvalidRuntimeConfig(f"runtime configuration '{name}' is not valid: {problem}") from problem
    if instance.schema_name not in SCHEMAS:
        raise InvalidRuntimeConfig(
            f"runtime configuration '{name}' is of type '{instance.schema_name}', which has no Kubeflow "
            "Pipelines API.",
            "Name one of type neurodesk or kfp.",
        )
    return _from_elyra(instance)


def default_runtime_config() -> RuntimeConfig:
    """Return the only ``neurodesk`` configuration there is.

    Raises:
        UnclearRuntimeConfig: there are several; the message lists them.
        UnknownRuntimeConfig: there is none.
    """
    known = runtime_configs()
    ours = [config for config in known if config.schema_name == "neurodesk"]
    if len(ours) == 1:
        return ours[0]
    if ours:
        raise UnclearRuntimeConfig(
            f"there are {len(ours)} neurodesk runtime configurations; {_listed(ours)}."
        )
    if known:
        raise UnclearRuntimeConfig(f"there is no neurodesk runtime configuration; {_listed(known)}.")
    raise UnknownRuntimeConfig("there is no neurodesk runtime configuration.")


def chosen_runtime_config(name: str | None) -> RuntimeConfig:
    """Return the configuration called ``name``, or the default one when no name was given."""
    return runtime_config(name) if name else default_runtime_config()


def _listed(configs: list[RuntimeConfig]) -> str:
    if not configs:
        return "none exists yet"
    return "those that exist: " + ", ".join(f"{config.name} ({config.schema_name})" for config in configs)


def _from_elyra(instance: Any) -> RuntimeConfig:
    return RuntimeConfig(
        name=instance.name,
        display_name=instance.display_name,
        schema_name=instance.schema_name,
        metadata=dict(instance.metadata),
    )
