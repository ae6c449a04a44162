"""Strategic merge patches of a PodSpec, as Argo applies a ``podSpecPatch``.

The merge keys are those of Kubernetes' API types (k8s.io/api/core/v1); items that only the patch has come
first, as k8s.io/apimachinery/pkg/util/strategicpatch orders them and as the recorded pods show.
"""

from __future__ import annotations

import copy
from typing import Any

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "env": "name",
}


def strategic_merge(original: Any, patch: Any, field: str = "") -> Any:
    """Return the original with the patch merged into it."""
    if isinstance(original, dict) and isinstance(patch, dict):
        merged = {
            name: strategic_merge(original[name], patch[name], name) for name in original if name in patch
        }
        return (
            copy.deepcopy(original)
            | merged
            | {name: one for name, one in patch.items() if name not in original}
        )
    if isinstance(original, list) and field in _MERGE_KEYS:
        key = _MERGE_KEYS[field]
        known = {item[key]: item for item in original}
        patched = {item[key]: strategic_merge(known.get(item[key], {}), item) for item in patch}
        new = [item for name, item in patched.items() if name not in known]
        return [*new, *(patched.get(item[key], item) for item in original)]
    return copy.deepcopy(patch)
