"""Whatever is typed about a node's pod is refused in one line, or stands in the pod as it was typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.names import storable
from tests.safety.nasty import bounded, nasty_text, wordish
from tests.safety.workbench import Compiled, Workbench, assert_inert, only_coded_errors
from tests.support.pipelines import notebook_node

# Elyra strips blanks from both ends of every property before we see it: hence the calls of strip() below
Json = dict[str, Any]


def compiled(bench: Workbench, **properties: Any) -> Compiled:
    return bench.compiled([notebook_node("node", "a.ipynb", **properties)])


def volume(path: str = "/data", claim: str = "claim", sub_path: str = "") -> Json:
    return {"path": path, "pvc_name": claim, "sub_path": sub_path, "read_only": False}


@bounded
@given(wordish, wordish)
def test_labels(bench: Workbench, key: str, value: str) -> None:
    with only_coded_errors():
        for name, content in ((key, "v"), ("k", value)):
            made = compiled(bench, kubernetes_pod_labels=[{"key": name, "value": content}])
            assert made.pod("node")["podMetadata"]["labels"][name.strip()] == content.strip()
            assert_inert(made)


@bounded
@given(wordish, wordish)
def test_annotations(bench: Workbench, key: str, value: str) -> None:
    with only_coded_errors():
        for name, content in (("k", value), (key, "v")):
            made = compiled(bench, kubernetes_pod_annotations=[{"key": name, "value": content}])
            assert made.pod("node")["podMetadata"]["annotations"][name.strip()] == storable(content.strip())
            assert_inert(made)


@bounded
@given(nasty_text)
def test_mount_paths(bench: Workbench, path: str) -> None:
    with only_coded_errors():
        made = compiled(bench, mounted_volumes=[volume(path)])
        expected = f"/{path.strip().strip('/')}"  # Elyra's way to write a path
        assert mount_of(made, "claim") == {"constant": "claim", "mountPath": expected}
        assert_inert(made)


@bounded
@given(wordish.filter(bool))
def test_claims(bench: Workbench, claim: str) -> None:
    with only_coded_errors():
        made = compiled(bench, mounted_volumes=[volume(claim=claim)])
        assert mount_of(made, claim.strip())["mountPath"] == "/data"
        assert_inert(made)


@bounded
@given(nasty_text)
def test_directories_in_volumes(bench: Workbench, sub_path: str) -> None:
    with only_coded_errors():
        made = compiled(bench, mounted_volumes=[volume(sub_path=sub_path)])
        assert mount_of(made, "claim").get("subPath", "") == sub_path.strip()
        assert_inert(made)


@bounded
@given(st.sampled_from(["env_var", "name", "key"]), wordish.filter(bool))
def test_secrets(bench: Workbench, field: str, value: str) -> None:
    secret = {"env_var": "TOKEN", "name": "secret", "key": "key", field: value}
    with only_coded_errors():
        made = compiled(bench, kubernetes_secrets=[secret])
        found = [
            {"env_var": item["envVar"], "name": entry["secretName"], "key": item["secretKey"]}
            for entry in made.pod("node")["secretAsEnv"]
            for item in entry["keyToEnv"]
        ]
        assert {name: text.strip() for name, text in secret.items()} in found
        assert_inert(made)


@bounded
@given(st.sampled_from(["key", "operator", "value", "effect"]), wordish.filter(bool))
def test_tolerations(bench: Workbench, field: str, value: str) -> None:
    toleration = {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule", field: value}
    with only_coded_errors():
        made = compiled(bench, kubernetes_tolerations=[toleration])
        stripped = {name: text.strip() for name, text in toleration.items() if text.strip()}
        assert stripped in made.pod("node")["tolerations"]
        assert_inert(made)


@bounded
@given(wordish.filter(bool))
def test_images(bench: Workbench, image: str) -> None:
    with only_coded_errors() as error:
        made = compiled(bench, runtime_image=image)
        assert made.executor("node")["image"] == image
        assert_inert(made)
    if any(char.isspace() for char in image):
        assert error()


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"mounted_volumes": [volume("/a:b")]}, "ND-FIELD-004"),
        ({"mounted_volumes": [volume("/a/../b")]}, "ND-FIELD-004"),
        ({"mounted_volumes": [volume("/")]}, "ND-FIELD-004"),
        ({"mounted_volumes": [volume("/minio/")]}, "ND-FIELD-004"),
        ({"mounted_volumes": [volume("/a", "x"), volume("a/", "y")]}, "ND-FIELD-004"),
        ({"mounted_volumes": [volume(sub_path="../x")]}, "ND-FIELD-004"),
        ({"mounted_volumes": [volume(claim="Upper")]}, "ND-FIELD-005"),
        ({"mounted_volumes": [volume(claim="with.dot")]}, "ND-FIELD-005"),
        ({"kubernetes_secrets": [{"env_var": "1A", "name": "s", "key": "k"}]}, "ND-FIELD-002"),
        ({"kubernetes_secrets": [{"env_var": "A", "name": "s", "key": "../k"}]}, "ND-FIELD-005"),
        ({"kubernetes_pod_labels": [{"key": "clé", "value": "v"}]}, "ND-FIELD-003"),
        ({"kubernetes_pod_labels": [{"key": "k", "value": "v" * 64}]}, "ND-FIELD-003"),
        ({"kubernetes_pod_annotations": [{"key": "a/b/c", "value": ""}]}, "ND-FIELD-003"),
        ({"runtime_image": "an image:1"}, "ND-FIELD-006"),
        ({"runtime_image": "{{$.inputs.parameters['x']}}"}, "ND-FIELD-006"),
    ],
)
def test_what_kubernetes_refuses_is_refused_here(bench: Workbench, properties: Json, code: str) -> None:
    with pytest.raises(NeurodeskError) as error:
        compiled(bench, **properties)
    assert error.value.code == code
    assert "'node'" in str(error.value)


def mount_of(made: Compiled, claim: str) -> Json:
    (found,) = [mount for mount in made.pod("node")["pvcMount"] if mount.get("constant") == claim]
    return dict(found)
