"""What Elyra asks for the components of a catalog (entry point group ``elyra.component.catalog_types``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elyra.pipeline.catalog_connector import ComponentCatalogConnector, KfpEntryData

from elyra_neurodesk.catalogs.render import (
    BASE_IMAGE,
    TOOL_IMAGE,
    InvalidCatalog,
    Place,
    RunFrom,
    component_text,
)
from elyra_neurodesk.catalogs.tools import BY_ID, STEPS


class NeurodeskToolsConnector(ComponentCatalogConnector):  # type: ignore[misc]
    """Lists the steps of a catalog and makes their components.

    A step's id in pipelines depends on nothing but the step: whoever changes where a catalog's tools come
    from keeps every pipeline.
    """

    def get_catalog_entries(self, catalog_metadata: dict[str, Any]) -> list[dict[str, Any]]:
        """Return one entry for each step."""
        return [{"step": step.id} for step in STEPS]

    def get_entry_data(
        self, catalog_entry_data: dict[str, Any], catalog_metadata: dict[str, Any]
    ) -> KfpEntryData | None:
        """Return a step's component.

        Raises:
            InvalidCatalog: the catalog's images make no sense; Elyra logs it and leaves the step out.
        """
        step = BY_ID.get(catalog_entry_data["step"])
        return None if step is None else KfpEntryData(component_text(step, place_of(catalog_metadata)))

    @classmethod
    def get_hash_keys(cls) -> list[str]:
        """Return what makes a step's id."""
        return ["step"]

    def read_component_definitions(self, catalog_instance: Any) -> list[Any]:
        """Return all entries in the order of the palette, each with its step's category.

        Elyra gives all entries of a catalog the categories of the catalog, and reads them in any order.
        """
        entries = super().read_component_definitions(catalog_instance)
        for entry in entries:
            entry.categories = [BY_ID[entry.entry_reference["step"]].category]
        order = list(BY_ID)
        return sorted(entries, key=lambda entry: order.index(entry.entry_reference["step"]))


def place_of(metadata: Mapping[str, Any]) -> Place:
    """Return where a catalog's tools come from.

    Raises:
        InvalidCatalog: ``run_from`` is neither cvmfs nor image.
    """
    places: dict[str, RunFrom] = {"cvmfs": "cvmfs", "image": "image"}
    wanted = metadata.get("run_from") or "cvmfs"
    if wanted not in places:
        raise InvalidCatalog(f"The catalog's 'Run tools from' is '{wanted}', neither cvmfs nor image.")
    return Place(
        places[wanted], metadata.get("base_image") or BASE_IMAGE, metadata.get("tool_image") or TOOL_IMAGE
    )
