"""What Elyra asks for the components of a catalog (entry point group ``elyra.component.catalog_types``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elyra.pipeline.catalog_connector import ComponentCatalogConnector, KfpEntryData

from elyra_neurodesk.catalogs.loader import (
    BASE_IMAGE,
    TOOL_IMAGE,
    InvalidCatalog,
    RunFrom,
    ToolSource,
    components,
)


class NeurodeskToolsConnector(ComponentCatalogConnector):  # type: ignore[misc]
    """Lists the components of a catalog and returns their definitions.

    A component's id in pipelines depends on nothing but its id here: whoever changes where a catalog's tools
    come from keeps every pipeline.
    """

    def get_catalog_entries(self, catalog_metadata: dict[str, Any]) -> list[dict[str, Any]]:
        """Return one entry for each component."""
        return [{"step": id} for id in components()]

    def get_entry_data(
        self, catalog_entry_data: dict[str, Any], catalog_metadata: dict[str, Any]
    ) -> KfpEntryData | None:
        """Return a component's definition.

        Raises:
            InvalidCatalog: the catalog names images that do not exist; Elyra logs it and leaves the node out.
        """
        component = components().get(catalog_entry_data["step"])
        return None if component is None else KfpEntryData(component.text(tool_source(catalog_metadata)))

    @classmethod
    def get_hash_keys(cls) -> list[str]:
        """Return the keys of an entry that its id in pipelines is made from."""
        return ["step"]

    def read_component_definitions(self, catalog_instance: Any) -> list[Any]:
        """Return all entries in the order of the palette, each with its own category.

        Elyra gives all entries of a catalog the categories of the catalog, and reads them in any order.
        """
        entries = super().read_component_definitions(catalog_instance)
        for entry in entries:
            entry.categories = [components()[entry.entry_reference["step"]].category]
        order = list(components())
        return sorted(entries, key=lambda entry: order.index(entry.entry_reference["step"]))


def tool_source(metadata: Mapping[str, Any]) -> ToolSource:
    """Return where a catalog's tools come from.

    Raises:
        InvalidCatalog: ``run_from`` is neither cvmfs nor image.
    """
    kinds: dict[str, RunFrom] = {"cvmfs": "cvmfs", "image": "image"}
    run_from = metadata.get("run_from") or "cvmfs"
    if run_from not in kinds:
        raise InvalidCatalog(f"The catalog's 'Run tools from' is '{run_from}', neither cvmfs nor image.")
    return ToolSource(
        kinds[run_from], metadata.get("base_image") or BASE_IMAGE, metadata.get("tool_image") or TOOL_IMAGE
    )
