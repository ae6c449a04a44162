"""Kubernetes quantities as numbers.

Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from elyra_neurodesk.errors import NeurodeskError

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([eE][+-]?[0-9]{1,3}|[A-Za-z]{0,2})")
_SUFFIXES = {
    **{suffix: Decimal(1000) ** power for suffix, power in (("n", -3), ("u", -2), ("m", -1), ("", 0))},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}


class InvalidQuantity(NeurodeskError):
    """A resource request is not a Kubernetes quantity."""

    code = "ND-LOCAL-104"
    hint = "Write CPU like 500m or 2, memory like 512Mi or 4Gi."


def parse_cores(quantity: str | float) -> float:
    """Return a CPU quantity in cores.

    Args:
        quantity: for example ``"500m"``, ``"2"``, ``0.5``.

    Raises:
        InvalidQuantity: not a quantity, or negative.
    """
    return float(_parse(quantity, "CPU"))


def parse_bytes(quantity: str | float) -> int:
    """Return a memory quantity in bytes, fractions of a byte rounded up.

    Args:
        quantity: for example ``"1Gi"``, ``"2G"``, ``2e9``.

    Raises:
        InvalidQuantity: not a quantity, or negative.
    """
    return math.ceil(_parse(quantity, "memory"))


def _parse(quantity: str | float, what: str) -> Decimal:
    match = _QUANTITY.fullmatch(str(quantity).strip())
    number, suffix = match.groups() if match else ("", "?")
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        number, suffix = number + suffix, ""
    if suffix not in _SUFFIXES:
        raise InvalidQuantity(f"{what} {quantity!r} is not a Kubernetes quantity.")
    value = Decimal(number) * _SUFFIXES[suffix]
    if value < 0:
        raise InvalidQuantity(f"{what} {quantity!r} is negative.")
    return value
