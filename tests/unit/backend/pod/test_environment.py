import pytest

from elyra_neurodesk.backend.pod.environment import container_variables
from elyra_neurodesk.backend.pod.errors import FieldUnavailable, SecretUnavailable


def pod(secret_env=(), field_env=()):
    return {
        "task": "t",
        "secrets": {"s": {"k": "$(A) {{$}}"}},
        "secret_env": list(secret_env),
        "field_env": list(field_env),
        "metadata": {"name": "p", "uid": "u", "namespace": "n", "labels": {"a/b": "l"}, "annotations": {}},
    }


def entry(name, key, **more):
    return {"secretName": name, "keyToEnv": [{"secretKey": key, "envVar": "SECRET"}], **more}


def test_the_executors_variables_come_first_then_secrets_literally_then_fields():
    fields = [
        {"name": "NAME", "fieldPath": "metadata.name"},
        {"name": "L", "fieldPath": "metadata.labels['a/b']"},
    ]
    found = container_variables(pod([entry("s", "k")], fields), [("A", "1"), ("B", "$(A)$$(A)")])
    assert found == {"A": "1", "B": "1$(A)", "SECRET": "$(A) {{$}}", "NAME": "p", "L": "l"}


@pytest.mark.parametrize(("name", "key", "words"), [("gone", "k", "'gone'"), ("s", "gone", "'gone'")])
def test_a_missing_secret_or_key_is_named_unless_it_is_optional(name, key, words):
    with pytest.raises(SecretUnavailable, match="ND-LOCAL-113") as caught:
        container_variables(pod([entry(name, key)]), [])
    assert words in str(caught.value)
    assert "SECRET" in str(caught.value)
    assert container_variables(pod([entry(name, key, optional=True)]), []) == {}


def test_an_unknown_field_is_an_error():
    with pytest.raises(FieldUnavailable, match=r"status\.phase"):
        container_variables(pod(field_env=[{"name": "X", "fieldPath": "status.phase"}]), [])
