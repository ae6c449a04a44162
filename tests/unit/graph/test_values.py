"""What people type into component inputs becomes a value of the input's type."""

from __future__ import annotations

from typing import Any

import pytest

from elyra_neurodesk.graph.values import InvalidInputValue, parse_value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("3", "NUMBER_INTEGER", 3),
        (" 0.5 ", "NUMBER_DOUBLE", 0.5),
        ("True", "BOOLEAN", True),
        ("false", "BOOLEAN", False),
        ("[1, 'a', True]", "LIST", [1, "a", True]),
        ('[1, "a", true]', "LIST", [1, "a", True]),
        ("{'a': 1}", "STRUCT", {"a": 1}),
        ("__import__('os')", "STRING", "__import__('os')"),
        (False, "BOOLEAN", False),
        ([1], "LIST", [1]),
    ],
)
def test_texts_become_values(text: Any, kind: str, value: Any) -> None:
    assert parse_value(text, kind, "x") == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("three", "NUMBER_INTEGER"),
        ("1.5", "NUMBER_INTEGER"),
        ("yes please", "BOOLEAN"),
        ("{'a': 1}", "LIST"),
        ("__import__('os').system('touch pwned')", "LIST"),
        ("[" * 5000, "LIST"),
    ],
)
def test_a_text_of_another_type_is_named_and_never_evaluated(text: str, kind: str) -> None:
    with pytest.raises(InvalidInputValue, match="Node 'n': input 'i' is '") as caught:
        parse_value(text, kind, "Node 'n': input 'i'")
    assert len(str(caught.value)) < 300
