"""The admission policies: what they select and say. tests/cluster shows on a real API server what they do."""

from __future__ import annotations

import pytest

from elyra_neurodesk.cluster.deliveries.admission_policy import (
    admission_policy,
    admission_policy_binding,
    kyverno_policy,
    policy_spec,
)
from elyra_neurodesk.cluster.deliveries.cel import Expression, literal, pointer
from elyra_neurodesk.cluster.pod_changes import PodChanges
from elyra_neurodesk.patches.sidecar import SCRIPT

EVERYTHING = PodChanges("i", "nd.json", "notebook", 1000, 100, "smarter-devices/fuse", "lab", "batch")


def expressions(changes: PodChanges) -> list[str]:
    return [one["jsonPatch"]["expression"] for one in policy_spec(changes)["mutations"]]


def test_it_is_asked_for_new_pods_with_the_label() -> None:
    assert policy_spec(PodChanges())["matchConstraints"] == {
        "resourceRules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
        ],
        "objectSelector": {"matchLabels": {"neurodesk.org/cvmfs": "enabled"}},
    }


def test_both_versions_of_kubernetes_and_kyverno_say_the_same() -> None:
    spec = policy_spec(EVERYTHING)
    assert admission_policy(EVERYTHING)["spec"] == spec
    assert admission_policy(EVERYTHING, "v1beta1") == {
        "apiVersion": "admissionregistration.k8s.io/v1beta1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "neurodesk-cvmfs"},
        "spec": spec,
    }
    kyverno = kyverno_policy(EVERYTHING)["spec"]
    assert kyverno.pop("autogen") == {"podControllers": {"controllers": []}}
    assert kyverno == spec


def test_the_namespaces_are_in_the_binding_and_in_kyvernos_policy() -> None:
    selector = {
        "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["kubeflow"]}]
    }
    assert admission_policy_binding(["kubeflow"])["spec"] == {
        "policyName": "neurodesk-cvmfs",
        "matchResources": {"namespaceSelector": selector},
    }
    assert admission_policy_binding()["spec"] == {"policyName": "neurodesk-cvmfs"}
    constraints = kyverno_policy(PodChanges(), ["kubeflow"])["spec"]["matchConstraints"]
    assert constraints["namespaceSelector"] == selector


def test_the_sidecars_script_is_the_one_of_the_platform_spec_and_there_is_no_probe() -> None:
    first = expressions(PodChanges())[0]
    assert literal(SCRIPT, "") in first
    assert not any("probe" in text.lower() for text in expressions(EVERYTHING))


def test_a_mutation_is_there_only_when_it_is_asked_for() -> None:
    assert len(expressions(PodChanges())) == 2
    assert len(expressions(EVERYTHING)) == 6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('a "b" \\ \n', '"a \\"b\\" \\\\ \\n"'),
        ("🧠", '"🧠"'),
        (True, "true"),
        (5, "5"),
        (["a", Expression("b")], '["a", b]'),
        ({"limits": {"cpu": "1"}}, 'O{limits: {"cpu": "1"}}'),
        ({"a": {"b": [{"c": 1}]}}, "O{a: O.a{b: [O.a.b{c: 1}]}}"),
    ],
)
def test_values_become_literals_of_cel(value: object, text: str) -> None:
    assert literal(value, "O") == text


def test_what_has_no_literal_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        literal(1.5, "O")


def test_a_pointer_escapes_as_rfc_6901_says() -> None:
    assert pointer("limits", "a/b~c") == '"/limits/a~1b~0c"'
