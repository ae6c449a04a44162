"""What a cluster would replace in a value is found, and nothing else."""

from __future__ import annotations

import pytest

from elyra_neurodesk.validate.placeholders import find_placeholder


@pytest.mark.parametrize("text", ["{{x}}", "{{", "a$$b", "$(HOME)", "$(KFP_POD_NAME)", "$(own)", "$$(x)"])
def test_what_a_cluster_would_replace_is_found(text: str) -> None:
    assert find_placeholder(text, {"own"})


@pytest.mark.parametrize(
    "text", ["", "$", "$5", "a$b", "$(x)", "$(a b)", "$(", "${HOME}", "{ {", "}}", "{x}"]
)
def test_what_a_cluster_leaves_alone_is_not(text: str) -> None:
    assert find_placeholder(text, {"own"}) == ""
