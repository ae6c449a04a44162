"""The runtime schema ``neurodesk`` as Elyra finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elyra.metadata.schema import SchemasProvider
from elyra.pipeline.kfp.kfp_metadata import KfpMetadata
from jupyter_core.paths import jupyter_runtime_dir

from elyra_neurodesk.elyra_adapter.schema_files import RUNTIME_TYPE, neurodesk_schema


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
