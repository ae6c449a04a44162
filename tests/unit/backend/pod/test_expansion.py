import pytest
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.backend.pod.expansion import expand, expand_all


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$$$$(A)", "$$(A)"),
        ("$(B)", "$(B)"),
        ("$(A)$(B)$(A)", "1$(B)1"),
        ("$A ${A}", "$A ${A}"),
        ("$", "$"),
        ("$$", "$"),
        ("$(", "$("),
        ("$(A", "$(A"),
        ("$()", "$()"),
        ("$($(A))", "$($(A))"),
        ("$(A)))", "1))"),
        ("x$(LOOP)y", "x$(A)y"),
        ("", ""),
        ("é$(A)ß", "é1ß"),
        ('$(ls "$root" | wc -l)', '$(ls "$root" | wc -l)'),
    ],
)
def test_references_are_replaced_as_kubernetes_does(text, expanded):
    assert expand(text, {"A": "1", "LOOP": "$(A)"}) == expanded


@given(st.text(alphabet="$()A {}'\"\\é\n"))
def test_a_value_with_every_dollar_doubled_arrives_as_it_was(text):
    assert expand(text.replace("$", "$$"), {"A": "1"}) == text


def test_a_variable_sees_only_those_defined_before_it():
    definitions = [("A", "$(B)"), ("B", "b$(OUTER)"), ("C", "$(A)$(B)"), ("B", "again $(B)")]
    assert expand_all(definitions, {"OUTER": "o"}) == {"A": "$(B)", "B": "again bo", "C": "$(B)bo"}
