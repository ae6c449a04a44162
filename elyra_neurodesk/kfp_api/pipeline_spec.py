"""The pipeline spec (KFP's pipeline_spec.proto in its JSON form) in a compiled package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


def pipeline_spec_of(package: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return the pipeline spec in a compiled package.

    Args:
        package: YAML text of one or two documents; or what the API returns: the pipeline spec, or a mapping
            with ``pipeline_spec`` and ``platform_spec``.

    Returns:
        The pipeline spec; {} when there is none.
    """
    if isinstance(package, str):
        documents = [document for document in yaml.safe_load_all(package) if isinstance(document, dict)]
        return next((document for document in documents if "deploymentSpec" in document), {})
    inner = package.get("pipeline_spec")
    return dict(inner if isinstance(inner, Mapping) else package)
