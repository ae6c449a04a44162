"""Kubernetes' rules for names, letter by letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from elyra_neurodesk.validate import rules
from elyra_neurodesk.validate.errors import InvalidLabel

GOOD: dict[Callable[[str], str], list[str]] = {
    rules.variable_name: ["A", "_a", "a.b-c", "-x", ".x", "A1"],
    rules.label_key: ["a", "A_1.b", "x.example.org/name", "a" * 63, "b" * 253 + "/a"],
    rules.label_value: ["", "a", "A-b_c.1", "9", "a" * 63],
    rules.claim_name: ["a", "data-1", "0x", "a" * 63],
    rules.secret_name: ["a", "my.secret-1", "a" * 253],
    rules.secret_key: ["a", "A_b.c-d", "_x", "1"],
    rules.image: ["python", "localhost:5000/a/b_c:1.0", "example.org/x/y@sha256:" + "0" * 64],
    rules.module: ["fsl", "fsl/6.0.7.16", "ants/2.5.4+x", "itk-snap/3"],
    rules.mount_path: ["/data", "/a/b c/é", "/a/./b", "/x..y", "/s3/more"],
    rules.sub_path: ["a", "a/b", "a..b", "é x"],
    rules.relative_path: ["a", "out/*.nii.gz", "a b/é[1].txt", "..a", "x$y"],
}
BAD: dict[Callable[[str], str], list[str]] = {
    rules.variable_name: ["", "1A", "A=B", "A B", "é", "A\n", "..", ".", "..x", "A$"],
    rules.label_key: ["", "a/", "/a", "a/b/c", "A/b", "-a", "a-", "a" * 64, "é", "a\n", "b" * 254 + "/a"],
    rules.label_value: ["-a", "a.", "a b", "é", "a" * 64, "a\n", "a/b"],
    rules.claim_name: ["", "A", "a.b", "a_b", "-a", "a" * 64, "a\n", "é"],
    rules.secret_name: ["", "A", "a_b", ".a", "a.", "a" * 254, "a\n"],
    rules.secret_key: ["", "a/b", "a b", "..", ".", "..a", "é", "a\n", "a" * 254],
    rules.image: ["", "a b", " a", "a\n", "é", "{{x}}", "a$b", "-a", "a" * 601],
    rules.module: ["", "a b", "../x", "a/b/c", "$(x)", "a;b", "/a", "-x", "a" * 201],
    rules.mount_path: ["", "data", "/", "//", "/.", "/a:b", "/a/../b", "/..", "/gcs", "/kfp-launcher/"],
    rules.sub_path: ["/a", "..", "a/../b"],
    rules.relative_path: ["", " ", "/a", "..", "a/..", "../a", "a\nb", "a\x7f", "x" * 256, "y/" * 400],
}


@pytest.mark.parametrize("rule", GOOD, ids=lambda rule: rule.__name__)
def test_what_kubernetes_takes_is_taken(rule: Callable[[str], str]) -> None:
    assert {text: rule(text) for text in GOOD[rule] if rule(text)} == {}


@pytest.mark.parametrize("rule", BAD, ids=lambda rule: rule.__name__)
def test_what_kubernetes_refuses_is_refused_with_a_reason(rule: Callable[[str], str]) -> None:
    assert [text for text in BAD[rule] if not rule(text)] == []


def test_what_breaks_a_rule_is_an_error_that_shows_the_text() -> None:
    rules.check(rules.label_key, "a", "Node 'n': label", InvalidLabel)
    with pytest.raises(
        InvalidLabel, match=r"^ND-FIELD-003: Node 'n': label 'a\\n' is not a valid name in Kubernetes\."
    ):
        rules.check(rules.label_key, "a\n", "Node 'n': label", InvalidLabel)
