"""CPUs, memory and accelerators of a notebook or script node."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import Resources

# the names of Elyra's node properties (elyra/templates/components/generic_properties_template.jinja2)
CPU, CPU_LIMIT, MEMORY, MEMORY_LIMIT, GPU = "cpu", "cpu_limit", "memory", "memory_limit", "gpu"
TITLES = {
    CPU: "CPU request",
    CPU_LIMIT: "CPU limit",
    MEMORY: "RAM request",
    MEMORY_LIMIT: "RAM limit",
    GPU: "GPU",
}
DEFAULT_ACCELERATOR = "nvidia.com/gpu"


class InvalidResource(NeurodeskError):
    """A node asks for an amount of CPUs, memory or GPUs that is not possible."""

    code = "ND-RESOURCE-001"
    hint = "Enter numbers greater than zero in the node's properties, limits at least as large as requests."


def resources(properties: Mapping[str, Any], node: str) -> Resources:
    """Return what a node asks for; memory is in GiB, CPUs and GiB may be fractions.

    Args:
        properties: values of the properties named above, and ``gpu_vendor``; empty ones ask for nothing.
        node: the node's label, for messages.

    Raises:
        InvalidResource: a value is not a positive number, or a limit is below its request.
    """
    amounts = {name: amount(properties.get(name), f"Node '{node}': {TITLES[name]}") for name in TITLES}
    for request, limit in ((CPU, CPU_LIMIT), (MEMORY, MEMORY_LIMIT)):
        least, most = amounts[request], amounts[limit]
        if least is not None and most is not None and most < least:
            raise InvalidResource(
                f"Node '{node}': {TITLES[limit]} is {_plain(most)}, less than the {TITLES[request]} of "
                f"{_plain(least)}."
            )
    gpu = amounts[GPU]
    if gpu is not None and gpu % 1:
        raise InvalidResource(f"Node '{node}': GPU is {_plain(gpu)}; only whole GPUs can be requested.")
    return Resources(
        cpu_request=_text(amounts[CPU]),
        cpu_limit=_text(amounts[CPU_LIMIT]),
        memory_request=_text(amounts[MEMORY], "Gi"),
        memory_limit=_text(amounts[MEMORY_LIMIT], "Gi"),
        accelerator_type=(properties.get("gpu_vendor") or DEFAULT_ACCELERATOR) if gpu else None,
        accelerator_count=_text(gpu),
    )


def amount(value: Any, where: str) -> Decimal | None:
    """Return a number that a person entered; None for nothing or zero.

    Raises:
        InvalidResource: it is not a number, negative, infinite, or has more digits than Kubernetes keeps (3
            after the point).
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = Decimal(str(value).strip())
        valid = number.is_finite() and 0 <= number < 10**9 and number == round(number, 3)
    except InvalidOperation:
        valid = False
    if not valid or isinstance(value, bool):
        raise InvalidResource(f"{where} is '{str(value)[:40]}', which is not a number of at least 0.001.")
    return number or None


def _text(number: Decimal | None, unit: str = "") -> str | None:
    return None if number is None else f"{_plain(number)}{unit}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
