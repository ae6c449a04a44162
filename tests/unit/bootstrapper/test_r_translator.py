"""R code for parameters; `tests/integration/bootstrapper/test_r_parameters.py` has R read it."""

from __future__ import annotations

import pytest
from papermill.translators import papermill_translators

from elyra_neurodesk.bootstrapper import r_translator


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("sub-01", '"sub-01"'),
        ("Jörg", r'"J\u00f6rg"'),
        ("脑🧠0", r'"\u8111\U0001f9e00"'),
        ('a"b\\', r'"a\"b\\"'),
        ("1\n2\t\r\x01", r'"1\n2\t\r\u0001"'),
        ("", '""'),
    ],
)
def test_a_text_becomes_an_r_string_in_ascii(text: str, literal: str) -> None:
    assert r_translator.string_literal(text) == literal


def test_papermill_writes_parameters_of_r_notebooks_with_it() -> None:
    r_translator.register()
    for language in ("r", "R"):
        translator = papermill_translators.find_translator("ir", language)
        assert translator.codify({"n": 5, "flag": True, "names": ["ü", None], "by": {"é": 0.5}}) == (
            "# Parameters\n"
            "n = 5\n"
            "flag = TRUE\n"
            'names = list("\\u00fc", NULL)\n'
            'by = structure(list(0.5), names = c("\\u00e9"))\n'
        )
