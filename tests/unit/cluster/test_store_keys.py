"""Keys of an object store go into a secret of ours, and a secret of others is never changed."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest

from elyra_neurodesk.cluster.api import Api, Object, Reference
from elyra_neurodesk.cluster.rendering import CvmfsClient, files
from elyra_neurodesk.cluster.setup import SetUp, planned_objects
from elyra_neurodesk.cluster.store_keys import SecretOfOthers, StoreKeysMissing, with_keys
from elyra_neurodesk.storage.transport import Credentials

STORE = SetUp(object_store="https://s3.example.org", bucket="neurodesk")
GIVEN = Credentials("ana", "words of ana")
TYPED = Credentials("ben", "words of ben")
OURS = {"app.kubernetes.io/managed-by": "elyra-neurodesk"}


class Secrets:
    """A cluster with one secret, or none."""

    def __init__(self, secret: Object | None) -> None:
        self.secret = secret

    def read(self, which: Reference) -> Object | None:
        assert which.kind == "Secret"
        return self.secret if self.secret and self.secret["metadata"]["name"] == which.name else None


def secret(*keys: str, name: str = "neurodesk-object-store", **labels: str) -> Object:
    return {"metadata": {"name": name, "labels": labels}, "data": dict.fromkeys(keys, "eA==")}


def chosen(
    found: Object | None, given: Credentials | None = None, typed: Credentials | None = None, **fields: Any
) -> Credentials | None:
    set_up = SetUp(**{**vars(STORE), **fields})
    return with_keys(cast(Api, Secrets(found)), set_up, given, lambda: typed).keys


def test_kfps_own_store_needs_no_keys() -> None:
    assert chosen(None, GIVEN, object_store="") is None


def test_given_keys_come_before_typed_ones_and_go_into_a_secret_that_is_absent_or_ours() -> None:
    assert chosen(None, GIVEN, TYPED) == GIVEN
    assert chosen(None, None, TYPED) == TYPED
    assert chosen(secret("accesskey", "secretkey", **OURS), GIVEN, TYPED) == GIVEN


def test_a_secret_with_keys_stays_as_it_is_where_none_are_given() -> None:
    assert chosen(secret("accesskey", "secretkey", **OURS), None, TYPED) is None


def test_a_secret_of_others_is_used_as_it_is_and_refused_without_the_keys() -> None:
    assert chosen(secret("accesskey", "secretkey", "more"), GIVEN) is None
    mine = secret("user", "secretkey", name="mine")
    with pytest.raises(SecretOfOthers, match="kubeflow/mine has no accesskey"):
        chosen(mine, GIVEN, object_store_secret="mine")


def test_without_keys_and_without_a_terminal_it_is_said_what_is_missing() -> None:
    with pytest.raises(StoreKeysMissing, match=r"https://s3\.example\.org needs keys"):
        chosen(None)


def test_the_secret_is_planned_with_the_keys_which_no_representation_and_no_file_has() -> None:
    set_up = SetUp(**{**vars(STORE), "keys": GIVEN})
    item = next(one.item for one in planned_objects(set_up) if one.item["kind"] == "Secret")
    assert item["metadata"]["name"] == "neurodesk-object-store"
    assert {key: base64.b64decode(value).decode() for key, value in item["data"].items()} == {
        "accesskey": "ana",
        "secretkey": "words of ana",
    }
    assert "words of ana" not in repr(set_up)
    assert not any(name.startswith("secret-") for name in files(STORE, planned_objects(STORE), CvmfsClient()))
