"""The catalog type ``neurodesk-tools`` (schemaspace component-catalogs)."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from elyra.metadata.schema import SchemasProvider

SCHEMA_NAME = "neurodesk-tools"


class NeurodeskToolsSchemas(SchemasProvider):  # type: ignore[misc]
    """Offers the schema to Elyra (entry point group ``metadata.schemas_providers``)."""

    def get_schemas(self) -> list[dict[str, Any]]:
        """Return the one schema of this provider."""
        return [catalog_schema()]


def catalog_schema() -> dict[str, Any]:
    """Return the schema of a catalog of Neurodesk tools."""
    text = resources.files(__package__).joinpath(f"{SCHEMA_NAME}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
