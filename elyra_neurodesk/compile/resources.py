"""Resources of a container in KFP's intermediate representation."""

from __future__ import annotations

from typing import Any

from elyra_neurodesk.graph.model import Resources
from elyra_neurodesk.quantities import parse_bytes, parse_cores


def resource_spec(resources: Resources) -> dict[str, Any]:
    """Return JSON of ResourceSpec (pipeline_spec.proto), {} when nothing is asked for.

    The proto has each figure twice: as a string, which KFP >= 2.4 reads, and as a number (cores, 10^9
    bytes), which older backends read. KFP's compiler writes both, and so does this.
    """
    spec: dict[str, Any] = {}
    if resources.cpu_limit:
        spec |= {"cpuLimit": parse_cores(resources.cpu_limit), "resourceCpuLimit": resources.cpu_limit}
    if resources.cpu_request:
        spec |= {
            "cpuRequest": parse_cores(resources.cpu_request),
            "resourceCpuRequest": resources.cpu_request,
        }
    if resources.memory_limit:
        spec |= {
            "memoryLimit": _gigabytes(resources.memory_limit),
            "resourceMemoryLimit": resources.memory_limit,
        }
    if resources.memory_request:
        spec |= {
            "memoryRequest": _gigabytes(resources.memory_request),
            "resourceMemoryRequest": resources.memory_request,
        }
    if resources.accelerator_count and resources.accelerator_type:
        spec["accelerator"] = {
            "count": resources.accelerator_count,
            "resourceCount": resources.accelerator_count,
            "type": resources.accelerator_type,
            "resourceType": resources.accelerator_type,
        }
    return spec


def _gigabytes(quantity: str) -> float:
    return parse_bytes(quantity) / 10**9
