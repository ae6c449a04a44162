"""The JSON schemas of Elyra's metadata that this package reads, without importing Elyra.

Elyra keeps them as files beside its code. The runtime schema ``neurodesk`` is the ``kfp`` schema of the Elyra
that is installed plus a Neurodesk category.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
import json
from importlib import resources
from pathlib import Path
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.settings import KFP_SECRET, SCHEMA

RUNTIME_TYPE = "KUBEFLOW_PIPELINES"
CATEGORY = "Neurodesk"

AUTHENTICATION_TYPES = (
    "NO_AUTHENTICATION",
    "KUBERNETES_SERVICE_ACCOUNT_TOKEN",
    "DEX_STATIC_PASSWORDS",
    "DEX_LDAP",
    "DEX_LEGACY",
    "EXISTING_BEARER_TOKEN",
)
"""Names of Elyra's authentication types, its default first (elyra/pipeline/kfp/kfp_authentication.py)."""

HIDDEN = ("backend_home",)
"""Fields that the dialog does not show."""


class ElyraNotFound(NeurodeskError):
    """Elyra is not installed, or lacks a file that belongs to it."""

    code = "ND-CONFIG-013"
    hint = "Install it anew: pip install --force-reinstall elyra"


def elyra_schema(name: str) -> dict[str, Any]:
    """Return one of Elyra's schema files, its placeholders as they are.

    Args:
        name: the schema, such as ``kfp`` or ``runtime-image``.

    Raises:
        ElyraNotFound: the installed Elyra has no such file.
    """
    # the package is found, not imported: that would take seconds
    spec = importlib.util.find_spec("elyra")
    for location in (spec and spec.submodule_search_locations) or ():
        file = Path(location, "metadata", "schemas", f"{name}.json")
        if file.is_file():
            return dict(json.loads(file.read_text("utf-8")))
    raise ElyraNotFound(f"Elyra's schema '{name}' is not found.")


@functools.cache
def runtime_schema(name: str) -> dict[str, Any]:
    """Return the runtime schema ``neurodesk`` or ``kfp`` as Elyra has it after loading; not to be changed."""
    return neurodesk_schema() if name == SCHEMA else _kfp_schema()


def neurodesk_schema() -> dict[str, Any]:
    """Build the schema from the ``kfp.json`` of the Elyra that is installed.

    Elyra fills the placeholders of the authentication types for its own schema only
    (elyra/metadata/schemasproviders.py), and its front end never sends hidden properties, so
    ``runtime_type`` needs a default.
    """
    source = _kfp_schema()
    ours = json.loads(resources.files(__package__).joinpath("neurodesk.json").read_text("utf-8"))
    schema: dict[str, Any] = copy.deepcopy(source)
    schema["name"] = SCHEMA
    schema["title"] = ours["title"]
    schema["uihints"] = {**source.get("uihints", {}), **ours["uihints"]}
    schema["metadata_class_name"] = f"{__package__}.runtime_schema.NeurodeskRuntimeMetadata"
    schema["properties"]["schema_name"]["const"] = SCHEMA
    fields = schema["properties"]["metadata"]["properties"]
    fields["runtime_type"]["default"] = RUNTIME_TYPE
    fields["cos_auth_type"]["default"] = "KUBERNETES_SECRET"
    # the name of a secret is not secret: show it, and offer the one that KFP installs
    fields["cos_secret"]["uihints"] = {"category": "Cloud Object Storage"}
    fields["cos_secret"]["default"] = KFP_SECRET
    for name in ("cos_username", "cos_password"):
        fields[name]["description"] += (
            " It is used on this machine only: tasks take theirs from the credentials secret."
        )
    fields["cos_auth_type"]["description"] += (
        ". KUBERNETES_SECRET needs the secret's name and, for uploads from here, username and password too."
    )
    tags = fields.pop("tags", None)
    for name, definition in ours["properties"].items():
        category = "Cloud Object Storage" if name.startswith("cos_") else CATEGORY
        hints = {"hidden": True} if name in HIDDEN else {"category": category}
        fields[name] = {**definition, "uihints": hints}
    if tags is not None:
        fields["tags"] = tags
    return schema


def _kfp_schema() -> dict[str, Any]:
    schema = elyra_schema("kfp")
    field = schema["properties"]["metadata"]["properties"]["auth_type"]
    field["enum"] = list(AUTHENTICATION_TYPES)
    field["default"] = AUTHENTICATION_TYPES[0]
    return schema
