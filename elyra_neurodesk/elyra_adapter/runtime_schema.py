"""The runtime schema ``neurodesk``: the installed Elyra's own ``kfp`` schema plus a Neurodesk category."""

from __future__ import annotations

import copy
import json
from importlib import resources
from pathlib import Path
from typing import Any

from elyra.metadata.schema import SchemasProvider
from elyra.metadata.schemasproviders import ElyraSchemasProvider
from elyra.pipeline.kfp.kfp_authentication import SupportedAuthProviders
from elyra.pipeline.kfp.kfp_metadata import KfpMetadata
from jupyter_core.paths import jupyter_runtime_dir

SCHEMA_NAME = "neurodesk"
RUNTIME_TYPE = "KUBEFLOW_PIPELINES"
CATEGORY = "Neurodesk"


class NeurodeskRuntimeMetadata(KfpMetadata):  # type: ignore[misc]
    """A runtime configuration of the ``neurodesk`` schema."""

    def on_load(self, **kwargs: Any) -> None:
        """Add the runtime type before Elyra looks for it; Elyra infers it for its own schemas only.

        Elyra's command line next watches Jupyter's runtime directory for changes of component catalogs, and
        fails where no Jupyter ever ran (elyra/pipeline/component_catalog.py): make that directory.
        """
        Path(jupyter_runtime_dir()).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.metadata.setdefault("runtime_type", RUNTIME_TYPE)
        super().on_load(**kwargs)


class NeurodeskRuntimesSchemas(SchemasProvider):  # type: ignore[misc]
    """Offers the schema to Elyra (entry point group ``metadata.schemas_providers``)."""

    def get_schemas(self) -> list[dict[str, Any]]:
        """Return the one schema of this provider."""
        return [neurodesk_schema()]


def neurodesk_schema() -> dict[str, Any]:
    """Build the schema from the ``kfp.json`` of the Elyra that is installed.

    Elyra fills the placeholders of the authentication types for its own schema only
    (elyra/metadata/schemasproviders.py), and its front end never sends hidden properties, so
    ``runtime_type`` needs a default.
    """
    source = json.loads((Path(ElyraSchemasProvider.schema_dir) / "kfp.json").read_text("utf-8"))
    ours = json.loads(resources.files(__package__).joinpath("neurodesk.json").read_text("utf-8"))
    schema: dict[str, Any] = copy.deepcopy(source)
    schema["name"] = SCHEMA_NAME
    schema["title"] = ours["title"]
    schema["uihints"] = {**source.get("uihints", {}), **ours["uihints"]}
    schema["metadata_class_name"] = f"{__name__}.{NeurodeskRuntimeMetadata.__name__}"
    schema["properties"]["schema_name"]["const"] = SCHEMA_NAME
    fields = schema["properties"]["metadata"]["properties"]
    fields["runtime_type"]["default"] = RUNTIME_TYPE
    fields["auth_type"]["enum"] = SupportedAuthProviders.get_provider_names()
    fields["auth_type"]["default"] = SupportedAuthProviders.get_default_provider().name
    fields["cos_auth_type"]["default"] = "KUBERNETES_SECRET"
    # the name of a secret is not secret: show it, and offer the one that KFP installs
    fields["cos_secret"]["uihints"] = {"category": "Cloud Object Storage"}
    fields["cos_secret"]["default"] = "mlpipeline-minio-artifact"
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
        fields[name] = {**definition, "uihints": {"category": category}}
    if tags is not None:
        fields["tags"] = tags
    return schema
