"""Source made of data means the data, whatever it is."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.compile.python_source import free_name, identifier, keywords, literal

TEXTS = st.text(st.characters(), max_size=300)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@given(VALUES)
def test_a_literal_is_read_back_as_the_same_value(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


@pytest.mark.parametrize(
    "text", ["", "a" * 500, "a, b, " * 100, "\n" * 300, "a\r\n\x0b\u2028b" * 40, "'\"\\" * 60, "\ud800" * 100]
)
def test_a_long_text_is_read_back_as_the_same_text(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    tokens = tokenize.generate_tokens(io.StringIO(literal(text)).readline)
    pieces = [ast.literal_eval(token.string) for token in tokens if token.type == tokenize.STRING]
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= 96


def test_a_script_has_a_line_for_each_of_its_lines() -> None:
    script = "set -u\nfor file in *; do\n  echo \"$file\" 'and more'\ndone\n" * 3
    assert literal(script).count("\\n' ") + literal(script).count('\\n" ') == script.count("\n") - 1


def test_known_texts_are_named_instead() -> None:
    assert literal(["a", {"k": "b"}], {"b": "_B", "k": "_K"}) == "['a', {'k': _B}]"


def test_keyword_arguments_are_sorted_and_any_name_can_be_one() -> None:
    source = keywords({"from": "1", "b": "2", "3d": "4", "a": "5"})
    assert source == "a=5, b=2, **{'3d': 4, 'from': 1}"
    assert eval(f"dict({source})") == {"a": 5, "b": 2, "3d": 4, "from": 1}


@given(st.lists(TEXTS, max_size=5), st.sets(st.sampled_from(["a", "task", "task_1", "_x"])))
def test_free_names_are_identifiers_of_their_own(wanted: list[str], taken: set[str]) -> None:
    before = set(taken)
    names = [free_name(text, taken) for text in wanted]
    assert len({*names, *before}) == len(names) + len(before)
    assert all(name.isidentifier() and name.isascii() for name in names)
    assert not [name for name in names if keyword.iskeyword(name) or hasattr(builtins, name)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("run-bet", "run_bet"),
        ("01-prepare", "task_01_prepare"),
        ("import", "import_2"),
        ("print", "print_2"),
        ("日本", "task"),
    ],
)
def test_a_free_name_resembles_its_text(text: str, name: str) -> None:
    assert free_name(text, set()) == name


@pytest.mark.parametrize("name", ["", "a b", "1a", "class", "é", "a\n", "a:=1", "a.b"])
def test_what_is_not_an_identifier_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a Python identifier"):
        identifier(name)
