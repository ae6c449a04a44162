"""KFP's list parameters (page_token, page_size, sort_by, filter) as SQL with bound values.

Field numbers and names of operations: backend/api/v2beta1/filter.proto.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.errors import NeurodeskError

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 200
_OPERATIONS = {
    1: "EQUALS",
    2: "NOT_EQUALS",
    3: "GREATER_THAN",
    5: "GREATER_THAN_EQUALS",
    6: "LESS_THAN",
    7: "LESS_THAN_EQUALS",
    8: "IN",
    9: "IS_SUBSTRING",
}
_COMPARISONS = {
    "EQUALS": "=",
    "NOT_EQUALS": "<>",
    "GREATER_THAN": ">",
    "GREATER_THAN_EQUALS": ">=",
    "LESS_THAN": "<",
    "LESS_THAN_EQUALS": "<=",
}
_SCALARS = ("string_value", "timestamp_value", "int_value", "long_value")
_LISTS = ("string_values", "int_values", "long_values")


class InvalidListing(NeurodeskError):
    """A filter, an order or a page token is invalid."""

    code = "ND-LOCAL-010"


@dataclass(frozen=True)
class Condition:
    """A part of a WHERE clause: SQL without any value of a caller, and the values to bind."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Listing:
    """One page of a list.

    Attributes:
        conditions: all must hold.
        column: what it is sorted by; ``seq``, the row number, decides ties.
        descending: the direction.
        size: rows on a page.
        last: value of ``column`` and ``seq`` of the last row of the page before, or None.
        context: order and filter as the caller wrote them, carried along in the page token.
    """

    conditions: tuple[Condition, ...]
    column: str
    descending: bool
    size: int
    last: tuple[Any, int] | None
    context: tuple[str, str]

    def where(self, extra: tuple[Condition, ...] = (), page: bool = True) -> Condition:
        """Return the WHERE clause; ``page=False`` leaves the position out, to count all pages."""
        parts = [*self.conditions, *extra]
        if page and self.last is not None:
            sign = "<" if self.descending else ">"
            parts.append(Condition(f"({self.column}, seq) {sign} (?, ?)", self.last))
        sql = " AND ".join(part.sql for part in parts) or "1"
        return Condition(sql, tuple(value for part in parts for value in part.values))

    def order(self) -> str:
        """Return the ORDER BY clause."""
        direction = "DESC" if self.descending else "ASC"
        return f"{self.column} {direction}, seq {direction}"

    def token_after(self, value: Any, seq: int) -> str:
        """Return the page token of the page that begins after this row."""
        text = json.dumps([*self.context, value, seq], ensure_ascii=False)
        return base64.urlsafe_b64encode(text.encode()).decode()


def read_listing(query: Mapping[str, str], keys: Mapping[str, str]) -> Listing:
    """Return what a list call asks for.

    Args:
        query: the call's query parameters.
        keys: names that callers may filter and sort by, to column names.

    Raises:
        InvalidListing: naming what is wrong and what is allowed.
    """
    sort_by, filter_text = query.get("sort_by", ""), query.get("filter", "")
    last = None
    if token := query.get("page_token", ""):
        kept_sort, kept_filter, value, seq = _open_token(token)
        if (sort_by or kept_sort, filter_text or kept_filter) != (kept_sort, kept_filter):
            raise InvalidListing("the page token belongs to another order or filter.")
        sort_by, filter_text, last = kept_sort, kept_filter, (value, seq)
    column, descending = _order(sort_by, keys)
    return Listing(
        _conditions(filter_text, keys),
        column,
        descending,
        _size(query.get("page_size", "")),
        last,
        (sort_by, filter_text),
    )


def _size(text: str) -> int:
    try:
        size = int(text or 0)
    except ValueError:
        size = -1
    if size < 0:
        raise InvalidListing(f"the page size {text!r} is not a number from 0 to {MAX_PAGE_SIZE}.")
    return min(size, MAX_PAGE_SIZE) or DEFAULT_PAGE_SIZE


def _open_token(token: str) -> tuple[str, str, Any, int]:
    try:
        sort_by, filter_text, value, seq = json.loads(base64.urlsafe_b64decode(token.encode()))
        return str(sort_by), str(filter_text), value, int(seq)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise InvalidListing("the page token is not one of this server's.") from None


def _order(text: str, keys: Mapping[str, str]) -> tuple[str, bool]:
    words = text.split()
    if not words:
        return "created_at", False
    if len(words) > 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
        raise InvalidListing(f"the order {text!r} is not '<field>' or '<field> desc'.")
    return _column(words[0], keys), len(words) == 2 and words[1].lower() == "desc"


def _column(name: str, keys: Mapping[str, str]) -> str:
    if name not in keys:
        raise InvalidListing(f"no field {name!r} to filter or sort by; there are {', '.join(sorted(keys))}.")
    return keys[name]


def _conditions(text: str, keys: Mapping[str, str]) -> tuple[Condition, ...]:
    if not text:
        return ()
    try:
        predicates = json.loads(text).get("predicates") or []
        return tuple(_condition({_snake(k): v for k, v in item.items()}, keys) for item in predicates)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidListing(f"the filter {text[:200]!r} is not a JSON object with predicates.") from None


def _condition(predicate: dict[str, Any], keys: Mapping[str, str]) -> Condition:
    column = _column(str(predicate.get("key")), keys)
    wanted = predicate.get("operation")
    operation = _OPERATIONS.get(wanted, "") if isinstance(wanted, int) else str(wanted)
    if operation == "IN":
        values: list[Any] = next((predicate[name]["values"] for name in _LISTS if name in predicate), [])
        return Condition(f"{column} IN ({','.join('?' * len(values))})", tuple(map(_value, values)))
    value = next((_value(predicate[name]) for name in _SCALARS if name in predicate), "")
    if operation == "IS_SUBSTRING":
        return Condition(f"instr(lower({column}), lower(?)) > 0", (value,))
    if operation not in _COMPARISONS:
        raise InvalidListing(f"the filter operation {wanted!r} is unknown.")
    return Condition(f"{column} {_COMPARISONS[operation]} ?", (value,))


def _value(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise TypeError("not a scalar")
    return str(value)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
