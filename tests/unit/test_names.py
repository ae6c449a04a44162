"""Names are always valid, and different names stay different."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk import names

VALID = {
    names.task_name: (r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", names.TASK_NAME_LIMIT),
    names.pipeline_name: (r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", names.PIPELINE_NAME_LIMIT),
    names.input_name: (r"[a-z]([a-z0-9_]*[a-z0-9])?", names.INPUT_NAME_LIMIT),
    names.label_value: (r"([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?", names.LABEL_VALUE_LIMIT),
    names.directory_name: (r"[A-Za-z0-9][A-Za-z0-9._-]*", names.DIRECTORY_LIMIT),
}
MAKERS = list(VALID)


@pytest.mark.parametrize("make", MAKERS)
@given(text=st.text(max_size=200))
def test_any_text_gives_a_valid_name(make, text: str) -> None:
    pattern, limit = VALID[make]
    name = make(text)
    assert re.fullmatch(pattern, name)
    assert len(name) <= limit
    assert make(text) == name


@pytest.mark.parametrize(
    "make", [names.pipeline_name, names.input_name, names.label_value, names.directory_name]
)
@given(texts=st.lists(st.text(max_size=150), min_size=2, max_size=2, unique=True))
def test_two_texts_give_two_names(make, texts: list[str]) -> None:
    assert make(texts[0]) != make(texts[1])


@pytest.mark.parametrize("make", MAKERS)
@given(data=st.data())
def test_a_valid_name_comes_back_unchanged(make, data: st.DataObject) -> None:
    pattern, limit = VALID[make]
    name = data.draw(st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= limit))
    if make is names.task_name and "--" in name:
        return  # KFP joins dashes
    assert make(name) == name


def test_names_of_a_pipeline_never_repeat() -> None:
    taken: set[str] = set()
    for label in ("Run BET", "run bet", "run-bet", "RUN  BET!", "run-bet-2"):
        name = names.task_name(label, taken)
        assert name not in taken
        taken.add(name)
    assert {"run-bet", "run-bet-2", "run-bet-3"} <= taken


@pytest.mark.parametrize("length", [47, 48, 49, 62, 63, 64, 65, 128, 500])
def test_long_labels_that_differ_at_their_end_get_different_names(length: int) -> None:
    assert names.task_name("a" * length + "x") != names.task_name("a" * length + "y")


@pytest.mark.parametrize("label", ["日本語", "", "---", "é", "🧠 brain", "$(rm -rf /)"])
def test_labels_of_any_script_have_names(label: str) -> None:
    assert names.task_name(label)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("length", [47, 48, 49, 62, 63, 64, 65, 99, 100, 101])
def test_a_plain_text_is_cut_only_beyond_the_limit(make, length: int) -> None:
    limit = VALID[make][1]
    name = make("a" * length)
    assert name == "a" * length if length <= limit else re.fullmatch(r"a+[-_][0-9a-f]{8}", name)
    assert len(name) == min(length, limit)


@pytest.mark.parametrize("make", MAKERS)
def test_a_text_without_any_valid_character_has_a_name(make) -> None:
    found = {make(text) for text in ("", "日本語", "🧠", "---", "\n", "\ud800")}
    assert len(found) == 6
    assert all(re.fullmatch(VALID[make][0], name) for name in found)
