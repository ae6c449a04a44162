"""A runtime configuration, without Elyra."""

from __future__ import annotations

from typing import Any

from elyra_neurodesk.settings import RuntimeConfiguration

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens


def runtime_configuration(**fields: Any) -> RuntimeConfiguration:
    """Return a configuration called ``here``; each field of `RuntimeConfiguration` can be given."""
    api = fields.get("api_endpoint", NOWHERE)
    store = fields.get("object_store_endpoint", NOWHERE)
    return RuntimeConfiguration(
        **{
            "name": "here",
            "display_name": "Here",
            "api_endpoint": api,
            "public_api_endpoint": api,
            "namespace": None,
            "object_store_endpoint": store,
            "public_object_store_endpoint": store,
            "bucket": "test",
            **fields,
        }
    )
