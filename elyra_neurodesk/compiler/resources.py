"""Resources of a container in KFP's intermediate representation."""

from __future__ import annotations

from typing import Any

from elyra_neurodesk.tasks.model import Resources

_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def resource_spec(resources: Resources) -> dict[str, Any]:
    """Return JSON of ResourceSpec (pipeline_spec.proto), {} when nothing is asked for.

    The proto has each figure twice: as a string, which KFP >= 2.4 reads, and as a number (cores, 10^9
    bytes), which older backends read. KFP's compiler writes both, and so does this.
    """
    spec: dict[str, Any] = {}
    if resources.cpu_limit:
        spec |= {"cpuLimit": _cores(resources.cpu_limit), "resourceCpuLimit": resources.cpu_limit}
    if resources.cpu_request:
        spec |= {"cpuRequest": _cores(resources.cpu_request), "resourceCpuRequest": resources.cpu_request}
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


def _cores(quantity: str) -> float:
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def _gigabytes(quantity: str) -> float:
    for unit, factor in _UNITS.items():
        if quantity.endswith(unit):
            return float(quantity[: -len(unit)]) * factor / 10**9
    return float(quantity) / 10**9
