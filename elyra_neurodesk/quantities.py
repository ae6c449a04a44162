"""Kubernetes quantities as numbers.

Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from elyra_neurodesk.errors import NeurodeskError

# stricter than `kubernetes.utils.parse_quantity`, which also takes "1K", "1mi", "1_0" and "inf"
_QUANTITY = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:(?P<suffix>[numkMGTPE]|[KMGTPE]i)|[eE][+-]?[0-9]{1,3})?"
)
_BINARY_SUFFIXES = ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki")


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


def parse_limits(text: str) -> tuple[int, int]:
    """Return a limit for one thing and a limit for all of them together, in bytes.

    Args:
        text: both, as ``"20Mi/200Mi"``; one, as ``"20Mi"``, which all together may have ten times; or ``off``
            (or 0) for none.

    Raises:
        InvalidQuantity: not a quantity, or negative.

    >>> parse_limits("1Mi"), parse_limits("1Mi/2Mi"), parse_limits("off")
    ((1048576, 10485760), (1048576, 2097152), (0, 0))
    """
    if text.strip().lower() == "off":
        return 0, 0
    one, slash, together = text.partition("/")
    size = _bytes(one)
    return size, _bytes(together) if slash else 10 * size


def _bytes(text: str) -> int:
    # the unit that people type, without the half second that reading any other takes
    mebibytes = re.fullmatch(r"\s*([0-9]+)Mi\s*", text)
    return int(mebibytes[1]) << 20 if mebibytes else parse_bytes(text)


def whole_quantity(size: int) -> str:
    """Return bytes as a quantity without a fraction, in the largest binary unit that has none.

    >>> whole_quantity(parse_bytes("1.5Gi"))
    '1536Mi'
    """
    for power, suffix in zip(range(6, 0, -1), _BINARY_SUFFIXES, strict=True):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{suffix}"
    return str(size)


def _parse(quantity: str | float, what: str) -> Decimal:
    text = str(quantity).strip()
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise InvalidQuantity(f"{what} {quantity!r} is not a Kubernetes quantity.")
    if match["suffix"]:
        # here, because it takes half a second where KFP's SDK has not imported it
        from kubernetes.utils import parse_quantity

        value: Decimal = parse_quantity(text)
    else:
        value = Decimal(text)
    if value < 0:
        raise InvalidQuantity(f"{what} {quantity!r} is negative.")
    return value
